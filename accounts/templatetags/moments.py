"""Days and moments in templates, written as everywhere: accounts/kit/moments.py."""

from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from django import template

from accounts.kit import moments

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    """{{ at|moment }}: 2026-11-22 10:32 by the viewer's clock."""
    return moments.moment_words(at)


@register.filter
def second(at: datetime | None) -> str:
    """{{ at|second }}: 2026-11-22 10:32:05."""
    return moments.second_words(at)


@register.filter
def clock(at: datetime) -> str:
    """{{ at|clock }}: 10:32."""
    return moments.clock_words(at)


@register.filter
def day(one: date | datetime | None) -> str:
    """{{ day|day }}: 2026-11-22; of a moment, by the viewer's clock."""
    if isinstance(one, datetime):
        return moments.day_of_words(one)
    return moments.day_words(one) if one else ""


@register.filter
def day_heading(one: date) -> str:
    """{{ day|day_heading }}: Sunday, 2026-11-22; of a moment in the viewer's zone too."""
    return moments.day_heading(one)


@register.filter
def until(at: datetime | None, zone: str | tzinfo) -> str:
    """{{ at|until:zone }}: the last day, or the moment, until which something counts."""
    return moments.until_words(at, ZoneInfo(zone) if isinstance(zone, str) else zone)


@register.simple_tag
def zone() -> str:
    """{% zone %}: the viewer's time zone, for the head of a column of times."""
    return moments.zone_words()
