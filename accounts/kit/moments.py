"""Days and moments: when a day begins in a time zone, and the one way in which both are written.

Moments are shown in the viewer's zone, which is the current one of a request; days that were
entered for an account are days of that account's zone (docs/domain.md 2). A day is everything from
its beginning up to, and without, the beginning of the next: a moment exactly at midnight belongs to
the day that begins.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

# The days that people may enter. Every zone and both databases can say them.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
_AS_OF: ContextVar[datetime | None] = ContextVar("as_of", default=None)


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """As long as it lasts, lists are asked for at this moment: `asked_now` and `today` say it. For
    files that are made later than they were asked for. Scopes and authorizations do not follow it:
    they ask the clock.
    """
    token = _AS_OF.set(moment)
    try:
        yield
    finally:
        _AS_OF.reset(token)


def asked_now() -> datetime:
    """The moment at which a list is asked for: now, or the one of `as_of`."""
    return _AS_OF.get() or timezone.now()


def day_begin(day: date, zone: tzinfo | None = None) -> datetime:
    """The first moment of a day of `zone` (the current one), in UTC.

    In UTC, since moments of one zone are compared by what its clocks show, and clocks go back.
    """
    zone = zone or timezone.get_current_timezone()
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def day_end(day: date, zone: tzinfo | None = None) -> datetime:
    """The first moment after a day."""
    return day_begin(day + timedelta(days=1), zone)


def today(zone: tzinfo | None = None) -> date:
    """The day it is in `zone` (the current one), as of `asked_now`."""
    return timezone.localdate(asked_now(), timezone=zone)


def last_day(until: datetime, zone: tzinfo | None = None) -> date:
    """The last day on which something counts that counts before this moment."""
    return timezone.localtime(until - timedelta(microseconds=1), zone).date()


def ends_a_day(until: datetime, zone: tzinfo | None = None) -> bool:
    """Whether a day of `zone` ends at this moment, to the second: what was entered as a day."""
    return day_end(last_day(until, zone), zone) - until <= timedelta(seconds=1)


def day_words(day: date) -> str:
    """2026-11-22"""
    return day.isoformat()[:10]


def month_words(month: date) -> str:
    """The month of a day: November 2026"""
    return date_format(month, "F Y")


def day_heading(day: date) -> str:
    """A day that stands above others: Sunday, 2026-11-22"""
    return _heading(day, get_language())


@lru_cache(maxsize=256)
def _heading(day: date, language: str | None) -> str:
    return date_format(day, "l, Y-m-d")


def moment_words(at: datetime | None, zone: tzinfo | None = None) -> str:
    """2026-11-22 10:32 by the clocks of `zone` (the current one); "" where there is none."""
    return _written(at, zone)[:16] if at else ""


def second_words(at: datetime | None, zone: tzinfo | None = None) -> str:
    """2026-11-22 10:32:05, where minutes are too coarse."""
    return _written(at, zone)[:19] if at else ""


def clock_words(at: datetime, zone: tzinfo | None = None) -> str:
    """10:32"""
    return _written(at, zone)[11:16]


def exact_clock_words(at: datetime, zone: tzinfo | None = None) -> str:
    """10:32:05"""
    return _written(at, zone)[11:19]


def _written(at: datetime, zone: tzinfo | None) -> str:
    """2026-11-22 10:32:05 and what follows. Not by patterns, which take ten times as long: a page
    has hundreds of moments. At the ends of the calendar a zone may have no clock for it: there it
    is that of UTC.
    """
    try:
        local = timezone.localtime(at, zone)
    except OverflowError:
        local = at
    return local.isoformat(" ", "seconds")


def day_of_words(at: datetime | None, zone: tzinfo | None = None) -> str:
    """The day of a moment; "" where there is none."""
    return day_words(timezone.localtime(at, zone).date()) if at else ""


def until_words(until: datetime | None, zone: tzinfo) -> str:
    """Until when something counts: the last day where it ends with a day of `zone`, else the
    moment; "" where it has no end.
    """
    if until is None:
        return ""
    if ends_a_day(until, zone):
        return day_words(last_day(until, zone))
    return moment_words(until, zone)


def until_value(until: datetime | None, zone: tzinfo) -> date | datetime | None:
    """The same for a file: a day, or the moment as the clocks of `zone` show it, without a zone."""
    if until is None:
        return None
    if ends_a_day(until, zone):
        return last_day(until, zone)
    return timezone.localtime(until, zone).replace(tzinfo=None)


def zone_words() -> str:
    """The current zone, as it stands at the head of a column."""
    return timezone.get_current_timezone_name()


def with_zone(label: object, zone: str) -> str:
    """The head of a column of times in a file."""
    return _("%(label)s (%(zone)s)") % {"label": label, "zone": zone}
