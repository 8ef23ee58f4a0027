"""One of many processes that release cards of an agent on *covered*, use them, and take money back.
Run by `tests.support.crowd`.
"""

import random
from decimal import Decimal
from uuid import uuid4

from accounts.core.actor import Actor, actor_for
from accounts.core.models import Account, User
from billing.cards.models import Card, CardBatch
from billing.cards.services.redeeming import card_redeem
from billing.cards.services.releasing import cards_release
from billing.handing_out.queries.cover import cover_of
from billing.payments.services.paying import Payment, payment_make
from tests.support.carding import pin_of


class ReleaseWorker:
    """The agent releases a card or a few, by ranges that others release as well, and pays; cards
    are used; the level above pays the agent and takes back what is free.
    """

    expected = frozenset(
        {
            "nothing_to_release", "not_covered", "card_used", "card_not_released", "busy",
            "handed_out_below", "insufficient_funds",
        }
    )  # fmt: skip

    def __init__(self, seed: int, below: int | None) -> None:
        self.random = random.Random(seed)
        self.login = User.objects.get(username="seller")
        self.boss = User.objects.get(username="boss")
        self.agent = Account.objects.get(account_id="Dhaka")
        self.customers = list(Account.objects.filter(account_id__startswith="C-"))
        self.batches = list(CardBatch.objects.select_related("account"))

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        kind = self.random.choice(("release", "release", "use", "pay", "take", "fund", "fund"))
        getattr(self, f"_{kind}")()
        assert not cover_of(self.agent.pk).is_uncovered, f"uncovered after {kind}"
        return kind

    def _release(self) -> None:
        batch = self.random.choice(self.batches)
        first = self.random.randrange(batch.count)
        last = min(first + self.random.randrange(3), batch.count - 1)
        cards_release(
            actor=actor_for(self.login),
            batch=batch,
            first=batch.serial_at(first),
            last=batch.serial_at(last),
        )

    def _use(self) -> None:
        card = Card.objects.filter(released_at__isnull=False, status="new").order_by("?").first()
        if card is not None:
            card_redeem(
                actor=actor_for(self.login),
                pin=pin_of(card),
                target=self.random.choice(self.customers),
                idempotency_key=str(uuid4()),
            )

    def _pay(self) -> None:
        self._move(actor_for(self.login), self.random.choice(self.customers), "recharge")

    def _take(self) -> None:
        self._move(actor_for(self.boss), self.agent, "deduction")

    def _fund(self) -> None:
        """A little at a time, so that everybody is at the edge of what is free all the time."""
        self._move(actor_for(self.boss), self.agent, "recharge")

    def _move(self, actor: Actor, account: Account, kind: str) -> None:
        payment_make(
            actor=actor,
            account=account,
            payment=Payment(kind, Decimal(self.random.randint(1, 700)) / 100, reference="crowd"),
            idempotency_key=str(uuid4()),
        )


class SameReleaseWorker:
    """Releases the whole of one batch, which others do at the same moment."""

    expected = frozenset({"nothing_to_release", "busy"})

    def __init__(self, seed: int, below: int | None) -> None:
        self.login = User.objects.get(username="seller")
        self.batch = CardBatch.objects.select_related("account").get(pk=below)

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        cards_release(actor=actor_for(self.login), batch=self.batch)
        return "released"
