"""Decks of rates: handed in, checked and entered as workers do it."""

import io
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from django.db import transaction

from accounts.core.actor import SYSTEM
from billing.rates.deck_entries import Answers
from billing.rates.deck_sorting import Spill
from billing.rates.models import DeckRow, RateImport
from billing.rates.services.deck_checks import keep_found, look_at
from billing.rates.services.deck_entering import entered
from billing.rates.services.decks import deck_hand_in, in_locked_deck
from billing.wallets.models import RateGroup


def deck(group: RateGroup, text: str | bytes, **more: Any) -> RateImport:
    """A deck that a worker has looked at; `is_full`, `effective_at` and what Answers has."""
    known = {"is_full", "effective_at"} & set(more)
    asked = {name: more.pop(name) for name in known}
    asked.setdefault("is_full", False)
    raw = text.encode() if isinstance(text, str) else text
    made = deck_hand_in(
        actor=SYSTEM, group=group, file=io.BytesIO(raw), file_name="deck.csv",
        answers=Answers(**more), has_job=False, **asked,
    )  # fmt: skip
    return looked_at(made)


def looked_at(made: RateImport) -> RateImport:
    """The deck once a worker has looked at it, as the group is now."""
    with closing(Spill()) as rows:
        found = look_at(made, rows, lambda _done, _total: None)
        with transaction.atomic():
            _actor, made = in_locked_deck(SYSTEM, made)
            keep_found(made, found, rows)
    return made


def entered_deck(group: RateGroup, text: str | bytes, **more: Any) -> RateImport:
    """A deck that was entered; refused rows are left out."""
    made = deck(group, text, **more)
    with transaction.atomic():
        return entered(SYSTEM, made, True, lambda _done, _total: None)


def rows(made: RateImport) -> Sequence[tuple[str, str, str]]:
    """(what becomes of it, prefix, price) of each row."""
    return [
        (one.kind, one.prefix, str(one.price.normalize()))
        for one in DeckRow.objects.filter(deck=made).order_by("pk")
    ]


def problems(made: RateImport) -> Sequence[tuple[int, str]]:
    """(line, problem) of the rows that are refused."""
    found = DeckRow.objects.filter(deck=made, kind=DeckRow.Kind.REFUSED).order_by("line", "pk")
    return list(found.values_list("line", "problem"))
