"""What the volume of a month earns (docs/domain.md 7). Plain functions, no database."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_PARTS = 10_000


def discount_of(tiers: Sequence[tuple[int, int]], billed: int) -> int:
    """The discount, in hundredths of a percent, for so many billed seconds: that of the largest
    tier (minutes, discount) which is reached.
    """
    reached = [tier for tier in tiers if billed >= tier[0] * 60]
    return max(reached)[1] if reached else 0


def next_tier(tiers: Sequence[tuple[int, int]], billed: int) -> tuple[int, int] | None:
    """The smallest tier (minutes, discount) that so many billed seconds do not reach."""
    return min((tier for tier in tiers if billed < tier[0] * 60), default=None)


def earned(charges: int, discount: int) -> int:
    """The discount on a month's charges in micro-units, rounded half up."""
    return (charges * discount + _PARTS // 2) // _PARTS


def month_of(moment: datetime, zone: ZoneInfo) -> date:
    """The first day of the month that it lies in by the clocks of a zone."""
    return moment.astimezone(zone).date().replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    year, number = divmod(month.year * 12 + month.month, 12)
    return date(year, number + 1, 1)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def begin_of(month: date, zone: ZoneInfo) -> datetime:
    """When a month begins by the clocks of a zone."""
    return datetime(month.year, month.month, 1, tzinfo=zone)
