"""One of many processes that release, sell, block, withdraw and use cards of several batches. Run
by `tests.support.crowd`.
"""

import random
from typing import Any, ClassVar
from uuid import uuid4

from accounts.core.actor import Actor, actor_for
from accounts.core.models import Account, User
from accounts.kit.errors import DomainError
from billing.cards.models import Card, CardBatch
from billing.cards.services.batch_deeds import batch_block, batch_unblock
from billing.cards.services.deeds import (
    card_block,
    card_unblock,
    cards_block,
    cards_sell,
    cards_unblock,
)
from billing.cards.services.redeeming import card_redeem
from billing.cards.services.releasing import cards_release
from billing.cards.services.withdrawing import cards_withdraw
from tests.support.carding import pin_of

# Why a card is not taken, and what it is then, for good or for the moment.
_SAID = {
    "card_used": lambda card: card.activated_at is not None,
    "card_withdrawn": lambda card: card.withdrawn_at is not None,
}


class CardMixWorker:
    """The agent at work on its cards. Some are used on their own, some in the moment in which
    others do something with them.
    """

    expected: ClassVar[frozenset[str]] = frozenset(
        {
            "card_used", "card_blocked", "card_withdrawn", "card_not_released", "blocked",
            "nothing_to_release", "nothing_to_withdraw", "changed_meanwhile",
        }
    )  # fmt: skip
    deeds: ClassVar[tuple[str, ...]] = (
        "use", "use", "use", "use", "use", "use", "open", "open", "release", "release", "sell",
        "block", "unblock", "block_some", "unblock_some", "unblock_some", "block_batch",
        "unblock_batch", "unblock_batch", "withdraw",
    )  # fmt: skip

    def __init__(self, seed: int, below: int | None) -> None:
        self.dice = random.Random(seed)
        self.login = User.objects.get(username="seller")
        self.accounts = list(Account.objects.filter(account_id__startswith="C-").order_by("pk"))
        self.batches = list(CardBatch.objects.select_related("account").order_by("pk"))

    def some(self) -> Card:
        """Of a few at a time, so that several processes are at the same one."""
        rows = Card.objects.select_related("batch__account", "account").order_by("pk")
        batch = self.dice.choice(self.batches)
        return self.dice.choice(list(rows.filter(batch=batch, activated_at=None)[:8] or rows[:8]))

    def act(self) -> str:
        deed = self.dice.choice(self.deeds)
        getattr(self, f"_{deed}")(self.some())
        return deed

    @property
    def actor(self) -> Actor:
        return actor_for(self.login)

    def three(self, card: Card) -> Any:
        return Card.objects.filter(pk__gte=card.pk, pk__lt=card.pk + 3)

    def _use(self, card: Card, target: Account | None = None, **more: str) -> None:
        try:
            card_redeem(
                actor=self.actor,
                pin=pin_of(card),
                target=None if more else self.dice.choice(self.accounts),
                idempotency_key=str(uuid4()),
                **more,
            )
        except DomainError as error:
            card.refresh_from_db()
            if not _SAID.get(error.code, bool)(card):
                raise AssertionError(f"{error.code}, and it is {card.status}") from error
            raise

    def _open(self, card: Card) -> None:
        self._use(card, new_account_id=f"N-{uuid4().hex[:8]}")

    def _release(self, card: Card) -> None:
        """Three cards, or fewer, of the batch that was not released as a whole."""
        batch = self.batches[-1]
        place = self.dice.randrange(batch.count)
        ends = [batch.serial_at(one) for one in (place, min(place + 2, batch.count - 1))]
        cards_release(actor=self.actor, batch=batch, first=ends[0], last=ends[1])

    def _sell(self, card: Card) -> None:
        cards_sell(actor=self.actor, batch=card.batch, cards=self.three(card))

    def _block(self, card: Card) -> None:
        card_block(actor=self.actor, card=card, reason="crowd")

    def _unblock(self, card: Card) -> None:
        card_unblock(actor=self.actor, card=card, reason="crowd")

    def _block_some(self, card: Card) -> None:
        cards_block(actor=self.actor, batch=card.batch, cards=self.three(card), reason="crowd")

    def _unblock_some(self, card: Card) -> None:
        cards_unblock(actor=self.actor, batch=card.batch, cards=card.batch.cards, reason="crowd")

    def _block_batch(self, card: Card) -> None:
        batch_block(actor=self.actor, batch=card.batch, reason="crowd")

    def _unblock_batch(self, card: Card) -> None:
        for batch in self.batches:
            batch_unblock(actor=self.actor, batch=batch, reason="crowd")

    def _withdraw(self, card: Card) -> None:
        cards_withdraw(
            actor=self.actor, batch=card.batch, reason="crowd", first=card.serial, last=card.serial
        )
