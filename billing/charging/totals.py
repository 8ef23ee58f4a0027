"""Running totals of a batch of legs: whom they concern, when, where to, how they ended. Plain
functions, no database. The setup says which quarter of an hour and which day a leg belongs to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

_QUARTER = 900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Legs tried, legs answered, seconds spoken, seconds billed, micro-units; of an account one more,
# what its agent paid for the same legs (of a root, what carriers are owed for them), and of a
# gateway, what roots did.
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
    bought: int = 0


@dataclass
class Platform:
    """What those without an agent came to: top-level accounts, and (is cost) carriers."""

    quarters: dict[tuple[int, bool], Sums] = field(default_factory=dict)
    days: dict[tuple[date, bool, str], Sums] = field(default_factory=dict)
    # By account, without destinations.
    tops: dict[tuple[int, date, bool], Sums] = field(default_factory=dict)


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
        _add(self.quarters, (account, quarter, *whose), more)
        _add(self.days, (account, _day(quarter, zone), *whose, destination), more)

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

    def platform(self) -> Platform:
        """Of these totals, those without an agent."""
        found = Platform()
        quarters, days, tops = found.quarters, found.days, found.tops
        for (_account, quarter, agent, _is_own, is_cost), sums in self.quarters.items():
            if not agent:
                _add(quarters, (quarter, is_cost), sums)
        for (account, day, agent, _is_own, is_cost, destination), sums in self.days.items():
            if not agent:
                _add(days, (day, is_cost, destination), sums)
                _add(tops, (account, day, is_cost), sums)
        return found


def _add(totals: dict[Any, Sums], key: Any, more: Sequence[int]) -> None:
    sums = totals.get(key)
    if sums is None:
        totals[key] = list(more)
        return
    sums[0] += more[0]
    sums[1] += more[1]
    sums[2] += more[2]
    sums[3] += more[3]
    sums[4] += more[4]
    sums[5] += more[5]


def quarter_of(moment: datetime) -> int:
    """The number of its quarter of an hour since 1970."""
    return (moment - _EPOCH) // timedelta(seconds=_QUARTER)


def begin_of(quarter: int) -> datetime:
    """When a quarter of an hour begins."""
    return _EPOCH + timedelta(seconds=quarter * _QUARTER)


@lru_cache(maxsize=200_000)
def _day(quarter: int, zone: ZoneInfo) -> date:
    return begin_of(quarter).astimezone(zone).date()
