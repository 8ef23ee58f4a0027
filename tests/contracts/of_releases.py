"""Cards that are worth money (docs/domain.md 6 and 8): released, extended, used."""

from datetime import UTC, datetime
from typing import Any

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from billing.cards.models import Card, CardBatch
from billing.cards.services.redeeming import card_redeem, redeem_preview
from billing.cards.services.releasing import (
    batch_extend,
    batch_extension_preview,
    card_extend,
    card_extension_preview,
    cards_release,
    release_preview,
)
from tests.contracts.contract import OWN_AND_BELOW, REFUSED, Contract, needs
from tests.contracts.ground import NO_NUMBER, Ground
from tests.contracts.of_cards import NO_PIN, OF_BATCHES, OF_ONE, block, past_its_day, unreleased
from tests.factories import AccountFactory
from tests.support.carding import card_of, cards, pin_of

_CARDS = "billing.cards.services"
_LATER = datetime(2090, 1, 1, tzinfo=UTC)
_PAY = Authorization("pay_sub_account")
# 3 on the batch's account, and 8 held by that account and every level above.
_RELEASE = needs("manage_phone_card", "pay_sub_account")
# Cards of an account that is stopped are handed out by nobody but administrators.
_OF_RELEASES: dict[str, Any] = {"needs": _RELEASE, "reach": OWN_AND_BELOW, "locked": REFUSED}
# Cards of an agent that is locked or expired are worthless.
_OF_PINS: dict[str, Any] = {
    "needs": needs("manage_phone_card"),
    "reach": OWN_AND_BELOW,
    "locked": REFUSED,
    "closed": None,
    "ghost": lambda it: (NO_PIN, it[1]),
}


def _with_8(on: Ground) -> None:
    """The batch's account holds what its agent holds of it."""
    if on.target != on.agent and _PAY in held(on.agent):
        grants_set(actor=SYSTEM, account=on.target, codes=frozenset({_PAY}), reason="It may.")


def _batch(on: Ground) -> CardBatch:
    _with_8(on)
    return unreleased(on)


def _past(on: Ground) -> CardBatch:
    _with_8(on)
    return past_its_day(on)


def _card_past(on: Ground) -> Card:
    return card_of(_past(on))


def _pin(on: Ground) -> tuple[str, Account]:
    """A card that can be used, and an account directly below its agent."""
    pin = pin_of(card_of(cards(on.target, count=1)))
    payee: Account = AccountFactory(parent=on.target, account_id="Payee")
    return pin, payee


def _pin_of_mine(on: Ground) -> tuple[str, Account]:
    """A card of the own account, and an account directly below that: the deed is about it."""
    return pin_of(card_of(cards(on.own.agent, count=1))), on.target


def _redeem(actor: Any, it: tuple[str, Account]) -> Any:
    return card_redeem(actor=actor, pin=it[0], target=it[1], idempotency_key="form")


CONTRACTS = [
    Contract(
        service=f"{_CARDS}.releasing.cards_release",
        make=_batch,
        clear=block,
        call=lambda actor, _on, it: cards_release(actor=actor, batch=it),
        stale=lambda actor, _on, it: cards_release(actor=actor, batch=it, expected=1),
        **_OF_RELEASES,
    ),
    Contract(
        service=f"{_CARDS}.releasing.release_preview",
        make=_batch,
        clear=block,
        call=lambda actor, _on, it: release_preview(actor=actor, batch=it),
        entries=0,
        why="a preview",
        **_OF_RELEASES,
    ),
    # Another day hands out money where cards that were released had expired.
    Contract(
        service=f"{_CARDS}.releasing.batch_extend",
        case="whose cards had expired",
        make=_past,
        call=lambda actor, _on, it: batch_extend(
            actor=actor, batch=it, expires_at=_LATER, reason="Why"
        ),
        stale=lambda actor, _on, it: batch_extend(
            actor=actor, batch=it, expires_at=_LATER, reason="Why", expected=1
        ),
        **{**_OF_RELEASES, "closed": None},
    ),
    Contract(
        service=f"{_CARDS}.releasing.batch_extend",
        call=lambda actor, _on, it: batch_extend(
            actor=actor, batch=it, expires_at=_LATER, reason="Why"
        ),
        **OF_BATCHES,
    ),
    Contract(
        service=f"{_CARDS}.releasing.batch_extension_preview",
        make=_past,
        call=lambda actor, _on, it: batch_extension_preview(actor=actor, batch=it),
        entries=0,
        why="a preview",
        **{**_OF_RELEASES, "closed": None},
    ),
    Contract(
        service=f"{_CARDS}.releasing.card_extend",
        case="that had expired",
        make=_card_past,
        call=lambda actor, _on, it: card_extend(
            actor=actor, card=it, expires_at=_LATER, reason="Why"
        ),
        stale=lambda actor, _on, it: card_extend(
            actor=actor, card=it, expires_at=_LATER, reason="Why", expected=0
        ),
        **{**_OF_RELEASES, "closed": None},
    ),
    Contract(
        service=f"{_CARDS}.releasing.card_extend",
        call=lambda actor, _on, it: card_extend(
            actor=actor, card=it, expires_at=_LATER, reason="Why"
        ),
        **OF_ONE,
    ),
    Contract(
        service=f"{_CARDS}.releasing.card_extension_preview",
        make=_card_past,
        call=lambda actor, _on, it: card_extension_preview(actor=actor, card=it),
        entries=0,
        why="a preview",
        **{**_OF_RELEASES, "closed": None},
    ),
    Contract(
        service=f"{_CARDS}.redeeming.card_redeem",
        make=_pin,
        call=lambda actor, _on, it: _redeem(actor, it),
        **_OF_PINS,
    ),
    Contract(
        service=f"{_CARDS}.redeeming.card_redeem",
        case="the account it recharges",
        needs=needs("manage_phone_card"),
        make=_pin_of_mine,
        ghost=lambda it: (it[0], Account(pk=NO_NUMBER, account_id="Nothing-There")),
        call=lambda actor, _on, it: _redeem(actor, it),
    ),
    # It opens an account, which takes 1 as well: there the agent is the Agent ID.
    Contract(
        service=f"{_CARDS}.redeeming.card_redeem",
        case="which opens an account",
        make=_pin,
        call=lambda actor, _on, it: card_redeem(
            actor=actor, pin=it[0], target=None, idempotency_key="form"
        ),
        entries=2,
        why="the account, and the card",
        **{**_OF_PINS, "needs": needs("manage_account", "manage_phone_card")},
    ),
    Contract(
        service=f"{_CARDS}.redeeming.redeem_preview",
        make=_pin,
        call=lambda actor, _on, it: redeem_preview(actor=actor, pin=it[0], target=it[1]),
        entries=0,
        why="a preview",
        **_OF_PINS,
    ),
]
