"""Every figure beside a plain sum over legs and charges (docs/domain.md 9)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import actor_for
from accounts.core.models import Account
from billing.calls.models import Leg
from billing.charging.models import Charge
from billing.reports.figures import NONE, Figures, Income, income_summed, summed
from billing.reports.periods import Period, last_days, so_far
from billing.reports.queries.accounts import ending_below
from billing.reports.queries.by_day import income_by_day
from billing.reports.queries.figures import (
    cost_by_carrier,
    income,
    income_by_destination,
    paid,
    paid_by_destination,
    paid_by_each,
    quality_by_hour,
    sold_by_account,
)
from billing.reports.queries.today import called_below, called_by, called_on_platform
from billing.wallets.models import Standing
from tests.billing.reports.conftest import World, fresh
from tests.factories import UserFactory
from tests.factories.calls import cdr, charged
from tests.support.examples import examples

pytestmark = pytest.mark.django_db

ZONES = (
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/New_York",
    "Europe/Berlin", "UTC",
)  # fmt: skip
# Around the Sunday on which the clocks of New York go forward, and the move of a day later.
FIRST = datetime(2027, 3, 12, tzinfo=UTC)
CALLERS = ("Customer", "Mover", "Agent", "Neighbour", "Other")

calls = st.lists(
    st.tuples(
        st.sampled_from(CALLERS),
        st.sampled_from(("8801711000000", "442071838750")),
        # Quarters of an hour are where days begin; a second before is another day.
        st.integers(0, 5 * 96),
        st.sampled_from((-1, 0, 450)),
        st.sampled_from((0, 1, 59, 61)),
    ),
    min_size=1,
    max_size=14,
)
periods = st.builds(
    lambda first, length, zone: Period.of_days(
        date(2027, 3, 12) + timedelta(days=first),
        date(2027, 3, 12) + timedelta(days=first + length),
        ZoneInfo(zone),
    ),
    st.integers(-1, 5),
    st.integers(1, 4),
    st.sampled_from(ZONES),
)


@dataclass(frozen=True)
class Row:
    """What a leg is to one account."""

    account: int
    agent: int | None
    is_own: bool
    is_cost: bool
    setup: datetime
    destination: str
    figures: Figures


def rows() -> list[Row]:
    """Of every leg, from it and its charges alone."""
    found = []
    for leg in Leg.objects.all():
        charges = {(x.account_id, x.is_cost): x for x in Charge.objects.filter(leg_id=leg.pk)}
        chain = list(_chain(leg.account_id, leg.answer or leg.end))
        for level, (account, agent) in enumerate(chain):
            charge = charges.get((account, False))
            own = Figures(1, leg.answer is not None, leg.duration, *_money(charge))
            destination = charge.destination if charge else ""
            found.append(Row(account, agent, level == 0, False, leg.setup, destination, own))
        for (account, is_cost), charge in charges.items():
            if is_cost:
                cost = Figures(0, 0, leg.duration, *_money(charge))
                found.append(Row(account, None, True, True, leg.setup, charge.destination, cost))
    return found


def _money(charge: Charge | None) -> tuple[int, Decimal]:
    return (charge.billed, charge.amount) if charge else (0, Decimal(0))


def _chain(account: int, at: datetime) -> Iterator[tuple[int, int | None]]:
    current: int | None = account
    while current is not None:
        known = Standing.objects.filter(account=current).order_by("since")
        place = known.filter(since__lte=at).last() or known.first()
        assert place is not None
        yield current, place.agent_id
        current = place.agent_id


def total(some: list[Row], test: Callable[[Row], bool]) -> Figures:
    return summed(one.figures for one in some if test(one))


def expected(whose: Account | None, some: list[Row]) -> Income:
    if whose is None:
        return Income(
            total(some, lambda one: one.agent is None and not one.is_cost),
            total(some, lambda one: one.is_cost),
        )
    mine = [one for one in some if one.account == whose.pk and not one.is_cost]
    return Income(
        total(some, lambda one: one.agent == whose.pk),
        total(mine, lambda one: not one.is_own),
        total(mine, lambda one: one.is_own),
    )


def sold_at_its_price(of: Income) -> Figures:
    """What those directly below paid, beside what an agent paid itself for the same legs, or
    carriers are owed.
    """
    return replace(of.sold, bought=of.bought.amount)


def within(period: Period, some: list[Row]) -> list[Row]:
    return [one for one in some if period.begin <= one.setup < period.end]


def of_day(day: date, zone: ZoneInfo) -> Period:
    return Period.of_days(day, day + timedelta(days=1), zone)


def make_calls(made: list[Any]) -> None:
    records = []
    for at, (name, number, quarter, beside, seconds) in enumerate(made):
        setup = FIRST + timedelta(seconds=quarter * 900 + beside)
        record = cdr(
            f"c-{at}", account=name, callee=number, seconds=seconds,
            at=setup + timedelta(seconds=5), routing_gateway="out",
        )  # fmt: skip
        records.append(record)
    done = charged(*records)
    assert done.accepted == len(records)


@given(calls, periods)
@examples(25)
def test_every_figure_is_the_sum_over_its_legs_and_charges(
    world: World, made: list[Any], period: Period
) -> None:
    with transaction.atomic():
        make_calls(made)
        every = rows()
        now, before = within(period, every), within(period.before, every)
        for whose in (None, world.top, world.agent, world.sibling, world.customer):
            found = income(whose, period)
            assert found.now == expected(whose, now)
            assert found.before == expected(whose, before)
            by_day = income_by_day(whose, period.with_before)
            assert income_summed(by_day.values()) == found.now + found.before
            assert {day: by_day.get(day, Income()) for day in period.days()} == {
                day: expected(whose, within(of_day(day, period.zone), every))
                for day in period.days()
            }
            sold = sold_by_account(whose, period)
            assert summed(sold.now.values()) == sold_at_its_price(found.now)
            assert summed(sold.before.values()) == sold_at_its_price(found.before)
            hours = quality_by_hour(whose, period)
            sides = [one.sold if whose is None else one.paid for one in (found.now, found.before)]
            assert [summed(hours.now.values()), summed(hours.before.values())] == sides
        assert paid(world.agent, period).now == income(world.agent, period).now.paid
        each = paid_by_each(Account.objects.all(), period)
        own = [one for one in now if not one.is_cost]
        everybody = [one.pk for one in vars(world).values()]
        assert {pk: each.get(pk, NONE) for pk in everybody} == {
            pk: total(own, lambda row, pk=pk: row.account == pk)  # type: ignore[misc]
            for pk in everybody
        }
        costs = cost_by_carrier(period).now
        assert costs.get(world.carrier.pk, NONE) == total(now, lambda row: row.is_cost)
        transaction.set_rollback(True)


@given(calls, st.integers(0, 5 * 96 * 900), st.sampled_from(ZONES))
@examples(20)
def test_today_up_to_now_stands_beside_as_much_of_yesterday(
    world: World, made: list[Any], seconds: int, name: str
) -> None:
    now, zone = FIRST + timedelta(seconds=seconds), ZoneInfo(name)
    pace = last_days(now.astimezone(zone).date(), 3, zone)
    with transaction.atomic():
        make_calls(made)
        every = rows()
        today, yesterday = so_far(now, zone)
        assert today.begin <= now < today.end
        for whose in (None, world.top, world.agent):
            called = (
                called_on_platform(now, pace)
                if whose is None
                else called_below(fresh(whose), now, pace)
            )
            assert called.income.now == expected(whose, within(today, every))
            assert called.income.before == expected(whose, within(yesterday, every))
        direct = Account.objects.filter(parent=None, wallet__isnull=False)
        each = paid_by_each(direct.exclude(type=Account.Type.CLEARING), pace)
        assert called_on_platform(now, pace).by_account == each
        transaction.set_rollback(True)


@given(calls, st.integers(86400, 6 * 96 * 900), st.sampled_from(ZONES))
@examples(12)
def test_who_runs_dry_below_an_agent_is_told_by_what_each_paid(
    world: World, made: list[Any], seconds: int, name: str
) -> None:
    now, zone = FIRST + timedelta(seconds=seconds), ZoneInfo(name)
    pace = last_days(now.astimezone(zone).date(), 3, zone)
    with transaction.atomic():
        looks = actor_for(UserFactory(account=world.top))
        make_calls(made)
        found = ending_below(looks, pace, 3, 100)
        below = [world.agent, world.sibling, world.customer, world.mover, world.neighbour]
        spent = {
            one.pk: total(within(pace, rows()), lambda row, pk=one.pk: row.account == pk).amount  # type: ignore[misc]
            for one in below
        }
        assert {one.account.pk: one.figures.amount for one in found} == {
            pk: amount for pk, amount in spent.items() if amount
        }
        transaction.set_rollback(True)


@given(calls, st.integers(0, 5 * 96 * 900))
@examples(12)
def test_what_an_account_paid_itself_by_day(world: World, made: list[Any], seconds: int) -> None:
    now = FIRST + timedelta(seconds=seconds)
    with transaction.atomic():
        make_calls(made)
        for whose in (world.top, world.agent, world.customer):
            own = own_days(whose, now)
            found = [called_by(whose, own)]
            if whose != world.customer:
                found.append(called_below(fresh(whose), now, own))
            for called in found:
                assert {day: called.by_day.get(day, NONE) for day in own.days()} == {
                    day: paid(whose, of_day(day, own.zone)).now for day in own.days()
                }
                assert summed(called.by_day.values()) == paid(whose, own).now
        transaction.set_rollback(True)


def own_days(whose: Account, now: datetime) -> Period:
    """The days of a week around a moment, of the account's own zone."""
    zone = ZoneInfo(whose.time_zone)
    day = now.astimezone(zone).date()
    return Period.of_days(day - timedelta(days=4), day + timedelta(days=3), zone)


@given(calls, periods)
@examples(12)
def test_what_an_account_paid_by_destination(world: World, made: list[Any], period: Period) -> None:
    own = Period.of_days(period.first, period.until, ZoneInfo(world.agent.time_zone))
    with transaction.atomic():
        make_calls(made)
        by_name = paid_by_destination(world.agent, own)
        assert summed(by_name.values()) == paid(world.agent, own).now
        of_agent = [one for one in within(own, rows()) if one.account == world.agent.pk]
        assert by_name == {
            name: total(of_agent, lambda one, name=name: one.destination == name)  # type: ignore[misc]
            for name in by_name
        }
        transaction.set_rollback(True)


def test_a_carrier_is_owed_by_destination(world: World) -> None:
    charged(cdr("a", account="Customer", at=FIRST, routing_gateway="out"))
    days = Period.of_days(date(2027, 3, 1), date(2027, 4, 1), ZoneInfo("UTC"))
    (owed,) = paid_by_destination(world.carrier, days).values()
    assert owed == cost_by_carrier(days).now[world.carrier.pk]
    assert owed.amount > 0


@given(calls, st.integers(0, 4))
@examples(12)
def test_destinations_add_up_by_the_days_of_each_accounts_own_zone(
    world: World, made: list[Any], first: int
) -> None:
    with transaction.atomic():
        make_calls(made)
        every = rows()
        zones = dict(Account.objects.values_list("pk", "time_zone"))
        begin = date(2027, 3, 12) + timedelta(days=first)
        days = begin, begin + timedelta(days=1)
        own = [
            one
            for one in every
            if days[0] <= one.setup.astimezone(ZoneInfo(zones[one.account])).date() < days[1]
        ]
        for whose in (None, world.agent, world.sibling):
            zone = ZoneInfo(whose.time_zone if whose else "UTC")
            found = income_by_destination(whose, Period.of_days(*days, zone)).now
            assert income_summed(found.values()) == expected(whose, own)
            assert found == {
                name: expected(whose, [row for row in own if row.destination == name])
                for name in found
            }
        transaction.set_rollback(True)


def test_income_of_the_past_stays_when_an_account_moves_away(world: World) -> None:
    """A minute at 880 costs the mover 0.155555, its agent 0.217777."""
    before, after = datetime(2027, 3, 14, tzinfo=UTC), datetime(2027, 3, 16, tzinfo=UTC)
    charged(
        cdr("a", account="Mover", at=before, seconds=60),
        cdr("b", account="Mover", at=after, seconds=60),
    )
    month = Period.of_days(date(2027, 3, 1), date(2027, 4, 1), ZoneInfo("UTC"))
    for agent, price in ((world.agent, "0.217777"), (world.sibling, "0.124444")):
        found = income(agent, month).now
        assert found.sold.amount == Decimal("0.155555")
        assert found.bought.amount == Decimal(price)
        assert found.margin == Decimal("0.155555") - Decimal(price)
        assert sold_by_account(agent, month).now == {
            world.mover.pk: replace(found.sold, bought=Decimal(price))
        }


def test_moments_between_days_are_read_from_quarters(world: World) -> None:
    at = datetime(2027, 3, 20, 10, 0, tzinfo=UTC)
    charged(
        cdr("before", account="Customer", at=at - timedelta(minutes=30, seconds=-5)),
        cdr("in", account="Customer", at=at + timedelta(seconds=5)),
        cdr("out", account="Customer", at=at + timedelta(minutes=30, seconds=5)),
    )
    half = Period(at, at + timedelta(minutes=30), ZoneInfo("Asia/Kathmandu"))
    assert income(world.customer, half).now.own.legs == 1
    assert income(world.customer, half).before.own.legs == 1
    assert income(world.agent, half).now.sold.legs == 1
    assert income(None, half).now.sold.legs == 1


def test_a_figure_of_nothing_is_none() -> None:
    assert (NONE.asr, NONE.acd, NONE.per_minute) == (None, None, None)
    assert Income().margin_share is None


def test_figures_of_calls() -> None:
    """Three tried, two answered, 90 seconds spoken and 120 billed for 0.5."""
    one = Figures(3, 2, 90, 120, Decimal("0.5"))
    assert round(one.asr or 0, 1) == Decimal("66.7")
    assert one.acd == 45
    assert (one.minutes, one.billed_minutes) == (Decimal("1.5"), 2)
    assert one.per_minute == Decimal("0.25")
