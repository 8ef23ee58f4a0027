"""What legs are to accounts, line by line: one for each level, and one for the carrier. Gathered in
columns, of which numpy makes charges and totals. Plain, no database.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from billing.charging.tariffs import Priced, Terms
from billing.charging.totals import SECONDS, Ints, Totals
from billing.rates.pricing import Price
from billing.rates.rating import EPOCH, Rate, micros_of

_QUARTER = SECONDS * 1_000_000
# What is said of a line that costs nothing, for which no rate was looked up.
_FREE = Rate(None, "", Price(Decimal(0), Decimal(0)), EPOCH)
_NOTHING = Priced(Terms(0, _FREE, 0, 0), 0, 0)


class Place(NamedTuple):
    """Where a line stands: who pays, and for whom that is counted, by whose clocks, where it is
    counted with its batch. A carrier's agent has no part in its charges.
    """

    account: int
    agent: int | None
    root: int
    level: int
    is_cost: bool = False
    counted_for: int = 0
    zone: ZoneInfo | None = None


@dataclass(frozen=True)
class Lines:
    """Lines that are gathered, and, of each, its leg, its place and its terms by their number."""

    legs: Ints
    setup: Ints
    at: Ints
    is_answered: Ints
    seconds: Ints
    leg: Ints
    places: Sequence[Place]
    place: Ints
    # The first of them are nobody's: the line cost nothing.
    terms: Sequence[Terms]
    of_terms: Ints
    billed: Ints
    amount: Ints

    @cached_property
    def is_cost(self) -> Ints:
        return np.array([one.is_cost for one in self.places], dtype=np.int64)[self.place]

    @property
    def locked(self) -> set[int]:
        """Legs at a rate that one of their levels had locked."""
        is_locked = np.array([one.rate.is_locked for one in self.terms])[self.of_terms]
        found: list[int] = self.legs[self.leg[is_locked & (self.is_cost == 0)]].tolist()
        return set(found)

    @property
    def sums(self) -> dict[tuple[int, bool], int]:
        """What they come to, by account and whether it is cost."""
        amounts = np.zeros(len(self.places), dtype=np.int64)
        np.add.at(amounts, self.place, self.amount)
        found: dict[tuple[int, bool], int] = {}
        for one, amount in zip(self.places, amounts.tolist(), strict=True):
            whose = one.account, one.is_cost
            found[whose] = found.get(whose, 0) + amount
        return found

    def counted(self, totals: Totals) -> None:
        """Count each where it stands. A cost is no leg; the platform buys from the carrier what it
        sells to the root, and every level from the one above.
        """
        numbers = [_numbers(one, totals) for one in self.places]
        who, zone = np.array(numbers, dtype=np.int64).reshape(-1, 2)[self.place].T
        where = [totals.number_of(one.rate.destination) for one in self.terms]
        is_leg = 1 - self.is_cost
        rows = np.stack([
            who, zone, (self.setup // _QUARTER)[self.leg], np.array(where)[self.of_terms],
            is_leg, is_leg * self.is_answered[self.leg], self.seconds[self.leg],
            self.billed, self.amount, self._bought(),
        ], axis=1)  # fmt: skip
        totals.count_rows(rows)
        self._name_roots(totals)

    def _bought(self) -> Ints:
        """What the next line of the same leg comes to."""
        bought = np.zeros_like(self.amount)
        is_same = self.leg[1:] == self.leg[:-1]
        bought[:-1][is_same] = self.amount[1:][is_same]
        return bought

    def _name_roots(self, totals: Totals) -> None:
        """The root that an account had last, where it had several."""
        last = np.zeros(len(self.places), dtype=np.int64)
        np.maximum.at(last, self.place, np.arange(len(self.place)))
        for number in np.argsort(last).tolist():
            totals.roots[self.places[number].account] = self.places[number].root


def _numbers(place: Place, totals: Totals) -> tuple[int, int]:
    assert place.zone is not None
    whose = place.counted_for, place.level == 0, place.is_cost
    return totals.numbers(place.account, place.zone, whose)


class Gathering:
    """Lines as they come, leg by leg."""

    def __init__(self) -> None:
        self._numbers: dict[Place, int] = {}
        # Leg, whether it was answered, seconds, how many lines it has.
        self._legs = array("q")
        self._setup: list[datetime] = []
        self._at: list[datetime] = []
        self._places = array("q")
        self._prices: list[Priced | None] = []

    def __len__(self) -> int:
        return len(self._places)

    def number(self, place: Place) -> int:
        """By which lines name a place."""
        return self._numbers.setdefault(place, len(self._numbers))

    def add(
        self,
        leg: int,
        setup: datetime,
        at: datetime,
        places: Sequence[int],
        prices: Sequence[Priced | None],
        *,
        is_answered: bool = False,
        seconds: int = 0,
    ) -> None:
        """The lines of a leg, whose price counts `at` a moment: chain, then carrier."""
        self._legs.extend((leg, is_answered, seconds, len(places)))
        self._setup.append(setup)
        self._at.append(at)
        self._places.extend(places)
        self._prices.extend(prices)

    def lines(self) -> Lines:
        """All of them."""
        legs, is_answered, seconds, counts = np.array(self._legs, dtype=np.int64).reshape(-1, 4).T
        prices = [_NOTHING if one is None else one for one in self._prices]
        # Numpy takes rows apart more slowly.
        charged_by, billed, amount = zip(*prices, strict=True) if prices else ((), (), ())
        numbers = dict.fromkeys(chain((_NOTHING.terms,), charged_by))
        terms = list(numbers)
        numbers = {one: number for number, one in enumerate(terms)}
        of_terms = [numbers[one] for one in charged_by]
        return Lines(
            legs, micros_of(self._setup), micros_of(self._at), is_answered, seconds,
            np.repeat(np.arange(len(legs)), counts), list(self._numbers),
            np.array(self._places, dtype=np.int64), terms,
            *(np.array(one, dtype=np.int64) for one in (of_terms, billed, amount)),
        )  # fmt: skip
