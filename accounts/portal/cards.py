"""Pieces of pages that packages bring."""

from collections.abc import Iterable
from typing import Any

from django.utils.formats import number_format

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.registry import Card, registry
from accounts.portal.ways import CallVerdict


def cards_of(cards: Iterable[Card], actor: Actor, account: Account | None) -> dict[str, Any]:
    """The context of a page that shows these pieces: those before everything else, those of its
    main column and those aside.
    """
    shown: dict[str, list[dict[str, Any]]] = {"cards_first": [], "cards": [], "cards_aside": []}
    for card in cards:
        values = card.context(actor, account)
        if values is not None:
            column = "cards_aside" if card.is_aside else "cards"
            shown[column].append({"template": card.template, **values})
            if card.first:
                shown["cards_first"].append({"template": card.first, **values})
    return shown


def number_cards_of(actor: Actor, account: Account | None, number: str) -> list[dict[str, Any]]:
    """What else may be asked about a number, on the pages that test one."""
    found = [(one, one.context(actor, account, number)) for one in registry.number_cards]
    return [{"template": one.template, **values} for one, values in found if values is not None]


def call_pages_of(actor: Actor, current: str) -> list[dict[str, Any]]:
    """The pages about calls as tabs, for components/_tabs.html."""
    pages = [(one, one.url(actor)) for one in registry.call_pages]
    return [
        {"label": one.label, "url": url, "current": one.name == current}
        for one, url in pages
        if url
    ]


def calls_up_of(actor: Actor, kind: str, name: str) -> tuple[str, str] | None:
    """How many calls of a phone or gateway are up, and where they are listed; None where nobody
    knows. One query.
    """
    for ask in registry.calls_up:
        count, url = ask(actor, kind, name)
        return number_format(count, force_grouping=True), url
    return None


def call_trials_of(account_id: str, number: str = "", via: str = "") -> list[tuple[Any, str]]:
    """Words, and where a call like this is tried."""
    return [one(account_id, number, via) for one in registry.call_trials]


def call_verdict_of(actor: Actor, who: str, number: str) -> CallVerdict | None:
    """Whether who is known by this may call that number; None where the actor knows of nobody."""
    answers = [one(actor, who, number) for one in registry.call_verdicts]
    return next((one for one in answers if one is not None), None)


def group_cards_of(actor: Actor, group: Any) -> list[dict[str, Any]]:
    """What else is to be seen of a rate group, on its page."""
    found = [(one, one.context(actor, group)) for one in registry.group_cards]
    return [{"template": one.template, **values} for one, values in found if values is not None]
