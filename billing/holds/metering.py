"""How far a running call has come at one level: plain functions over what its hold keeps
(docs/domain.md 7). No database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from billing.holds.pricing import Prices, Room, held_for, most_seconds, price_at
from billing.money import from_micros, to_micros

# Whoever can talk no longer than this is said to be cut soon.
SOON = timedelta(minutes=5)
# Whoever talks for so long is listed apart.
LONG = timedelta(minutes=30)


class End(StrEnum):
    """What ends a call, as far as its own level says."""

    CUT = "cut"
    BALANCE = "balance"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Course:
    """A call by the clock: when it was let through, answered and over (None: not yet), and how many
    seconds are granted, and at most ever are.
    """

    since: datetime
    answered: datetime | None
    ended: datetime | None
    seconds: int
    most: int
    is_cut: bool = False

    def rings(self, now: datetime) -> int:
        """For how many seconds it rang."""
        return _whole((self.answered or self.ended or now) - self.since)

    def talked(self, now: datetime) -> int:
        """For how many seconds it was spoken, no more than are granted: there it is ended."""
        if self.answered is None:
            return 0
        return min(_whole((self.ended or now) - self.answered), self.seconds)

    def counting(self, prices: Prices) -> Sequence[Sequence[int]]:
        """The prices that may count for it: one, once it was answered."""
        if self.answered is None or not prices:
            return prices
        return [price_at(prices, self.answered - self.since)]

    def so_far(self, prices: Prices, now: datetime) -> Decimal:
        """What it costs by now."""
        return from_micros(held_for(self.counting(prices), self.talked(now)))


@dataclass(frozen=True, slots=True)
class Left:
    """For how many seconds it can go on, and what ends it then."""

    seconds: int
    end: End

    @property
    def is_soon(self) -> bool:
        return self.seconds < SOON.total_seconds()


def left_for(
    course: Course, prices: Prices, held: Decimal, available: Decimal | None, now: datetime
) -> Left:
    """For how long the level with this hold, which has so much available beside it (None: without
    end), can let the call go on. What levels above have is not asked: whoever reads it learns
    nothing of them.
    """
    if course.is_cut:
        return Left(0, End.CUT)
    money = None if available is None else to_micros(available)
    room = Room(course.counting(prices), to_micros(held), money)
    seconds = most_seconds([room], course.seconds, course.most)
    end = End.PLATFORM if seconds >= course.most else End.BALANCE
    return Left(max(seconds - course.talked(now), 0), end)


def _whole(length: timedelta) -> int:
    return max(int(length.total_seconds()), 0)
