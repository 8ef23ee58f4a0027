"""Pieces of pages that packages bring."""

from collections.abc import Iterable
from typing import Any

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.registry import Card


def cards_of(cards: Iterable[Card], actor: Actor, account: Account | None) -> dict[str, Any]:
    """The context of a page that shows these pieces: those of its main column and those aside."""
    shown: dict[str, list[dict[str, Any]]] = {"cards": [], "cards_aside": []}
    for card in cards:
        values = card.context(actor, account)
        if values is not None:
            column = "cards_aside" if card.is_aside else "cards"
            shown[column].append({"template": card.template, **values})
    return shown
