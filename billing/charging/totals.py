"""Running totals of a batch of legs: whom they concern, when, where to, how they ended. Plain
functions, no database. The setup says which quarter of an hour and which day a leg belongs to.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

_QUARTER = 900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Legs tried, legs answered, seconds spoken, seconds billed, micro-units.
Sums = list[int]


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


@dataclass
class Totals:
    """By their keys, in the order of the columns that are unique."""

    quarters: dict[tuple[int, int, int, bool, bool], Sums] = field(default_factory=dict)
    days: dict[tuple[int, date, int, bool, bool, str], Sums] = field(default_factory=dict)
    gateways: dict[tuple[str, int, str], Sums] = field(default_factory=dict)
    roots: dict[int, int] = field(default_factory=dict)

    def add(self, lines: Iterable[Line], sign: int = 1) -> None:
        """Count what legs are to accounts; `sign` -1 takes it back."""
        for one in lines:
            self.roots[one.account] = one.root
            quarter = quarter_of(one.setup)
            legs = 0 if one.is_cost else sign
            money = (sign * one.billed, sign * one.amount)
            more = (legs, legs * one.is_answered, sign * one.seconds, *money)
            whose = (one.agent, one.is_own, one.is_cost)
            _add(self.quarters, (one.account, quarter, *whose), more)
            day = _day(quarter, one.zone)
            _add(self.days, (one.account, day, *whose, one.destination), more)

    def add_gateway(
        self, name: str, setup: datetime, cause: str, sums: tuple[int, int, int, int, int]
    ) -> None:
        """Count a leg at a gateway it came in by or went out by."""
        _add(self.gateways, (name, quarter_of(setup), cause), sums)


def _add(totals: dict[Any, Sums], key: Any, more: tuple[int, int, int, int, int]) -> None:
    sums = totals.get(key)
    if sums is None:
        totals[key] = list(more)
        return
    sums[0] += more[0]
    sums[1] += more[1]
    sums[2] += more[2]
    sums[3] += more[3]
    sums[4] += more[4]


def quarter_of(moment: datetime) -> int:
    """The number of its quarter of an hour since 1970."""
    return (moment - _EPOCH) // timedelta(seconds=_QUARTER)


def begin_of(quarter: int) -> datetime:
    """When a quarter of an hour begins."""
    return _EPOCH + timedelta(seconds=quarter * _QUARTER)


@lru_cache(maxsize=200_000)
def _day(quarter: int, zone: ZoneInfo) -> date:
    return begin_of(quarter).astimezone(zone).date()
