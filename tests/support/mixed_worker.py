"""One of many processes that pay the same accounts singly and by lists, or move money both ways.
Run by `tests.support.crowd`.

None of these deeds stands against another: whatever is refused, "busy" included, is an error.
"""

import random
from decimal import Decimal
from typing import ClassVar
from uuid import uuid4

from accounts.core.actor import Actor, actor_for
from accounts.core.models import Account, User
from billing.distributions.queries import drafts_of
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.ledger.models import Transaction
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from tests.support.distributing import draft

# How many accounts a list pays, and how many forms are sent by everybody.
LINES, FORMS = 10, 4


class MixedWorker:
    """Pays as "payer": singly, by lists of its own, and with forms and lists that all the others
    send as well.
    """

    expected: ClassVar[frozenset[str]] = frozenset()
    deeds: ClassVar[tuple[str, ...]] = ("single", "single", "list", "form", "same_list", "again")

    def __init__(self, seed: int, below: int | None) -> None:
        self.dice = random.Random(seed)
        self.seed, self.made = seed, 0
        self.login = User.objects.get(username="payer")
        self.accounts = list(Account.objects.filter(account_id__startswith="C-").order_by("pk"))
        actor = self.actor()
        self.lists = [
            (one, distribution_preview(actor=actor, distribution=one).digest)
            for one in drafts_of(actor).order_by("created_at")
        ]
        self.sent: list[tuple[Account, Payment, str, int]] = []

    def actor(self) -> Actor:
        return actor_for(self.login)

    def some(self) -> Account:
        return Account.objects.get(pk=self.dice.choice(self.accounts).pk)

    def amount(self) -> Decimal:
        return Decimal(self.dice.randint(1, 300)) / 100

    def act(self) -> str:
        self.made += 1
        return getattr(self, f"_{self.dice.choice(self.deeds)}")()

    def _made(self, account: Account, payment: Payment, key: str) -> int:
        return payment_make(
            actor=self.actor(),
            account=account,
            payment=payment,
            idempotency_key=key,
            is_repeat_meant=True,
        ).pk

    def _single(self) -> str:
        key = f"single-{self.seed}-{self.made}"
        account, payment = self.some(), Payment("recharge", self.amount(), reference="single")
        self.sent.append((account, payment, key, self._made(account, payment, key)))
        return "single"

    def _again(self) -> str:
        """A form of its own, which was sent before."""
        if not self.sent:
            return "nothing"
        account, payment, key, first = self.dice.choice(self.sent)
        assert self._made(account, payment, key) == first
        return "again"

    def _form(self) -> str:
        number = self.dice.randrange(FORMS)
        payment = Payment("recharge", Decimal("0.07"), reference="form")
        return f"form {number}: {self._made(self.accounts[number], payment, f'form-{number}')}"

    def _list(self) -> str:
        names = [one.account_id for one in self.dice.sample(self.accounts, LINES)]
        actor = self.actor()
        one = draft(actor, "\n".join(f"{name},{self.amount()}" for name in names))
        plan = distribution_preview(actor=actor, distribution=one)
        paid = distribution_pay(
            actor=actor, distribution=one, expected=plan.digest, is_repeat_meant=True
        )
        assert paid.posted_at is not None
        return "list"

    def _same_list(self) -> str:
        one, digest = self.dice.choice(self.lists)
        paid = distribution_pay(
            actor=self.actor(), distribution=one, expected=digest, is_repeat_meant=True
        )
        return f"list {paid.pk}: {paid.posted_at}"


class BothWaysWorker:
    """The agent pays customers and takes back; administrators move money between the agent and a
    customer, in both directions, and reverse that.
    """

    expected: ClassVar[frozenset[str]] = frozenset()
    deeds: ClassVar[tuple[str, ...]] = ("pay", "take", "list", "down", "up", "across", "reverse")

    def __init__(self, seed: int, below: int | None) -> None:
        self.dice = random.Random(seed)
        self.login = User.objects.get(username="payer")
        self.office = User.objects.get(username="office")
        self.agent = Account.objects.get(pk=below)
        self.customers = list(Account.objects.filter(parent=below).order_by("pk"))
        self.moved: list[Transaction] = []

    def some(self) -> Account:
        return Account.objects.get(pk=self.dice.choice(self.customers).pk)

    def amount(self) -> Decimal:
        return Decimal(self.dice.randint(1, 300)) / 100

    def act(self) -> str:
        deed = self.dice.choice(self.deeds)
        getattr(self, f"_{deed}")()
        return deed

    def _payment(
        self, login: User, kind: str, account: Account, source: Account | None = None
    ) -> Transaction:
        memo = "" if source is None else "went wrong"
        return payment_make(
            actor=actor_for(login),
            account=account,
            payment=Payment(kind, self.amount(), reference="crowd", memo=memo, source=source),
            idempotency_key=str(uuid4()),
            is_repeat_meant=True,
        )

    def _pay(self) -> None:
        self._payment(self.login, "recharge", self.some())

    def _take(self) -> None:
        self._payment(self.login, "deduction", self.some())

    def _list(self) -> None:
        actor = actor_for(self.login)
        names = [one.account_id for one in self.customers]
        self.dice.shuffle(names)
        one = draft(actor, "\n".join(f"{name},{self.amount()}" for name in names))
        plan = distribution_preview(actor=actor, distribution=one)
        distribution_pay(actor=actor, distribution=one, expected=plan.digest, is_repeat_meant=True)

    def _transfer(self, source: Account, payee: Account) -> None:
        self.moved.append(self._payment(self.office, "transfer", payee, source))

    def _down(self) -> None:
        self._transfer(self.agent, self.some())

    def _up(self) -> None:
        self._transfer(self.some(), self.agent)

    def _across(self) -> None:
        source, payee = self.dice.sample(self.customers, 2)
        self._transfer(source, payee)

    def _reverse(self) -> None:
        if self.moved:
            transaction_reverse(
                actor=actor_for(self.office),
                transaction=self.moved.pop(),
                reason="went right after all",
                idempotency_key=str(uuid4()),
            )
