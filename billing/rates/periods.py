"""When in the week a price counts: weekdays and a time of day, by the clock on the wall of the rate
group's time zone (docs/domain.md 7). Pure functions, no database.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused

DAY = 24 * 60
WEEK = 7 * DAY
EVERY_DAY = 0b1111111
# As files and commands write them, whatever language a page speaks.
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"(\d{1,2}):(\d{2})"
_WRITTEN = re.compile(rf"(?P<days>[a-z,\-]+)? ?{_TIME}-{_TIME}")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Some weekdays, from one time of day to another. A time that ends at or before it begins ends
    on the day after; the weekday is the one on which it begins.
    """

    # A bit for each weekday, Monday is the lowest.
    days: int
    # In minutes since midnight: 0 to 1439, and 1 to 1440.
    begin: int
    end: int

    @property
    def minutes(self) -> int:
        """The minutes of a week it covers, as the bits of a number; the first is Monday's."""
        return _minutes(self.days, self.begin, self.end)

    def covers(self, local: datetime) -> bool:
        """Whether it counts at a moment of the group's time zone."""
        return bool(self.minutes >> minute_of_week(local) & 1)

    def meets(self, other: "Period") -> bool:
        """Whether there is a minute that both cover."""
        return bool(self.minutes & other.minutes)

    def __str__(self) -> str:
        return f"{_days_text(self.days)} {_time_text(self.begin)}-{_time_text(self.end)}"


def minute_of_week(local: datetime) -> int:
    """How many minutes the clock on the wall is past Monday, 0:00."""
    return local.weekday() * DAY + local.hour * 60 + local.minute


def period_checked(period: Period) -> Period:
    """The period as it is. Raises Refused (`period`) for what is none."""
    if not 0 < period.days <= EVERY_DAY or not 0 <= period.begin < DAY or not 0 < period.end <= DAY:
        raise _no_period()
    return period


def read_period(text: str) -> Period | None:
    """What `str` of a period writes, read again: "mon-fri 08:00-20:00", "sat,sun 00:00-24:00";
    without days it is every day. None for an empty text. Raises Refused (`period`).
    """
    typed = " ".join(text.lower().replace("\u2013", "-").split())
    typed = re.sub(r" ?([,-]) ?", r"\1", typed)
    if not typed:
        return None
    found = _WRITTEN.fullmatch(typed)
    if found is None:
        raise _no_period()
    _days, *clock = found.groups()
    hours, minutes, last_hours, last_minutes = map(int, clock)
    if minutes > 59 or last_minutes > 59:
        raise _no_period()
    end = last_hours * 60 + last_minutes
    days = _read_days(found["days"]) if found["days"] else EVERY_DAY
    return period_checked(Period(days, hours * 60 + minutes, end or DAY))


def _read_days(text: str) -> int:
    days = 0
    for part in text.split(","):
        first, _dash, last = part.partition("-")
        try:
            begin, end = _DAYS.index(first[:3]), _DAYS.index((last or first)[:3])
        except ValueError:
            raise _no_period() from None
        # From Saturday to Monday goes over the end of the week.
        for at in range(begin, end + 1 if end >= begin else end + 8):
            days |= 1 << at % 7
    return days


def _no_period() -> Refused:
    return Refused(_("Write a period like “mon-fri 08:00-20:00”."), code="period", field="period")


def _days_text(days: int) -> str:
    """The weekdays, those in a row as "mon-fri"."""
    runs: list[list[int]] = []
    for at in range(7):
        if days >> at & 1:
            if runs and runs[-1][-1] == at - 1:
                runs[-1].append(at)
            else:
                runs.append([at])
    return ",".join(
        _DAYS[run[0]] if len(run) == 1 else f"{_DAYS[run[0]]}-{_DAYS[run[-1]]}" for run in runs
    )


def _time_text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@lru_cache(maxsize=1024)
def _minutes(days: int, begin: int, end: int) -> int:
    length = end - begin if end > begin else end + DAY - begin
    bits = 0
    for at in range(7):
        if days >> at & 1:
            bits |= ((1 << length) - 1) << (at * DAY + begin)
    # What reaches beyond Sunday is Monday's.
    return (bits | bits >> WEEK) & ((1 << WEEK) - 1)
