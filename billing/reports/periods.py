"""Periods of reports: from a moment up to, and without, another, by the clocks of a named zone.
Plain functions, no database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.kit.moments import day_begin

_QUARTER = 900
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Everything from `begin` up to, and without, `end`, both at a quarter of an hour: totals know
    no moment between. Days are those of `zone`.

    Raises ValueError for another moment, and for an end before the beginning.
    """

    begin: datetime
    end: datetime
    zone: ZoneInfo

    def __post_init__(self) -> None:
        for moment in (self.begin, self.end):
            if moment.timestamp() % _QUARTER:
                raise ValueError(f"{moment} is no quarter of an hour.")
        if self.end < self.begin:
            raise ValueError("The period ends before it begins.")

    @classmethod
    def of_days(cls, first: date, until: date, zone: ZoneInfo) -> "Period":
        """From the beginning of a day up to the beginning of another, which is not in it."""
        return cls(day_begin(first, zone), day_begin(until, zone), zone)

    @property
    def zone_key(self) -> str:
        """The name of its zone."""
        return self.zone.key

    @property
    def first(self) -> date:
        """The day it begins on."""
        return self.begin.astimezone(self.zone).date()

    @property
    def until(self) -> date:
        """The first day that it has nothing of."""
        day = self.end.astimezone(self.zone).date()
        return day if day_begin(day, self.zone) == self.end.astimezone(UTC) else day + _DAY

    @cached_property
    def is_of_days(self) -> bool:
        """Whether it begins and ends with days of its zone."""
        whole = Period.of_days(self.first, self.until, self.zone)
        return (whole.begin, whole.end) == (self.begin, self.end)

    @property
    def length(self) -> int:
        """How many days it touches."""
        return (self.until - self.first).days

    def days(self) -> Iterator[date]:
        """The days it touches, the first one first."""
        return (self.first + _DAY * at for at in range(self.length))

    @cached_property
    def before(self) -> "Period":
        """The period that ends where this one begins: as many calendar months where it is whole
        ones, else as many days, or as much time.
        """
        if not self.is_of_days:
            return Period(self.begin - (self.end - self.begin), self.begin, self.zone)
        first, until = self.first, self.until
        if first.day == until.day == 1:
            months = (until.year - first.year) * 12 + until.month - first.month
            begin = month_before(first, months)
        else:
            begin = first - _DAY * self.length
        return Period.of_days(begin, first, self.zone)

    @cached_property
    def with_before(self) -> "Period":
        """This one and the one before it, as one."""
        return Period(self.before.begin, self.end, self.zone)


def so_far(now: datetime, zone: ZoneInfo) -> tuple[Period, Period]:
    """Today up to the end of the quarter of an hour that goes on, and yesterday for as long."""
    today = now.astimezone(zone).date()
    begin, yesterday = day_begin(today, zone), day_begin(today - _DAY, zone)
    end = datetime.fromtimestamp((now.timestamp() // _QUARTER + 1) * _QUARTER, UTC)
    return (
        Period(begin, end, zone),
        Period(yesterday, min(yesterday + (end - begin), begin), zone),
    )


def last_days(today: date, count: int, zone: ZoneInfo) -> Period:
    """So many whole days before today."""
    return Period.of_days(today - _DAY * count, today, zone)


def month_before(day: date, months: int = 1) -> date:
    """The first day of the month so many months before that of a day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


class Span(NamedTuple):
    """What statements ask of a period, without the period itself: its moments, and its days where
    it is of whole ones.
    """

    begin: datetime
    end: datetime
    first: date = date.min
    until: date = date.min
    zone_key: str = ""

    @property
    def is_of_days(self) -> bool:
        return bool(self.zone_key)


# As they stand in addresses, in the order in which pages offer them.
PRESETS = ("today", "yesterday", "this-week", "last-week", "this-month", "last-month")


def preset(name: str, today: date) -> tuple[date, date]:
    """The first day of a named period and the first one after it. Weeks begin on Monday; what is
    not over goes up to the end of `today`.
    """
    tomorrow, monday = today + _DAY, today - _DAY * today.weekday()
    month = today.replace(day=1)
    return {
        "today": (today, tomorrow),
        "yesterday": (today - _DAY, today),
        "this-week": (monday, tomorrow),
        "last-week": (monday - 7 * _DAY, monday),
        "this-month": (month, tomorrow),
        "last-month": (month_before(month), month),
    }[name]
