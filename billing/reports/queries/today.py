"""What dashboards say of calls, read in one statement: today beside yesterday, an account's own
days, and what each top-level account paid. What each figure means is said in `figures.py`,
which totals are whose in `queries/figures.py`.
"""

from collections.abc import Iterable, Mapping
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
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

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
    """A period as days, and as quarters of an hour."""

    first: date
    until: date
    begin: datetime
    end: datetime


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
    return _added(_PLATFORM.rows(pace.zone.key, *_today(now, pace.zone), *_pace(pace), *paid))


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
    return _Pace(pace.first, pace.until, pace.begin, pace.end)


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


def _platform(zone: str, *values: Any) -> Rows:
    today, pace = _Today(*values[:4]), _Pace(*values[4:8])
    sold = _so_far(today, PlatformQuarter)
    return _united(
        _arm(sold, _SOLD, is_now=_is_now(today), flag=F("is_cost")),
        _paid(*values[8:]),
        *_each(pace, zone),
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


# Which zone it is, is part of the text: most accounts have the same, and a plan that is made for
# any reads the quarters of everybody for the few that have another.
_PLATFORM = Prepared(_platform, is_spelled_out=True)
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


def _each(pace: _Pace, zone: str) -> list[Rows]:
    """Days of those whose zone is that of the period, quarters of the others. Who does not pay for
    calls any more is left out where they are named.
    """
    top = Account.objects.filter(parent=None).order_by()
    here, elsewhere = top.filter(time_zone=zone), top.exclude(time_zone=zone)
    quarters = QuarterTotal.objects.filter(quarter__gte=pace.begin, quarter__lt=pace.end)
    sources = [(quarters, elsewhere), (_days(TopDay, pace), here)]
    return [
        _who_moved(here, pace),
        *(
            _arm(rows.filter(account_id__in=of.values("pk"), is_cost=False), _BY_ACCOUNT,
                 account=F("account_id"))
            for rows, of in sources
        ),
    ]  # fmt: skip


def _who_moved(top: Rows, pace: _Pace) -> Rows:
    """What those paid below an agent who did stand below one: at the top level is kept without
    destinations. They are few, and each is asked for its own, in an index; asked for all of them,
    PostgreSQL reads the standings of everybody, and what everybody paid.
    """
    stood = Standing.objects.filter(account=OuterRef("pk"), agent__isnull=False).order_by()
    moved = top.alias(stood=Subquery(stood.values("pk")[:1])).filter(stood__isnull=False)
    paid = _days(DayTotal, pace).filter(account_id=OuterRef("pk"), agent_id__gt=NOBODY)
    own = paid.filter(is_cost=False).order_by().values("account_id")
    sums = {
        name: Coalesce(Subquery(own.annotate(all=Sum(name)).values("all")), 0, output_field=_BIG)
        for name in SUMS
    }
    return _arm(moved, _BY_ACCOUNT, account=F("pk"), sums=sums)


def _days(model: Any, pace: _Pace) -> Rows:
    found: Rows = model.objects.filter(day__gte=pace.first, day__lt=pace.until)
    return found


def _paid(begin: datetime, end: datetime) -> Rows:
    came_in = Case(When(amount__gt=0, then=True), default=False, output_field=BooleanField())
    return _arm(payments_between(begin, end), _PAID, flag=came_in, sums={"amount": Sum("amount")})


_BIG: Any = BigIntegerField()
_NONE = Value(0, output_field=_BIG)
_ALL: Mapping[str, Any] = {name: Sum(name) for name in SUMS}


def _arm(
    rows: Rows, part: int, *, is_now: Any = None, flag: Any = None, account: Any = None,
    day: Any = None, sums: Mapping[str, Any] = _ALL,
) -> Rows:  # fmt: skip
    no = Value(False, output_field=BooleanField())
    grouped: Any = rows.order_by().values(
        of_part=Value(part),
        of_now=no if is_now is None else is_now,
        of_flag=no if flag is None else flag,
        of_account=Value(NOBODY, output_field=_BIG) if account is None else account,
        of_day=Cast(Value(None), DateField()) if day is None else day,
    )
    named = {f"sum_{name}": sums.get(name, _NONE) for name in SUMS}
    found: Rows = grouped.annotate(**named).values_list(*_COLUMNS, *named)
    return found


_COLUMNS = ("of_part", "of_now", "of_flag", "of_account", "of_day")


def _united(first: Rows, *rest: Rows) -> Rows:
    return first.union(*rest, all=True)
