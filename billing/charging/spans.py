"""The time a list of calls is about: never without bounds, for calls are many. Plain functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.kit.moments import day_begin, day_end, today

MOST_DAYS = 31
# How far the global search looks back.
SEARCHED = timedelta(days=30)
_AHEAD = timedelta(hours=1)


class Period(models.TextChoices):
    """What is offered beside the last 24 hours."""

    HOUR = "hour", _("1 hour")
    TODAY = "today", _("Today")
    YESTERDAY = "yesterday", _("Yesterday")
    WEEK = "week", _("7 days")
    MONTH = "month", _("30 days")


_LENGTHS: Mapping[str, timedelta] = {
    Period.HOUR: timedelta(hours=1),
    Period.WEEK: timedelta(days=7),
    Period.MONTH: timedelta(days=30),
}


@dataclass(frozen=True)
class Span:
    """From a moment until, and without, another one."""

    begin: datetime
    end: datetime

    @property
    def is_too_long(self) -> bool:
        # An hour more, where clocks were put back.
        return self.end - self.begin > timedelta(days=MOST_DAYS, hours=1)


def span_of(period: str, since: date | None, until: date | None, now: datetime) -> Span:
    """What is asked for: days of the current zone go before a period, and neither of them means the
    last 24 hours. A day without the other one is the beginning or the end of a week.
    """
    # Clocks of switches are a little ahead.
    end = now + _AHEAD
    week = timedelta(days=6)
    if since or until:
        if since is None:
            assert until is not None
            return Span(day_begin(until - week), day_end(until))
        return Span(day_begin(since), day_end(max(since, until or since + week)))
    if period == Period.TODAY:
        return Span(day_begin(today()), day_end(today()))
    if period == Period.YESTERDAY:
        yesterday = today() - timedelta(days=1)
        return Span(day_begin(yesterday), day_end(yesterday))
    length = _LENGTHS.get(period, timedelta(days=1))
    return Span(now - length, end)
