"""What calls bring in by the days of a period's zone, from days of accounts in that zone and
quarters of an hour of others.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import (
    BooleanField,
    DateField,
    DateTimeField,
    F,
    Func,
    IntegerField,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast

from accounts.core.models import Account
from accounts.kit.moments import day_begin
from accounts.kit.prepared import Prepared
from billing.charging.models import DayTotal, PlatformQuarter
from billing.reports.figures import Figures, Income
from billing.reports.periods import Period, Span
from billing.reports.queries.figures import SUMS, Rows, paid_totals, totals_below, united

_BELOW, _PAID, _PLATFORM = range(3)


def income_by_day(whose: Account | None, period: Period) -> Mapping[date, Income]:
    """What those directly below paid, what it paid itself, and its own calls, for each day of the
    period's zone that has any; ask with `period.with_before` for both. One query.
    """
    begins = (_begins(period),) if _is_numbered() else ()
    moments = period.begin, period.end, *begins
    if whose is None:
        rows = _OF_PLATFORM.rows(None, *moments)
    else:
        days = (period.first, period.until, period.zone_key) if period.is_of_days else ()
        is_own_zone = whose.time_zone == period.zone_key
        rows = _OF_AGENT.rows((len(begins), is_own_zone), *moments, *days, whose.pk)
    found: dict[date, Income] = {}
    days_of = list(period.days())
    for part, flag, day, at, *sums in rows:
        here = day or _day_of(at, days_of, period.zone)
        found[here] = found.get(here, Income()) + _income(part, bool(flag), Figures(*sums))
    return found


def _income(part: int, flag: bool, one: Figures) -> Income:
    if part == _PAID:
        return Income(own=one) if flag else Income(bought=one)
    # Of the platform `flag` tells what its carriers get.
    return Income(bought=one) if flag else Income(sold=one)


def _day_of(at: int | datetime, days: Sequence[date], zone: ZoneInfo) -> date:
    """The day that is meant by its number, counted from 1, or by a quarter of an hour."""
    return days[at - 1] if isinstance(at, int) else at.astimezone(zone).date()


# --- The statements -------------------------------------------------------------------------------


def _of_platform(_shape: Any, begin: datetime, end: datetime, *begins: str) -> Rows:
    rows = PlatformQuarter.objects.filter(quarter__gte=begin, quarter__lt=end)
    return _arm(rows, _PLATFORM, begins, flag=F("is_cost"))


def _of_agent(shape: tuple[int, bool], *values: Any) -> Rows:
    numbered, is_own_zone = shape
    begin, end, *rest, own = values
    begins, days = rest[:numbered], rest[numbered:]
    span = Span(begin, end, *days)
    paid = paid_totals(own, span, is_own_zone=is_own_zone)
    return united(
        [
            *(_arm(one, _BELOW, begins) for one in totals_below(own, span, is_cost=False)),
            _arm(paid, _PAID, begins, flag=F("is_own")),
        ]
    )


_OF_PLATFORM = Prepared(_of_platform)
_OF_AGENT = Prepared(_of_agent)


def _arm(rows: Rows, part: int, begins: Sequence[str], *, flag: Any = None) -> Rows:
    is_days = rows.model is DayTotal
    of_moment = IntegerField() if begins else DateTimeField()
    nothing: Any = Cast(Value(None), of_moment)
    grouped: Any = rows.order_by().values(
        of_part=Value(part),
        of_flag=Value(False, output_field=BooleanField()) if flag is None else flag,
        of_day=F("day") if is_days else Cast(Value(None), DateField()),
        of_moment=nothing if is_days else _moment(begins),
    )
    sums = {f"sum_{name}": Sum(name) for name in SUMS}
    columns = ("of_part", "of_flag", "of_day", "of_moment")
    found: Rows = grouped.annotate(**sums).values_list(*columns, *sums)
    return found


def _moment(begins: Sequence[str]) -> Any:
    """Which day of the period a quarter of an hour falls on, counted from 1: PostgreSQL answers a
    row a day instead of one a quarter.
    """
    if not begins:
        return F("quarter")
    return Func(
        F("quarter"),
        Value(begins[0], output_field=TextField()),
        template="width_bucket(%(expressions)s::timestamptz[])",
        output_field=IntegerField(),
    )


def _is_numbered() -> bool:
    return connection.vendor == "postgresql"


def _begins(period: Period) -> str:
    """When its days begin, as one value."""
    moments = (day_begin(one, period.zone).isoformat() for one in period.days())
    return f"{{{','.join(moments)}}}"
