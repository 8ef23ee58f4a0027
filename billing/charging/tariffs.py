"""The rates of a group, made ready to charge calls by: which applies, and what it comes to. Plain
data, no database.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, chain
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from billing.money import to_micros
from billing.rates.pricing import amount_of
from billing.rates.rating import (
    UNRATED,
    Matcher,
    Rate,
    amounts_of,
    figures_of,
    keys_of,
    micros_of,
)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a prefix should have cost per minute, from one moment until another."""

    key: int
    prefix: str
    since: datetime
    until: datetime
    price: Decimal


# Not frozen: there may be as many as calls.
@dataclass(slots=True, eq=False)
class Terms:
    """What a group charges by a rate, in micro-units; `correction`: the one that stood beside it.
    Calls of a batch that are charged alike share them.
    """

    group: int
    rate: Rate
    price: int
    fee: int
    correction: int | None = None


class Priced(NamedTuple):
    """A leg at a rate: billed seconds, and the amount in micro-units."""

    terms: Terms
    billed: int
    amount: int


class Question(Protocol):
    """A leg that is to be priced. `reads_corrections`: it waited, or is rated anew."""

    @property
    def number(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def seconds(self) -> int: ...
    @property
    def reads_corrections(self) -> bool: ...


class Asked(NamedTuple):
    """A question by itself."""

    number: str
    at: datetime
    seconds: int
    reads_corrections: bool


class Questions:
    """Legs that are to be priced, column by column: what every group is asked by."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.all = questions
        self.numbers = keys_of([one.number for one in questions])
        self.at = micros_of(one.at for one in questions)
        self.seconds = np.array([one.seconds for one in questions], dtype=np.int64)


class Tariff:
    """One rate group."""

    def __init__(
        self, key: int, zone: ZoneInfo, rates: Sequence[Rate], corrections: Iterable[Correction]
    ) -> None:
        self.key = key
        self.size = len(rates)
        self._rates = rates
        self._matcher = Matcher(rates, zone)
        # Of each rate that was asked for.
        self._terms: dict[int, Terms] = {}
        self._figures = np.zeros((len(rates), 4), dtype=np.int64)
        self._corrections: dict[str, list[Correction]] = {}
        for one in corrections:
            self._corrections.setdefault(one.prefix, []).append(one)

    def answers(self, asked: Questions, which: NDArray[np.int64]) -> list[Priced | None]:
        """Each leg of these places at the rate that applies; None where no rate does."""
        found = self._matcher.places(asked.numbers[which], asked.at[which])
        rated = np.flatnonzero(found != UNRATED)
        places = found[rated].tolist()
        if new := set(places).difference(self._terms):
            self._make(list(new))
        terms = map(self._terms.__getitem__, places)
        billed, amounts = amounts_of(self._figures[found[rated]], asked.seconds[which[rated]])
        rows = map(Priced, terms, billed.tolist(), amounts.tolist())
        answers: list[Priced | None] = [None] * len(which)
        for at, one in zip(rated.tolist(), rows, strict=True):
            answers[at] = one
        if self._corrections:
            for at, place in enumerate(which.tolist()):
                if asked.all[place].reads_corrections:
                    answers[at] = self.corrected(asked.all[place], answers[at])
        return answers

    def _make(self, places: list[int]) -> None:
        rates = [self._rates[place] for place in places]
        figures = [figures_of(rate.price) for rate in rates]
        self._figures[places] = figures
        for place, rate, (price, fee, *_blocks) in zip(places, rates, figures, strict=True):
            self._terms[place] = Terms(self.key, rate, price, fee)

    def corrected(self, asked: Question, found: Priced | None) -> Priced | None:
        """The price with the correction that stands beside its rate at the moment of the leg."""
        if found is None:
            return None
        rate = found.terms.rate
        for one in self._corrections.get(rate.prefix, ()):
            if one.since <= asked.at < one.until:
                bill = amount_of(replace(rate.price, per_minute=one.price), asked.seconds)
                terms = replace(found.terms, price=to_micros(one.price), correction=one.key)
                return Priced(terms, bill.billed, to_micros(bill.amount))
        return found


def priced(
    groups: Sequence[Sequence[int]], asked: Questions, tariff: Callable[[int], Tariff | None]
) -> list[list[Priced | None]]:
    """Each leg at the groups of its levels, 0 for none, whose rates `tariff` gives: every group is
    asked once. None where no rate applies.
    """
    counts = list(map(len, groups))
    of_lines = np.fromiter(chain.from_iterable(groups), dtype=np.int64, count=sum(counts))
    legs = np.repeat(np.arange(len(groups)), counts)
    found: list[Priced | None] = [None] * len(of_lines)
    order = np.argsort(of_lines, kind="stable")
    begins = np.flatnonzero(np.diff(of_lines[order], prepend=0))
    for places in np.split(order, begins)[1:]:
        rates = tariff(int(of_lines[places[0]]))
        if rates is not None:
            answers = rates.answers(asked, legs[places])
            for place, answer in zip(places.tolist(), answers, strict=True):
                found[place] = answer
    ends = list(accumulate(counts))
    return [found[end - count : end] for count, end in zip(counts, ends, strict=True)]
