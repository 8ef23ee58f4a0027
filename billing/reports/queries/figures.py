"""The figures of calls, read from the running totals that charging keeps: nothing here reads a
call. The setup of a call says which day it belongs to.

Whose: an account that was found within the scope, or None for the platform. Where the days of a
period are those of an account's own zone they are read from its days, else from quarters of an
hour. What was paid below an agent is found by the agent of the moment, so that its income stays
what it was when accounts move away; what was paid to the platform is kept added up.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.prepared import Prepared
from billing.charging.models import (
    DayTotal,
    GatewayTotal,
    PlatformDay,
    PlatformQuarter,
    QuarterTotal,
    TopDay,
)
from billing.reports.figures import NONE, Beside, Figures, Income, summed
from billing.reports.periods import Period, Span
from billing.wallets.models import Standing

SUMS = ("legs", "answered", "seconds", "billed", "amount")
# Of a total in which an account stands without an agent.
NOBODY = 0
# The platform as a whole, where accounts stand by their keys.
_SOLD, _COST = -1, -2
_NUMBER = BigIntegerField()
_OF_DAYS = (DayTotal, PlatformDay, TopDay)

Rows = QuerySet[Any, Any]
Key = Hashable


def income(whose: Account | None, period: Period) -> Beside[Income]:
    """What those directly below paid, what it paid itself, and its own calls; with the period
    before. Two queries, of the platform one.
    """
    found = _income(whose, period.with_before, ("is_now",), period)
    return Beside(found.get((True,), Income()), found.get((False,), Income()))


def income_by_destination(whose: Account | None, period: Period) -> Beside[Mapping[str, Income]]:
    """The same by destination, each account's by the name its own rates have for it; "": what cost
    it nothing. Of whole days alone: those of each account's own zone. Two queries, of the platform
    one.
    """
    found = _income(whose, period.with_before, ("is_now", "destination"), period)
    return _split(found)


def sold_by_destination(whose: Account, period: Period) -> Beside[Mapping[str, Figures]]:
    """What those directly below an agent paid by destination, as their rates name it, on days of
    their zones; `bought` is the agent's own price of the same legs. One query.
    """
    rows = [one.filter(is_cost=False) for one in _below_in_days(whose, period.with_before)]
    return _split(read_sums(rows, ("is_now", "destination"), period, has_bought=True))


def sold_by_account(whose: Account | None, period: Period) -> Beside[Mapping[int, Figures]]:
    """What each account paid while it stood directly below, by its key: names are for who reaches
    it. `bought` is the own price of the same legs, of the platform the carriers' cost. One query.
    """
    both = period.with_before
    moments = both.begin, both.end, period.begin
    days = (period.first, both.first, both.until, both.zone_key) if both.is_of_days else ()
    own = () if whose is None else (whose.pk,)
    rows = _SOLD_BELOW.rows(whose is None, *moments, *days, *own)
    return _split(_added(rows, _BY_ACCOUNT, has_bought=True))


def _sold(is_platform: bool, *values: Any) -> Rows:
    begin, end, now, *rest = values
    whose = None if is_platform else rest.pop()
    # Of moments between days no day is asked.
    today, *days = rest or (date.min,)
    both = Span(begin, end, *days)
    of_now = both._replace(begin=now, first=today)
    rows = totals_below(whose, both, is_cost=False)
    return united([_grouped(one, _BY_ACCOUNT, of_now, has_bought=True) for one in rows])


_BY_ACCOUNT = ("is_now", "account_id")


def income_by_root(period: Period) -> Beside[Mapping[Any, Income]]:
    """What each top-level account paid, and carriers' cost of its calls, by its key; under `NOBODY`
    what the platform came to besides, so that the sum is the platform's. A matter of
    administrators. One query: what is charged meanwhile is in all of it, or in nothing.
    """
    both = period.with_before
    every = _quarters(both, PlatformQuarter).annotate(
        account_id=Case(When(is_cost=True, then=_COST), default=_SOLD, output_field=_NUMBER),
        bought=Value(0, output_field=_NUMBER),
    )
    rows = [*totals_below(None, both, is_cost=False), every]
    found = _split(read_sums(rows, ("is_now", "account_id"), period, has_bought=True))
    return Beside(_with_rest(found.now), _with_rest(found.before))


def _with_rest(found: dict[int, Figures]) -> Mapping[Any, Income]:
    sold, cost = found.pop(_SOLD, NONE), found.pop(_COST, NONE)
    known = summed(found.values())
    rest = replace(sold, bought=cost.amount) - known
    return {pk: one.with_price for pk, one in (*found.items(), (NOBODY, rest))}


def cost_by_carrier(period: Period) -> Beside[Mapping[int, Figures]]:
    """What each clearing account is owed, by its key: a matter of administrators. Legs count at
    gateways, not here. One query.
    """
    keys = ("is_now", "account_id")
    return _split(read_sums(totals_below(None, period.with_before, is_cost=True), keys, period))


def paid(account: Account, period: Period) -> Beside[Figures]:
    """What an account paid for all calls of its hierarchy, its own included. One query."""
    found = read_sums(_paid(account, period.with_before), ("is_now",), period)
    return Beside(found.get((True,), NONE), found.get((False,), NONE))


def paid_by_destination(account: Account, period: Period) -> Mapping[str, Figures]:
    """The same by destination, as its own rates name them, of days of its own zone; of a clearing
    account what it is owed. One query.
    """
    is_cost = account.type == Account.Type.CLEARING
    rows = _days(period).filter(account_id=account.pk, is_cost=is_cost)
    found = read_sums([rows], ("destination",))
    return {str(name): one for (name,), one in found.items()}


def paid_by_each(accounts: AccountQuerySet, period: Period) -> Mapping[int, Figures]:
    """What each of these accounts paid for its hierarchy, by key. One query."""
    days, *quarters = _in_zones(period, accounts)
    rows = [days, *quarters]
    if period.is_of_days:
        # What it paid at the top level is kept without destinations.
        rows = [days.filter(agent_id__gt=NOBODY), _in_days(TopDay, period, accounts), *quarters]
    found = read_sums([one.filter(is_cost=False) for one in rows], ("account_id",))
    return {key: one for (key,), one in found.items() if isinstance(key, int)}


def paid_by_one(account: Account, period: Period) -> Figures:
    """What this account paid for its hierarchy. One query."""
    found = paid_by_each(Account.objects.filter(pk=account.pk), period)
    return found.get(account.pk, NONE)


def quality_by_hour(
    whose: Account | None, period: Period
) -> Beside[Mapping[tuple[int, int], Figures]]:
    """Legs by weekday (0 is Monday) and hour in the period's zone, with the period before; of an
    account those of its hierarchy, of the platform all. One query.
    """
    if whose is None:
        rows = _quarters(period.with_before, PlatformQuarter)
    else:
        rows = _quarters(period.with_before).filter(account_id=whose.pk)
    rows = rows.filter(is_cost=False)
    sides: Beside[dict[tuple[int, int], Figures]] = Beside({}, {})
    for (quarter,), one in read_sums([rows], ("quarter",)).items():
        assert isinstance(quarter, datetime)
        side = sides.now if quarter >= period.begin else sides.before
        local = quarter.astimezone(period.zone)
        key = (local.weekday(), local.hour)
        side[key] = side.get(key, NONE) + one
    return Beside(sides.now, sides.before)


# --- Which totals ---------------------------------------------------------------------------------


def _days(period: Period | Span, model: Any = DayTotal) -> Rows:
    found: Rows = model.objects.filter(day__gte=period.first, day__lt=period.until)
    return found


def _quarters(period: Period | Span, model: Any = QuarterTotal) -> Rows:
    found: Rows = model.objects.filter(quarter__gte=period.begin, quarter__lt=period.end)
    return found


def paid_totals(account: int, period: Period | Span, *, is_own_zone: bool) -> Rows:
    """Totals of what an account, by its key, paid, its own calls and those below it. `is_own_zone`:
    its days are those of the period.
    """
    rows = _days(period) if period.is_of_days and is_own_zone else _quarters(period)
    return rows.filter(account_id=account, is_cost=False)


def _paid(account: Account, period: Period) -> list[Rows]:
    is_own_zone = account.time_zone == period.zone_key
    return [paid_totals(account.pk, period, is_own_zone=is_own_zone)]


def totals_below(whose: int | None, period: Period | Span, **more: Any) -> list[Rows]:
    """Totals of accounts of the time in which they stood directly below one, by its key."""
    agent = NOBODY if whose is None else whose
    rows = [one.filter(agent_id=agent) for one in _in_zones(period, stood_below(whose))]
    if whose is None and period.is_of_days:
        rows[0] = _in_days(TopDay, period, stood_below(None))
    return [one.filter(**more) for one in rows]


def _in_zones(period: Period | Span, accounts: AccountQuerySet) -> list[Rows]:
    """Days of those of these accounts whose zone is the period's, quarters of the others."""
    here = accounts.order_by().values("pk")
    if not period.is_of_days:
        return [_quarters(period).filter(account_id__in=here)]
    elsewhere = here.exclude(time_zone=period.zone_key)
    return [
        _in_days(DayTotal, period, accounts),
        _quarters(period).filter(account_id__in=elsewhere),
    ]


def _in_days(model: Any, period: Period | Span, accounts: AccountQuerySet) -> Rows:
    here = accounts.order_by().filter(time_zone=period.zone_key)
    return _days(period, model).filter(account_id__in=here.values("pk"))


def stood_below(whose: int | None) -> AccountQuerySet:
    """Accounts that stand directly below one, by its key, or ever did. By these totals are found in
    an index: as accounts, or PostgreSQL reads the totals of everybody.
    """
    stood = Standing.objects.filter(agent=whose).order_by().values("account_id")
    return Account.objects.filter(pk__in=stood).order_by()


# --- Sums -----------------------------------------------------------------------------------------


def _income(
    whose: Account | None,
    period: Period,
    by: tuple[str, ...],
    now: Period,
) -> dict[tuple[Key, ...], Income]:
    """Incomes by these keys; `is_now` tells the period `now` from what comes before it."""
    has_days_only = "destination" in by
    found: dict[tuple[Key, ...], Income] = {}

    def add(sources: list[Rows], keys: tuple[str, ...], made: Callable[..., Income]) -> None:
        for key, one in read_sums(sources, (*by, *keys), now).items():
            rest, flags = key[: len(by)], key[len(by) :]
            found[rest] = found.get(rest, Income()) + made(one, *flags)

    if whose is None:
        kept = _days(period, PlatformDay) if has_days_only else _quarters(period, PlatformQuarter)
        add([kept], ("is_cost",), _of_platform)
        return found
    below = _below_in_days(whose, period) if has_days_only else totals_below(whose.pk, period)
    add([one.filter(is_cost=False) for one in below], (), lambda one: Income(sold=one))
    own = [_days(period).filter(account_id=whose.pk, is_cost=False)]
    add(own if has_days_only else _paid(whose, period), ("is_own",), _of_account)
    return found


def _below_in_days(whose: Account, period: Period) -> list[Rows]:
    """The same by days of each account's own zone, which alone know destinations."""
    below = stood_below(whose.pk).values("pk")
    return [_days(period).filter(account_id__in=below, agent_id=whose.pk)]


def _of_platform(one: Figures, is_cost: bool) -> Income:
    return Income(bought=one) if is_cost else Income(sold=one)


def _of_account(one: Figures, is_own: bool) -> Income:
    return Income(own=one) if is_own else Income(bought=one)


def read_sums(
    sources: list[Rows],
    keys: tuple[str, ...],
    now: Period | None = None,
    *,
    has_bought: bool = False,
) -> dict[tuple[Key, ...], Figures]:
    """The sums of totals by these keys: columns, and `is_now`. `has_bought`: with what the level
    above paid for them. One query.
    """
    rows = united([_grouped(one, keys, now, has_bought) for one in sources])
    return _added(rows, keys, has_bought=has_bought)


def united(read: list[Rows]) -> Rows:
    """All their rows, asked for at once."""
    first, *rest = read
    return first.union(*rest, all=True) if rest else first


def _added(
    rows: Iterable[tuple[Any, ...]], keys: tuple[str, ...], *, has_bought: bool
) -> dict[tuple[Key, ...], Figures]:
    found: dict[tuple[Key, ...], Figures] = {}
    for row in rows:
        whose, sums = row[: len(keys)], row[len(keys) :]
        one = Figures(*sums[: len(SUMS)]) if has_bought else Figures(*sums)
        if has_bought:
            one = replace(one, bought=sums[-1])
        found[whose] = found[whose] + one if whose in found else one
    return found


def _grouped(
    rows: Rows, keys: tuple[str, ...], now: Period | Span | None, has_bought: bool
) -> Rows:
    is_days = rows.model in _OF_DAYS
    if now is not None and "is_now" in keys:
        rows = rows.annotate(is_now=_is_now(now, is_days))
    names = (*SUMS, "sold") if rows.model is GatewayTotal else SUMS
    names = (*names, "bought") if has_bought else names
    sums = {f"sum_{name}": Sum(name) for name in names}
    grouped: Any = rows.order_by().values(*keys).annotate(**sums)
    found: Rows = grouped.values_list(*keys, *sums)
    return found


def _is_now(period: Period | Span, is_days: bool) -> Any:
    begins = Q(day__gte=period.first) if is_days else Q(quarter__gte=period.begin)
    return Case(When(begins, then=True), default=False, output_field=BooleanField())


def _split(found: Mapping[tuple[Key, ...], Any]) -> Beside[Any]:
    """By what stands behind `is_now`."""
    sides = [
        {key[1]: one for key, one in found.items() if bool(key[0]) is is_now}
        for is_now in (True, False)
    ]
    return Beside(*sides)


_SOLD_BELOW = Prepared(_sold)
