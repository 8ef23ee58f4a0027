"""One of many processes that hand out money at once below agents on covered, and look after each
deed whether somebody handed out more than he has. Run by `tests.support.crowd`.
"""

import random
from decimal import Decimal
from typing import ClassVar
from uuid import uuid4

from django.db import OperationalError

from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from accounts.kit.errors import Busy
from accounts.tree.services.moving import account_move
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.handing_out.queries.cover import covers_of
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Transaction
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from billing.wallets.models import Wallet
from tests.support.distributing import draft

DEADLOCK = "40P01"


class CoverWorker:
    """Does what its kind does, as the agent at the top or as one of those below it. Accounts
    called C-… move; every agent keeps one that does not.
    """

    deeds: ClassVar[tuple[str, ...]] = ("pay", "limit", "distribute", "deduct", "make_zero")
    # What these deeds may rightly be refused with.
    expected: ClassVar[set[str]] = {
        "not_covered", "handed_out_below", "insufficient_funds", "zero_already", "busy",
        "already_there", "not_in_scope", "list_refused",
        "over_day_limit", "changed_meanwhile",
    }  # fmt: skip

    def __init__(self, seed: int, below: int | None) -> None:
        self.dice = random.Random(seed)
        self.logins = list(User.objects.filter(account__isnull=False).order_by("pk"))
        self.covered = [one.account_id for one in self.logins]
        self.by = actor_for(self.logins[0])

    def some(self) -> Account:
        """Somebody below who acts."""
        assert self.by.account_pk is not None
        return self.dice.choice(list(Account.objects.below(self.by.account_pk).order_by("pk")))

    def act(self) -> str:
        deed = self.dice.choice(self.deeds)
        try:
            self.by = actor_for(self.dice.choice(self.logins))
            getattr(self, f"_{deed}")()
        except Busy as busy:
            if getattr(busy.__cause__, "sqlstate", "") == DEADLOCK or (
                isinstance(busy.__cause__, OperationalError)
                and getattr(busy.__cause__.__cause__, "sqlstate", "") == DEADLOCK
            ):
                raise AssertionError("a deadlock") from busy
            raise
        finally:
            self.look()
        return deed

    def look(self) -> None:
        """One statement: what it sees is so at one moment."""
        covers = covers_of(self.covered)
        assert not [one for one in covers.values() if one.is_uncovered], covers
        if "limit" not in self.deeds:  # Which may be lowered below what is used.
            assert not Wallet.objects.filter(balance__lt=0).exists()

    def amount(self) -> Decimal:
        return Decimal(self.dice.randint(1, 20))

    def _payment(self, kind: str, amount: Decimal | None) -> None:
        payment_make(
            actor=self.by,
            account=self.some(),
            payment=Payment(kind, amount, reference="crowd"),
            idempotency_key=str(uuid4()),
        )

    def _pay(self) -> None:
        self._payment("recharge", self.amount())

    def _deduct(self) -> None:
        self._payment("deduction", self.amount())

    def _make_zero(self) -> None:
        self._payment("make_zero", None)

    def _limit(self) -> None:
        terms_set(actor=self.by, account=self.some(), credit_limit=self.amount() - 1)

    def _distribute(self) -> None:
        lines = {self.some().account_id: self.amount() for _line in range(4)}
        one = draft(self.by, "\n".join(f"{name},{amount}" for name, amount in lines.items()))
        plan = distribution_preview(actor=self.by, distribution=one)
        distribution_pay(
            actor=self.by, distribution=one, expected=plan.digest, is_repeat_meant=True
        )

    def _move(self) -> None:
        """Of a customer that is below the top, mostly; others are refused."""
        rows = Account.objects.order_by("pk")
        account = self.dice.choice(list(rows.filter(account_id__startswith="C-")))
        agent = self.dice.choice(list(rows.filter(pk__in=self.covered)))
        account_move(actor=self.by, account=account, parent=agent)


class MovingWorker(CoverWorker):
    """Customers change their agent while they are paid."""

    deeds = ("move", "move", "pay", "limit", "deduct")


class TakingWorker(CoverWorker):
    """What is handed out below is taken back meanwhile."""

    deeds = ("pay", "pay", "deduct", "make_zero")


class HandingWorker(CoverWorker):
    """Nothing comes back: limits of the day fill up."""

    deeds = ("pay", "limit", "distribute")

    def look(self) -> None:
        """On record everybody hands out what he likes."""


class OfficeWorker(CoverWorker):
    """Administrators correct and rule meanwhile, whatever is covered."""

    deeds = ("pay", "limit", "distribute", "deduct", "transfer", "reverse", "policy", "terms")
    expected = CoverWorker.expected | {"already_reversed", "no_source"}

    def __init__(self, seed: int, below: int | None) -> None:
        super().__init__(seed, below)
        self.office = actor_for(User.objects.get(account=None))

    def look(self) -> None:
        """They may uncover whom they like."""

    def _transfer(self) -> None:
        payment_make(
            actor=self.office,
            account=self.some(),
            payment=Payment("transfer", self.amount(), memo="went wrong", source=self.some()),
            idempotency_key=str(uuid4()),
        )

    def _reverse(self) -> None:
        made = Transaction.objects.exclude(kind="reversal").order_by("-pk")[:10]
        transaction_reverse(
            actor=self.office,
            transaction=self.dice.choice(list(made)),
            reason="went wrong",
            idempotency_key=str(uuid4()),
        )

    def _policy(self) -> None:
        account = Account.objects.get(pk=self.dice.choice(self.covered))
        funding = self.dice.choice(("record", "covered", ""))
        payment_policy_set(actor=self.office, account=account, funding=funding)

    def _terms(self) -> None:
        terms_set(actor=self.office, account=self.some(), credit_limit=self.amount())
