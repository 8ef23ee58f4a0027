"""Some of many processes that hand out money up to the edge of what is permitted. Run by
`tests.support.crowd`.
"""

import random
from decimal import Decimal
from typing import ClassVar
from uuid import uuid4

import pytest

from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from accounts.kit.errors import Refused
from billing.cards.models import CardBatch
from billing.cards.services.releasing import cards_release
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.payments.services.paying import Payment, payment_make
from tests.support.distributing import draft

# What a list pays to each of its accounts, and all that one deed hands out.
EACH, LINES = 1, 3
HANDS_OUT = {"single": EACH, "list": EACH * LINES, "card": EACH}


class EdgeWorker:
    """Pays one by one and by lists, and releases cards, as an agent on its own customers; now and
    then it asks for more than is permitted at once.
    """

    # Of these alone a deed may be refused, and only at the edge.
    expected: ClassVar[frozenset[str]] = frozenset(
        {"over_day_limit", "not_covered", "list_refused", "nothing_to_release"}
    )
    deeds: ClassVar[tuple[str, ...]] = ("single", "single", "list", "card", "too_much")

    def __init__(self, seed: int, below: int | None) -> None:
        self.dice = random.Random(seed)
        logins = User.objects.filter(account__isnull=False).order_by("pk")
        self.login = logins[seed % len(logins)]
        self.own = Account.objects.get(pk=self.login.account_id)
        self.customers = list(
            Account.objects.filter(parent=self.own, account_id__startswith="C-").order_by("pk")
        )
        self.batch = CardBatch.objects.select_related("account").get(account=self.own)
        self.place = seed

    def some(self) -> Account:
        return self.dice.choice(self.customers)

    def act(self) -> str:
        deed = self.dice.choice(self.deeds)
        getattr(self, f"_{deed}")()
        return deed

    def _pay(self, amount: int) -> None:
        payment_make(
            actor=actor_for(self.login),
            account=self.some(),
            payment=Payment("recharge", Decimal(amount)),
            idempotency_key=str(uuid4()),
            is_repeat_meant=True,
        )

    def _single(self) -> None:
        self._pay(EACH)

    def _too_much(self) -> None:
        """More than the limit of one payment, which nobody gets, wherever the edge is."""
        with pytest.raises(Refused) as caught:
            self._pay(EACH + 1)
        assert caught.value.code == "over_payment_limit"

    def _list(self) -> None:
        actor = actor_for(self.login)
        some = self.dice.sample(self.customers, LINES)
        one = draft(actor, "\n".join(f"{account.account_id},{EACH}" for account in some))
        plan = distribution_preview(actor=actor, distribution=one)
        distribution_pay(actor=actor, distribution=one, expected=plan.digest, is_repeat_meant=True)

    def _card(self) -> None:
        """The next one that no other process releases."""
        serial = self.batch.serial_at(self.place)
        self.place += 8
        cards_release(
            actor=actor_for(self.login), batch=self.batch, first=serial, last=serial, expected=1
        )


class EdgeFormWorker:
    """Sends every form that all the others send at the same moment as well. Each of them uses up
    what its login may hand out, so that a second payment would be refused.
    """

    expected: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, seed: int, below: int | None) -> None:
        self.logins = list(User.objects.filter(username__startswith="payer-").order_by("pk"))
        self.at = 0

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        if self.at == len(self.logins):
            return "idle"
        login = self.logins[self.at]
        self.at += 1
        kind = login.username.split("-")[1]
        made = payment_make(
            actor=actor_for(login),
            account=Account.objects.get(parent=login.account_id),
            payment=Payment(kind, None if kind == "make_zero" else Decimal(5)),
            idempotency_key="the-same-form",
        )
        return f"{login.username}: {made.pk}"
