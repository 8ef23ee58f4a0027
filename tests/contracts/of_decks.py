"""Decks of rates (docs/domain.md 7): as whatever changes a rate group, authorization 1 of whose
group it is.
"""

import io
from typing import Any

from accounts.core.actor import Actor
from billing.rates.models import RateImport
from billing.rates.services.deck_entering import deck_enter
from billing.rates.services.deck_undoing import deck_undo, undo_preview
from billing.rates.services.decks import deck_check_again, deck_hand_in
from billing.wallets.models import RateGroup
from tests.contracts.contract import OWN_ALONE, Contract, needs
from tests.contracts.ground import Ground
from tests.factories.decks import deck, entered_deck
from tests.factories.rates import rate_group

_DECKS = "billing.rates.services"
_TEXT = "Prefix,Rate\n880,0.05\n"
_OF_DECKS: dict[str, Any] = {"needs": needs("manage_account"), "reach": OWN_ALONE}


def _group(on: Ground) -> RateGroup:
    return rate_group(on.target)


def _checked(on: Ground) -> RateImport:
    return deck(_group(on), _TEXT)


def _entered(on: Ground) -> RateImport:
    return entered_deck(_group(on), _TEXT)


def _hand_in(actor: Actor, group: RateGroup) -> RateImport:
    file = io.BytesIO(_TEXT.encode())
    return deck_hand_in(actor=actor, group=group, file=file, file_name="a.csv", is_full=False)


def _enter(actor: Actor, it: RateImport, seen: str = "") -> RateImport:
    seen = seen or it.layout["digest"]
    return deck_enter(actor=actor, deck=it, leaves_out=False, expected=seen)


CONTRACTS = [
    Contract(
        service=f"{_DECKS}.decks.deck_hand_in",
        make=_group,
        call=lambda actor, _on, it: _hand_in(actor, it),
        **_OF_DECKS,
    ),
    Contract(
        service=f"{_DECKS}.decks.deck_check_again",
        make=_checked,
        call=lambda actor, _on, it: deck_check_again(actor=actor, deck=it),
        **_OF_DECKS,
    ),
    Contract(
        service=f"{_DECKS}.deck_entering.deck_enter",
        make=_checked,
        call=lambda actor, _on, it: _enter(actor, it),
        stale=lambda actor, _on, it: _enter(actor, it, "of another check"),
        **_OF_DECKS,
    ),
    Contract(
        service=f"{_DECKS}.deck_undoing.deck_undo",
        make=_entered,
        call=lambda actor, _on, it: deck_undo(actor=actor, deck=it),
        **_OF_DECKS,
    ),
    Contract(
        service=f"{_DECKS}.deck_undoing.undo_preview",
        make=_entered,
        call=lambda actor, _on, it: undo_preview(actor=actor, deck=it),
        entries=0,
        why="a preview",
        **_OF_DECKS,
    ),
]
