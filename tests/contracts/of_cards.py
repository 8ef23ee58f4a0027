"""Phone cards (docs/domain.md 8): authorization 3 on the batch's account; opening an account with
one takes 1 as well, releasing them 8 held by the batch's account and every level above.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.core.actor import SYSTEM
from billing.cards.models import Card, CardBatch
from billing.cards.services.batch_deeds import (
    batch_block,
    batch_delete,
    batch_opening_set,
    batch_rename,
    batch_unblock,
)
from billing.cards.services.batches import batch_preview
from billing.cards.services.callers import card_callers_set
from billing.cards.services.deeds import (
    card_block,
    card_unblock,
    cards_block,
    cards_sell,
    cards_unblock,
)
from billing.cards.services.generation import batch_generate, batch_request
from billing.cards.services.redeeming import card_look_up, card_redeem
from billing.cards.services.secrets import card_reveal, pins_take
from billing.cards.services.withdrawing import cards_withdraw, withdrawal_preview
from tests.contracts.contract import OWN_AND_BELOW, Contract, needs
from tests.contracts.ground import Ground
from tests.support.carding import card_of, cards, draft, pin_of

_CARDS = "billing.cards.services"
_OF_CARDS: dict[str, Any] = {"needs": needs("manage_phone_card"), "reach": OWN_AND_BELOW}
NO_PIN = "000000000000"


def unreleased(on: Ground) -> CardBatch:
    """A batch of two cards."""
    return cards(on.target, count=2, released=False)


def _blocked_batch(on: Ground) -> CardBatch:
    return batch_block(actor=SYSTEM, batch=unreleased(on), reason="Why")


def card(on: Ground) -> Card:
    return card_of(unreleased(on))


def _blocked_card(on: Ground) -> Card:
    return card_block(actor=SYSTEM, card=card(on), reason="Why")


def _used_card(on: Ground) -> Card:
    """It opened an account, which stands against closing."""
    one = card_of(cards(on.target, count=2))
    card_redeem(actor=SYSTEM, pin=pin_of(one), target=None, idempotency_key="opens")
    one.refresh_from_db()
    return one


def _batch_of_blocked_cards(on: Ground) -> CardBatch:
    batch = unreleased(on)
    cards_block(actor=SYSTEM, batch=batch, cards=batch.cards.all(), reason="Why")
    return batch


def block(_on: Ground, it: CardBatch | Card) -> None:
    """A blocked batch of cards nobody has does not stand against closing."""
    batch_block(actor=SYSTEM, batch=getattr(it, "batch", it), reason="Why")


# Made of a batch, or of a card, that is not released.
OF_BATCHES: dict[str, Any] = {**_OF_CARDS, "make": unreleased, "clear": block}
OF_ONE: dict[str, Any] = {**_OF_CARDS, "make": card, "clear": block}
# Reading is ruled by 3 alone.
_READ: dict[str, Any] = {"closed": None}

CONTRACTS = [
    Contract(
        service=f"{_CARDS}.batches.batch_preview",
        call=lambda actor, on, _it: batch_preview(actor=actor, account=on.target, draft=draft()),
        entries=0,
        why="a preview",
        **_OF_CARDS,
    ),
    Contract(
        service=f"{_CARDS}.generation.batch_generate",
        call=lambda actor, on, _it: batch_generate(actor=actor, account=on.target, draft=draft()),
        **_OF_CARDS,
    ),
    Contract(
        service=f"{_CARDS}.generation.batch_request",
        call=lambda actor, on, _it: batch_request(
            actor=actor, account=on.target, draft=draft(), key="form"
        ),
        **_OF_CARDS,
    ),
    Contract(
        service=f"{_CARDS}.batch_deeds.batch_block",
        call=lambda actor, _on, it: batch_block(actor=actor, batch=it, reason="Why"),
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.batch_deeds.batch_unblock",
        call=lambda actor, _on, it: batch_unblock(actor=actor, batch=it, reason="Why"),
        **{**_OF_CARDS, "make": _blocked_batch},
    ),
    Contract(
        service=f"{_CARDS}.batch_deeds.batch_rename",
        call=lambda actor, _on, it: batch_rename(actor=actor, batch=it, name="Else", memo=""),
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.batch_deeds.batch_opening_set",
        call=lambda actor, _on, it: batch_opening_set(
            actor=actor,
            batch=it,
            rate_group=None,
            ctd_billing_model="standard",
            number_preset="calling-card",
        ),
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.batch_deeds.batch_delete",
        call=lambda actor, _on, it: batch_delete(actor=actor, batch=it, reason="Why"),
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.deeds.cards_sell",
        call=lambda actor, _on, it: cards_sell(actor=actor, batch=it, cards=it.cards.all()),
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.deeds.cards_block",
        call=lambda actor, _on, it: cards_block(
            actor=actor, batch=it, cards=it.cards.all(), reason="Why"
        ),
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.deeds.cards_unblock",
        call=lambda actor, _on, it: cards_unblock(
            actor=actor, batch=it, cards=it.cards.all(), reason="Why"
        ),
        **{**OF_BATCHES, "make": _batch_of_blocked_cards},
    ),
    Contract(
        service=f"{_CARDS}.deeds.card_block",
        call=lambda actor, _on, it: card_block(actor=actor, card=it, reason="Why"),
        **OF_ONE,
    ),
    Contract(
        service=f"{_CARDS}.callers.card_callers_set",
        call=lambda actor, _on, it: card_callers_set(
            actor=actor, card=it, numbers=["8801711000000"]
        ),
        **{**OF_ONE, "make": _used_card, "closed": None},
    ),
    Contract(
        service=f"{_CARDS}.deeds.card_unblock",
        call=lambda actor, _on, it: card_unblock(actor=actor, card=it, reason="Why"),
        **{**OF_ONE, "make": _blocked_card},
    ),
    Contract(
        service=f"{_CARDS}.withdrawing.cards_withdraw",
        call=lambda actor, _on, it: cards_withdraw(actor=actor, batch=it, reason="Why"),
        stale=lambda actor, _on, it: cards_withdraw(
            actor=actor, batch=it, reason="Why", expected=1
        ),
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.withdrawing.withdrawal_preview",
        call=lambda actor, _on, it: withdrawal_preview(actor=actor, batch=it),
        entries=0,
        why="a preview",
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.secrets.card_reveal",
        call=lambda actor, _on, it: card_reveal(actor=actor, card=it, reason="Why"),
        **{**OF_ONE, **_READ},
    ),
    Contract(
        service=f"{_CARDS}.secrets.pins_take",
        call=lambda actor, _on, it: list(
            pins_take(actor=actor, batch=it, kind="csv", reason="Why")
        ),
        **{**OF_BATCHES, **_READ},
    ),
    Contract(
        service=f"{_CARDS}.redeeming.card_look_up",
        call=lambda actor, _on, it: card_look_up(actor=actor, pin=it),
        ghost=lambda _it: NO_PIN,
        **{**_OF_CARDS, **_READ, "make": lambda on: pin_of(card(on))},
    ),
]


def past_its_day(on: Ground) -> CardBatch:
    """Released cards that have expired with their batch."""
    batch = cards(on.target, count=2)
    batch.expires_at = timezone.now() - timedelta(days=1)
    batch.save(update_fields=["expires_at"])
    return batch
