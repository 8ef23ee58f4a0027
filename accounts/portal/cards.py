"""Pieces of pages that packages bring."""

from collections.abc import Iterable
from typing import Any

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.registry import Card, registry


def cards_of(cards: Iterable[Card], actor: Actor, account: Account | None) -> dict[str, Any]:
    """The context of a page that shows these pieces: those of its main column and those aside."""
    shown: dict[str, list[dict[str, Any]]] = {"cards": [], "cards_aside": []}
    for card in cards:
        values = card.context(actor, account)
        if values is not None:
            column = "cards_aside" if card.is_aside else "cards"
            shown[column].append({"template": card.template, **values})
    return shown


def number_cards_of(actor: Actor, account: Account | None, number: str) -> list[dict[str, Any]]:
    """What else may be asked about a number, on the pages that test one."""
    found = [(one, one.context(actor, account, number)) for one in registry.number_cards]
    return [{"template": one.template, **values} for one, values in found if values is not None]
