"""What dashboards say of calls, read in one statement: today beside yesterday, an account's own
days, and what each top-level account paid. What each figure means is said in `figures.py`,
which totals are whose in `queries/figures.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DateField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast

from accounts.core.models import Account
from accounts.kit.moments import day_begin, day_end
from accounts.kit.prepared import Prepared
from billing.charging.models import DayTotal, PlatformQuarter, QuarterTotal, TopDay
from billing.ledger.queries.entries import payments_between
from billing.reports.figures import NONE, Beside, Figures, Income
from billing.reports.periods import Period, so_far
from billing.reports.queries.figures import NOBODY, SUMS, stood_below
from billing.wallets.models import Standing

Rows = QuerySet[Any, Any]

# What a row adds to.
_SOLD, _OWN, _BY_DAY, _BY_ACCOUNT, _PAID = 1, 2, 3, 4, 5


@dataclass
class Called:
    """`income` of today so far, beside yesterday up to the same time; what an account paid itself
    `by_day`; of the platform what each top-level account paid, `by_account`, by key, and what
    payments moved today, `paid_in` and (below zero) `paid_out`.
    """

    income: Beside[Income] = field(default_factory=lambda: Beside(Income(), Income()))
    by_day: dict[date, Figures] = field(default_factory=dict)
    by_account: dict[int, Figures] = field(default_factory=dict)
    paid_in: Decimal = Decimal(0)
    paid_out: Decimal = Decimal(0)


class _Today(NamedTuple):
    """The quarters of today, and of as much of yesterday."""

    begin: datetime
    end: datetime
    before: datetime
    until: datetime


class _Pace(NamedTuple):
    """A period as days of a zone, and as quarters of an hour."""

    first: date
    until: date
    begin: datetime
    end: datetime
    zone: str


class _Own(NamedTuple):
    """Days of an account's own zone."""

    first: date
    until: date
    account: int


def called_on_platform(now: datetime, pace: Period) -> Called:
    """Of the platform, by the clocks of the zone of `pace`. One query."""
    # The pace is taken from the days before today.
    day = pace.until
    paid = day_begin(day, pace.zone), day_end(day, pace.zone)
    return _added(_PLATFORM.rows((), *_today(now, pace.zone), *_pace(pace), *paid))


def called_below(agent: Account, now: datetime, own: Period) -> Called:
    """Of an agent, whose zone is that of the period. One query."""
    days = _Own(own.first, own.until, agent.pk)
    return _added(_AGENT.rows((), *_today(now, own.zone), *days))


def called_by(account: Account, own: Period) -> Called:
    """Of an account with nobody below: days of its own zone alone. One query."""
    return _added(_ACCOUNT_DAYS.rows((), own.first, own.until, account.pk))


def _today(now: datetime, zone: ZoneInfo) -> _Today:
    today, yesterday = so_far(now, zone)
    return _Today(today.begin, today.end, yesterday.begin, yesterday.end)


def _pace(pace: Period) -> _Pace:
    return _Pace(pace.first, pace.until, pace.begin, pace.end, pace.zone.key)


def _added(rows: Iterable[tuple[Any, ...]]) -> Called:
    found = Called()
    sides = {True: Income(), False: Income()}
    for part, is_now, flag, account, day, *sums in rows:
        one = Figures(*sums)
        if part == _SOLD:
            # Of the platform `flag` tells what its carriers get.
            sides[bool(is_now)] += Income(bought=one) if flag else Income(sold=one)
        elif part == _OWN:
            sides[bool(is_now)] += Income(own=one) if flag else Income(bought=one)
        elif part == _BY_DAY:
            found.by_day[day] = one
        elif part == _PAID:
            found.paid_in, found.paid_out = (
                (one.amount, found.paid_out) if flag else (found.paid_in, one.amount)
            )
        else:
            found.by_account[account] = found.by_account.get(account, NONE) + one
    found.income = Beside(sides[True], sides[False])
    return found


# --- The statements -------------------------------------------------------------------------------


def _platform(_shape: Any, *values: Any) -> Rows:
    today, pace = _Today(*values[:4]), _Pace(*values[4:9])
    sold = _so_far(today, PlatformQuarter)
    return _united(
        _arm(sold, _SOLD, is_now=_is_now(today), flag=F("is_cost")),
        _paid(*values[9:]),
        *_each(pace),
    )


def _agent(_shape: Any, *values: Any) -> Rows:
    today, own = _Today(*values[:4]), _Own(*values[4:])
    totals = _so_far(today).filter(is_cost=False)
    below = stood_below(own.account).values("pk")
    sold = totals.filter(account_id__in=below, agent_id=own.account)
    bought = totals.filter(account_id=own.account)
    return _united(
        _arm(sold, _SOLD, is_now=_is_now(today)),
        _arm(bought, _OWN, is_now=_is_now(today), flag=F("is_own")),
        _by_day(own),
    )


def _account_days(_shape: Any, *values: Any) -> Rows:
    return _by_day(_Own(*values))


_PLATFORM = Prepared(_platform)
_AGENT = Prepared(_agent)
_ACCOUNT_DAYS = Prepared(_account_days)


def _so_far(today: _Today, model: Any = QuarterTotal) -> Rows:
    between = Q(quarter__lt=today.until) | Q(quarter__gte=today.begin)
    rows: Rows = model.objects.filter(between, quarter__gte=today.before, quarter__lt=today.end)
    return rows


def _is_now(today: _Today) -> Any:
    begun = When(quarter__gte=today.begin, then=True)
    return Case(begun, default=False, output_field=BooleanField())


def _by_day(own: _Own) -> Rows:
    days = DayTotal.objects.filter(account_id=own.account, is_cost=False)
    return _arm(days.filter(day__gte=own.first, day__lt=own.until), _BY_DAY, day=F("day"))


def _each(pace: _Pace) -> list[Rows]:
    """Days of those whose zone is that of the period, quarters of the others. Who does not pay for
    calls any more is left out where they are named.
    """
    top = Account.objects.filter(parent=None).order_by().values("pk")
    here, elsewhere = top.filter(time_zone=pace.zone), top.exclude(time_zone=pace.zone)
    quarters = QuarterTotal.objects.filter(quarter__gte=pace.begin, quarter__lt=pace.end)
    below_before = Standing.objects.filter(account=OuterRef("pk"), agent__isnull=False)
    sources = [
        # What it paid at the top level is kept without destinations; below an agent only who moved
        # ever paid, which are few: for all of them the days of everybody would be read.
        (_days(DayTotal, pace).filter(agent_id__gt=NOBODY), here.filter(Exists(below_before))),
        (quarters, elsewhere),
        (_days(TopDay, pace), here),
    ]
    return [
        _arm(rows.filter(account_id__in=of, is_cost=False), _BY_ACCOUNT, account=True)
        for rows, of in sources
    ]


def _days(model: Any, pace: _Pace) -> Rows:
    found: Rows = model.objects.filter(day__gte=pace.first, day__lt=pace.until)
    return found


def _paid(begin: datetime, end: datetime) -> Rows:
    came_in = Case(When(amount__gt=0, then=True), default=False, output_field=BooleanField())
    return _arm(payments_between(begin, end), _PAID, flag=came_in, summed=("amount",))


def _arm(
    rows: Rows, part: int, *, is_now: Any = None, flag: Any = None, account: bool = False,
    day: Any = None, summed: tuple[str, ...] = SUMS,
) -> Rows:  # fmt: skip
    no = Value(False, output_field=BooleanField())
    grouped: Any = rows.order_by().values(
        of_part=Value(part),
        of_now=no if is_now is None else is_now,
        of_flag=no if flag is None else flag,
        of_account=F("account_id") if account else Value(NOBODY, output_field=BigIntegerField()),
        of_day=Cast(Value(None), DateField()) if day is None else day,
    )
    sums = {
        f"sum_{name}": Sum(name) if name in summed else Value(0, output_field=BigIntegerField())
        for name in SUMS
    }
    found: Rows = grouped.annotate(**sums).values_list(*_COLUMNS, *sums)
    return found


_COLUMNS = ("of_part", "of_now", "of_flag", "of_account", "of_day")


def _united(first: Rows, *rest: Rows) -> Rows:
    return first.union(*rest, all=True)
