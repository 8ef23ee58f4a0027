"""What a running call may cost a level: plain functions over the prices that its hold keeps
(docs/domain.md 7). No database.

Prices are [microseconds after the authorization, key of the rate, price per minute and connection
fee in micro-units, first block, increment], by time. While it rings any of them may come to count,
and the dearest is held; from the answer on it is one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from billing.money import to_micros
from billing.rates.pricing import micros_of
from billing.rates.rating import Rate, applying

Prices = Sequence[Sequence[int]]

_MICRO, _MINUTE = timedelta(microseconds=1), timedelta(minutes=1)


def held_for(prices: Prices, seconds: int) -> int:
    """What so many seconds cost at the dearest of these prices, in micro-units."""
    return max((micros_of(*_figures(one), seconds) for one in prices), default=0)


def _figures(price: Sequence[int]) -> tuple[int, int, int, int]:
    _after, _rate, per_minute, fee, first, step = price
    return per_minute, fee, first, step


def price_at(prices: Prices, after: timedelta) -> Sequence[int]:
    """The price that counts for a call answered so long after its authorization."""
    micros = after // _MICRO
    return [one for one in prices if one[0] <= micros or one is prices[0]][-1]


def prices_of(
    rates: Iterable[Rate], number: str, zone: ZoneInfo, at: datetime, until: datetime
) -> list[list[int]]:
    """The prices of a number from one moment until another, of rates that fit it; none where no
    rate applies at the first. Where one ends without a successor, it goes on.
    """
    fitting = list(rates)
    found: list[list[int]] = []
    for moment in sorted(_changes(fitting, at, until)):
        rate = applying(fitting, number, moment, zone)
        if rate is None:
            if not found:
                return []
            continue
        if not found or found[-1][1] != rate.key:
            price = rate.price
            found.append([
                (moment - at) // _MICRO, rate.key, to_micros(price.per_minute),
                to_micros(price.connection_fee), price.first_block, price.increment,
            ])  # fmt: skip
    return found


def _changes(rates: Sequence[Rate], at: datetime, until: datetime) -> set[datetime]:
    """The moments from `at` on at which another rate may come to apply: where one begins or ends,
    and every full minute where there are periods.
    """
    found = {at}
    for one in rates:
        found |= {edge for edge in (one.since, one.until) if edge and at < edge <= until}
    if any(one.period for one in rates):
        minute = at.replace(second=0, microsecond=0) + _MINUTE
        while minute <= until:
            found.add(minute)
            minute += _MINUTE
    return found


def first_block(prices: Prices) -> int:
    """The least that is billed at any of these prices, in seconds."""
    return max((one[4] for one in prices), default=1)


@dataclass(frozen=True, slots=True)
class Room:
    """What one level holds for a call, and may hold beyond that (None: without end)."""

    prices: Prices
    held: int
    left: int | None

    def carries(self, seconds: int) -> bool:
        """Whether so many seconds in all can be held."""
        more = held_for(self.prices, seconds) - self.held
        return self.left is None or more <= max(self.left, 0)


def most_seconds(rooms: Sequence[Room], least: int, most: int) -> int:
    """How many seconds in all every level can hold: `most` at most; `least` where it is no more."""
    return _last(lambda seconds: all(one.carries(seconds) for one in rooms), least, most)


def _last(holds: Callable[[int], bool], least: int, most: int) -> int:
    """The last of these numbers up to which something holds that never comes back."""
    if most > least and holds(most):
        return most
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if holds(middle) else (least, middle)
    return least
