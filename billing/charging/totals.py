"""Running totals of a batch of legs: whom they concern, when, where to, how they ended. Plain
functions, no database. The setup says which quarter of an hour and which day a leg belongs to.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

# Of a quarter of an hour.
SECONDS = 900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()

# Legs tried, legs answered, seconds spoken, seconds billed, micro-units; of an account one more,
# what its agent paid for the same legs (of a root, what carriers are owed for them), and of a
# gateway, what roots did.
Sums = list[int]
# Of a line, all as numbers: whom it concerns, by whose clocks, when, where to; then its sums.
_WHO, _ZONE, _WHEN, _WHERE = range(4)
_WIDTH = 4 + 6

Ints = NDArray[np.int64]


# Not frozen, nor are others of which there are several a leg: that takes twice as long to make.
@dataclass(slots=True)
class Line:
    """What one leg is to one account. `destination` is empty where it cost nothing, for which no
    rate was looked up.
    """

    account: int
    agent: int
    root: int
    is_own: bool
    is_cost: bool
    zone: ZoneInfo
    setup: datetime
    is_answered: bool
    seconds: int
    destination: str = ""
    billed: int = 0
    amount: int = 0
    bought: int = 0


@dataclass(frozen=True)
class Summed:
    """Totals, column by column: what each is about, and a row of sums. Quarters and days are
    numbered since 1970.
    """

    about: Mapping[str, Ints]
    sums: Ints
    # In `about` a destination is its place here.
    destinations: Sequence[str] = ()

    def by(self, *names: str) -> "Summed":
        """Added up where these columns are the same, in their order."""
        if not len(self.sums):
            return self
        columns = [self.about[name] for name in names]
        codes: Ints = np.zeros(len(self.sums), dtype=np.int64)
        for one in columns:
            least = one.min()
            codes = codes * (one.max() - least + 1) + (one - least)
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
        begins = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
        sums = np.add.reduceat(self.sums[order], begins, axis=0)
        found = order[begins]
        about = {name: values[found] for name, values in self.about.items()}
        return Summed(about, sums, self.destinations)


@dataclass(frozen=True)
class Platform:
    """What those without an agent came to: top-level accounts, and (is cost) carriers. `tops`: by
    account, without destinations.
    """

    quarters: Summed
    days: Summed
    tops: Summed


@dataclass
class Totals:
    """What is counted, and what that adds up to."""

    gateways: dict[tuple[str, int, str], Sums] = field(default_factory=dict)
    # Those of the accounts.
    roots: dict[int, int] = field(default_factory=dict)
    _lines: "array[int]" = field(default_factory=lambda: array("q"))
    _rows: list[Ints] = field(default_factory=list)
    # Account and what is its own place in the totals: agent, is its own, is cost.
    _whose: dict[tuple[int, int, bool, bool], int] = field(default_factory=dict)
    _zones: dict[ZoneInfo, int] = field(default_factory=dict)
    _destinations: dict[str, int] = field(default_factory=dict)

    def add(self, lines: Iterable[Line], sign: int = 1) -> None:
        """Count what legs are to accounts; `sign` -1 takes it back."""
        for one in lines:
            legs = 0 if one.is_cost else sign
            money = (sign * one.billed, sign * one.amount, sign * one.bought)
            more = (legs, legs * one.is_answered, sign * one.seconds, *money)
            whose = (one.agent, one.is_own, one.is_cost)
            self.count(
                one.account, one.root, one.zone, quarter_of(one.setup), whose, one.destination, more
            )

    def count(
        self,
        account: int,
        root: int,
        zone: ZoneInfo,
        quarter: int,
        whose: tuple[int, bool, bool],
        destination: str,
        more: tuple[int, int, int, int, int, int],
    ) -> None:
        """Count `more` at an account: `whose` is (agent, is its own, is cost)."""
        self.roots[account] = root
        numbers = self.numbers(account, zone, whose)
        self._lines.extend((*numbers, quarter, self.number_of(destination), *more))

    def numbers(
        self, account: int, zone: ZoneInfo, whose: tuple[int, bool, bool]
    ) -> tuple[int, int]:
        """What stands in a row for whom it concerns and for its clocks."""
        known, zones = self._whose, self._zones
        return known.setdefault((account, *whose), len(known)), zones.setdefault(zone, len(zones))

    def number_of(self, destination: str) -> int:
        """What stands in a row for a destination."""
        return self._destinations.setdefault(destination, len(self._destinations))

    def count_rows(self, rows: Ints) -> None:
        """Count many at once; whoever does so names the roots."""
        self._rows.append(rows)

    def add_gateway(
        self,
        name: str,
        setup: datetime,
        cause: str,
        sums: tuple[int, int, int, int, int],
        sold: int = 0,
    ) -> None:
        """Count a leg at a gateway it came in by, or went out by; `sold`: what the root paid."""
        known = self.gateways.setdefault((name, quarter_of(setup), cause), [0] * (len(sums) + 1))
        for at, more in enumerate((*sums, sold)):
            known[at] += more

    def by_quarter(self) -> Summed:
        """Of each account and quarter of an hour; account by account, so that one part of an index
        is worked on after the other.
        """
        lines = self._table()
        who, of_whom = self._ranked(lines[:, _WHO])
        found = Summed({"who": who, "quarter": lines[:, _WHEN]}, lines[:, -6:]).by("who", "quarter")
        return self._named(found, of_whom)

    def by_day(self) -> Summed:
        """Of each account, day of its own zone and destination, likewise."""
        lines = self._table()
        who, of_whom = self._ranked(lines[:, _WHO])
        names = sorted(self._destinations)
        about = {
            "who": who,
            "day": self._days(lines[:, _ZONE], lines[:, _WHEN]),
            "destination": _ranks(names, self._destinations)[lines[:, _WHERE]],
        }
        found = Summed(about, lines[:, -6:], names).by("who", "day", "destination")
        return self._named(found, of_whom)

    def _table(self) -> Ints:
        one_by_one = np.array(self._lines, dtype=np.int64).reshape(-1, _WIDTH)
        return np.concatenate([one_by_one, *self._rows])

    def _ranked(self, who: Ints) -> tuple[Ints, Ints]:
        """Whom lines concern, as places in the order of accounts, and all of these."""
        whose = sorted(self._whose)
        return _ranks(whose, self._whose)[who], np.array(whose, dtype=np.int64).reshape(-1, 4)

    def _named(self, found: Summed, of_whom: Ints) -> Summed:
        names = ("account_id", "agent_id", "is_own", "is_cost")
        columns = of_whom[found.about["who"]].T
        about = {**found.about, **dict(zip(names, columns, strict=True))}
        roots = [self.roots[account] for account in of_whom[:, 0].tolist()]
        about["root_id"] = np.array(roots, dtype=np.int64)[found.about["who"]]
        return Summed(about, found.sums, found.destinations)

    def _days(self, zone: Ints, quarter: Ints) -> Ints:
        zones = list(self._zones)
        pairs = quarter * max(len(zones), 1) + zone
        there, where = np.unique(pairs, return_inverse=True)
        days = [_day(pair // len(zones), zones[pair % len(zones)]) for pair in there.tolist()]
        return np.array([one.toordinal() - _FIRST_DAY for one in days], dtype=np.int64)[where]


def platform_of(quarters: Summed, days: Summed) -> Platform:
    """Of these totals, those without an agent."""
    quarters, days = _at_top(quarters), _at_top(days)
    return Platform(
        quarters.by("quarter", "is_cost"),
        days.by("day", "is_cost", "destination"),
        days.by("account_id", "day", "is_cost"),
    )


def _at_top(totals: Summed) -> Summed:
    is_meant = totals.about["agent_id"] == 0
    about = {name: values[is_meant] for name, values in totals.about.items()}
    return Summed(about, totals.sums[is_meant], totals.destinations)


def _ranks(order: Sequence[Any], places: Mapping[Any, int]) -> Ints:
    """For each place the rank of what stands there, in that order."""
    found = np.empty(len(order), dtype=np.int64)
    found[[places[one] for one in order]] = np.arange(len(order))
    return found


def quarter_of(moment: datetime) -> int:
    """The number of its quarter of an hour since 1970."""
    return (moment - _EPOCH) // timedelta(seconds=SECONDS)


def begin_of(quarter: int) -> datetime:
    """When a quarter of an hour begins."""
    return _EPOCH + timedelta(seconds=quarter * SECONDS)


def day_of(number: int) -> date:
    """The day of this number since 1970."""
    return date.fromordinal(_FIRST_DAY + number)


@lru_cache(maxsize=200_000)
def _day(quarter: int, zone: ZoneInfo) -> date:
    return begin_of(quarter).astimezone(zone).date()
