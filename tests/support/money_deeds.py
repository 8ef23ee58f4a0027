"""The deeds of `money_model`, done by the services as real logins would, and what came of them."""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.core.actor import Actor, actor_for
from accounts.core.models import Account, User
from accounts.kit.errors import Busy, DomainError
from accounts.tree.services.moving import account_move
from billing.cards.models import Card
from billing.cards.services.redeeming import card_redeem
from billing.cards.services.releasing import cards_release
from billing.cards.services.withdrawing import cards_withdraw
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.handing_out.queries.cover import covers_of
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Entry, Transaction
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from billing.wallets.models import Wallet
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.support.carding import cards, pin_of
from tests.support.distributing import draft
from tests.support.money_model import ADMINISTRATOR, FACE, NOBODY, Deed, World

Kind = Transaction.Kind


@dataclass
class Portal:
    """The same accounts as a world has, each with a login that holds everything."""

    parents: tuple[int, ...]
    accounts: list[Account] = field(default_factory=list)
    logins: dict[int, User] = field(default_factory=dict)
    keys: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        assert settings.SUB_AGENT_POLICY == "allowed", "any account may become an agent by a move"
        for one, parent in enumerate(self.parents):
            above = None if parent == NOBODY else self.accounts[parent]
            self.accounts.append(AccountFactory(account_id=f"Money-{one}", parent=above))
        for one, account in enumerate(self.accounts):
            grant(account)
            self.logins[one] = UserFactory(account=account, username=f"login-{one}")
        self.logins[ADMINISTRATOR] = StaffFactory(username="office", administrator=True)

    def do(self, deed: Deed) -> str:
        """Do it; the code of what it was refused with, "" where it was permitted."""
        by = actor_for(User.objects.get(pk=self.logins[deed.by].pk))
        account = Account.objects.get(pk=self.accounts[deed.on].pk)
        try:
            getattr(self, f"_{deed.what}")(by, account, deed.value)
        except Busy:
            raise
        except DomainError as refusal:
            return refusal.code
        return ""

    def world(self, policy: tuple[str, ...], amount: Any = int) -> World:
        """What there is now, in the words of the model; `amount` says how amounts are written."""
        number = {account.pk: one for one, account in enumerate(self.accounts)}
        rows = Wallet.objects.select_related("account").filter(pk__in=number)
        wallets = [wallet for _one, wallet in sorted((number[row.pk], row) for row in rows)]
        out = dict.fromkeys(number, 0)
        for pk in Card.objects.outstanding(timezone.now()).values_list("batch__account", flat=True):
            out[pk] += 1
        return World(
            balance=tuple(amount(one.balance) for one in wallets),
            limit=tuple(amount(one.credit_limit) for one in wallets),
            unlimited=tuple(one.is_unlimited for one in wallets),
            policy=policy,
            parent=tuple(number.get(one.account.parent_id, NOBODY) for one in wallets),
            cards=tuple(out[account.pk] for account in self.accounts),
            house=amount(sum(Entry.objects.exclude(house="").values_list("amount", flat=True))),
        )

    def covers(self) -> list[tuple[int, int | None]]:
        """What each account has handed out and has free."""
        found = covers_of(one.pk for one in self.accounts)
        return [
            (int(found[one.pk].handed_out), _whole(found[one.pk].free)) for one in self.accounts
        ]

    def number(self, pk: int) -> int:
        """The account of this key, as the model calls it."""
        return next(one for one, account in enumerate(self.accounts) if account.pk == pk)

    def reversible(self) -> Transaction | None:
        """The newest movement between one account and the house that was not taken back yet."""
        kinds = (Kind.REVERSAL, Kind.TRANSFER, Kind.CALL, Kind.VOLUME)
        single = Transaction.objects.exclude(kind__in=kinds)
        return single.filter(reversed_by=None).order_by("-pk").first()

    # Payments

    def _payment(self, by: Actor, account: Account, **values: Any) -> None:
        payment_make(
            actor=by,
            account=account,
            payment=Payment(**values),
            idempotency_key=f"deed-{next(self.keys)}",
        )

    def _pay(self, by: Actor, account: Account, amount: int) -> None:
        self._payment(by, account, kind=Kind.RECHARGE, amount=Decimal(amount))

    def _deduct(self, by: Actor, account: Account, amount: int) -> None:
        self._payment(by, account, kind=Kind.DEDUCTION, amount=Decimal(amount))

    def _make_zero(self, by: Actor, account: Account, _value: int) -> None:
        self._payment(by, account, kind=Kind.MAKE_ZERO)

    def _top_up(self, by: Actor, account: Account, amount: int) -> None:
        self._payment(by, account, kind=Kind.RECHARGE, amount=Decimal(amount), reference="bank")

    def _transfer(self, by: Actor, account: Account, value: tuple[int, int]) -> None:
        source, amount = self.accounts[value[0]], Decimal(value[1])
        self._payment(
            by, account, kind=Kind.TRANSFER, amount=amount, source=source, memo="went wrong"
        )

    def _distribute(self, by: Actor, _account: Account, lines: tuple[tuple[int, int], ...]) -> None:
        text = "\n".join(f"{self.accounts[on].account_id},{amount}" for on, amount in lines)
        one = draft(by, text)
        plan = distribution_preview(actor=by, distribution=one)
        distribution_pay(actor=by, distribution=one, expected=plan.digest, is_repeat_meant=True)

    def _reverse(self, by: Actor, account: Account, _amount: int) -> None:
        found = self.reversible()
        assert found is not None
        assert found.account_id == account.pk
        transaction_reverse(
            actor=by, transaction=found, reason="wrong", idempotency_key=f"deed-{next(self.keys)}"
        )

    # Terms and tree

    def _limit(self, by: Actor, account: Account, limit: int) -> None:
        terms_set(actor=by, account=account, credit_limit=Decimal(limit))

    def _unlimited(self, by: Actor, account: Account, value: bool) -> None:
        mode = {"payment_mode": Wallet.PaymentMode.POSTPAID} if value else {}
        terms_set(actor=by, account=account, is_unlimited=value, **mode)

    def _policy(self, by: Actor, account: Account, policy: str) -> None:
        payment_policy_set(actor=by, account=account, funding=policy)

    def _move(self, by: Actor, account: Account, to: int) -> None:
        target = None if to == NOBODY else Account.objects.get(pk=self.accounts[to].pk)
        account_move(actor=by, account=account, parent=target)

    # Cards: each batch is made to be released

    def _release(self, by: Actor, account: Account, number: int) -> None:
        first = f"M{next(self.keys):05}-0001"
        batch = cards(account, number, first, released=False, face_value=Decimal(FACE))
        cards_release(actor=by, batch=batch)

    def _withdraw(self, by: Actor, account: Account, _number: int) -> None:
        """One card."""
        card = self._outstanding(account)[0]
        cards_withdraw(
            actor=by, batch=card.batch, first=card.serial, last=card.serial, reason="lost"
        )

    def _use(self, by: Actor, account: Account, payee: int) -> None:
        card_redeem(
            actor=by,
            pin=pin_of(self._outstanding(account)[0]),
            target=self.accounts[payee],
            idempotency_key=f"deed-{next(self.keys)}",
        )

    def _outstanding(self, account: Account) -> list[Card]:
        out = Card.objects.outstanding(timezone.now()).filter(batch__account=account)
        return list(out.select_related("batch__account").order_by("pk"))


def _whole(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount)
