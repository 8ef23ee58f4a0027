"""What carriers are owed for the calls of each top-level account, beside what it paid. Prices by
hand from `World`: a minute of 880 costs Top 0.248888 and Other 0.062222, and the carrier takes
0.031111.
"""

import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.kit.errors import DomainError
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.moving import account_move
from billing.calls.models import CallRecord, Leg
from billing.charging.models import Charge, QuarterTotal, TopDay
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.legs import Wanted
from billing.charging.services.queue import record_correct, record_write_off
from billing.charging.services.reratings import rerate_now
from billing.rates.services.corrections import correction_add
from billing.reports.figures import Income
from billing.reports.periods import Period
from billing.reports.queries.figures import NOBODY, income, income_by_root, sold_by_account
from billing.reports.queries.gateways import gateway_figures
from billing.wallets.models import RateGroup
from tests.billing.reports.conftest import AFTER, World, fresh
from tests.factories import GatewayFactory, StaffFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.support.examples import examples
from tests.support.pages import words_of
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db

EARLY, LATE = datetime(2027, 3, 10, 9, tzinfo=UTC), datetime(2027, 3, 20, 9, tzinfo=UTC)
MARCH = "from=2027-03-01&to=2027-03-31&zone=UTC&by=account"
ZONES = ("UTC", "Pacific/Kiritimati", "Europe/Berlin", "Pacific/Pago_Pago")


@pytest.fixture
def called(world: World) -> World:
    """A minute below Top by the carrier and another one without, two minutes of Other by the
    carrier, and one that nobody answered.
    """
    charged(
        cdr("a", account="Customer", at=EARLY, routing_gateway="out"),
        cdr("b", account="Mover", at=LATE),
        cdr("c", account="Other", at=LATE, seconds=120, routing_gateway="out"),
        cdr("d", account="Customer", at=LATE, seconds=0, cause="17", routing_gateway="out"),
    )
    return world


@pytest.fixture
def boss(db: None) -> Client:
    return signed_in(StaffFactory(username="reporter", administrator=True))


def month(zone: str = "UTC") -> Period:
    return Period.of_days(date(2027, 3, 1), date(2027, 4, 1), ZoneInfo(zone))


def by_root(zone: str = "UTC") -> dict[int, tuple[str, str]]:
    """What each paid in March, and what carriers are owed for it."""
    found = sold_by_account(None, month(zone)).now
    return {pk: (plain(one.amount), plain(one.bought)) for pk, one in found.items()}


def plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def routed() -> None:
    """The gateway that nobody knew is made, and what waited for it charged."""
    if not Gateway.objects.filter(name="later").exists():
        carrier = Account.objects.get(account_id="Carrier")
        GatewayFactory(account=carrier, name="later", direction="routing")
    CallRecord.objects.waiting().update(state="new", version=F("version") + 1)
    charged()


def corrected(account: Account, price: str, wanted: Wanted) -> None:
    """880 at the group at which an account buys, and everything rated anew."""
    correction_add(
        actor=SYSTEM, group=RateGroup.objects.get(wallets=account.pk), prefix="880",
        begins_at=wanted.begin, ends_at=wanted.end, price=Decimal(price), reason="wrong deck",
    )  # fmt: skip
    rerate_now(wanted=wanted, reason="wrong deck")


IN_MARCH = Wanted(datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 31, tzinfo=UTC))


@pytest.mark.parametrize("zone", ZONES)
def test_each_root_has_the_cost_of_its_own_calls(called: World, zone: str) -> None:
    """From days where the zone is theirs, from quarters elsewhere."""
    assert by_root(zone) == {
        called.top.pk: ("0.497776", "0.031111"),
        called.other.pk: ("0.124444", "0.062222"),
    }


def test_days_of_roots_hold_it_too(called: World) -> None:
    rows = TopDay.objects.filter(account_id=called.top.pk).order_by("day")
    assert [(one.day.day, plain(one.bought)) for one in rows] == [(10, "0.031111"), (20, "0")]


def test_the_report_has_cost_and_margin_of_each_root(called: World, boss: Client) -> None:
    words = words_of(boss.get(f"/reports/income/?{MARCH}"))
    # Paid, cost, margin, of paid, of all, calls, minutes.
    assert "Top 0.497776 0.031111 0.466665 93.8 % 80.0 % 3 2.0" in words
    assert "Other 0.124444 0.062222 0.062222 50.0 % 20.0 % 1 2.0" in words
    assert "All 0.62222 0.093333 0.528887 85.0 %" in words
    assert "Not known by account" not in words
    april = "from=2027-04-01&to=2027-04-30&zone=UTC&by=account"
    lines = read_csv(boss.get(f"/reports/income/export/?{april}&format=csv"))
    top = next(one for one in lines if one["Account"] == "Top")
    assert (top["Carriers’ cost"], top["Paid before"]) == ("0", "0.497776")
    assert top["Margin before"] == "0.466665"


def test_nobody_else_reads_what_carriers_cost(called: World) -> None:
    words = words_of(signed_in(UserFactory(account=called.top)).get(f"/reports/income/?{MARCH}"))
    assert "Agent 0.217777 0.248888" in words
    assert "Carriers" not in words
    assert "0.031111 −" not in words.replace("−0.031111", "")


@pytest.mark.parametrize("caller", ["Customer", "Other"])
def test_a_cost_that_comes_later_counts_at_the_root(world: World, caller: str) -> None:
    charged(cdr("a", account=caller, at=EARLY, routing_gateway="later"))
    root = world.other if caller == "Other" else world.top
    assert {pk: owed for pk, (_paid, owed) in by_root().items()} == {root.pk: "0"}
    routed()
    for zone in ZONES:
        assert {pk: owed for pk, (_paid, owed) in by_root(zone).items()} == {root.pk: "0.031111"}
    # Beside what the root paid, and nowhere else.
    total = QuarterTotal.objects.get(account_id=root.pk)
    assert (total.legs, total.is_own) == (1, caller == "Other")
    assert calls_found().is_sound


def test_a_cost_that_is_written_off_counts_nowhere(world: World) -> None:
    charged(cdr("a", account="Customer", at=EARLY, routing_gateway="later"))
    record_write_off(actor=SYSTEM, record=CallRecord.objects.get(), reason="never")
    routed()
    assert by_root() == {world.top.pk: ("0.248888", "0")}
    assert calls_found().is_sound


@pytest.mark.parametrize(
    ("whose", "paid", "owed"),
    [
        ("carrier", "0.497776", "0.02"),
        ("top", "0.2", "0.031111"),
        ("agent", "0.497776", "0.031111"),
    ],
)
def test_what_is_rated_anew_counts_at_the_root(
    called: World, whose: str, paid: str, owed: str
) -> None:
    corrected(getattr(called, whose), "0.02" if whose == "carrier" else "0.1", IN_MARCH)
    assert by_root()[called.top.pk] == (paid, owed)
    assert by_root("Pacific/Kiritimati")[called.top.pk] == (paid, owed)
    of_carriers = QuarterTotal.objects.filter(is_cost=True)
    assert {one.bought for one in of_carriers} == {Decimal(0)}
    assert calls_found().is_sound


def test_a_cost_that_is_not_rated_anew_stays_at_the_root(world: World) -> None:
    """The gateway of its record was put right, and that of the leg is still nobody's."""
    charged(cdr("a", account="Customer", at=EARLY, routing_gateway="later"))
    record_correct(
        actor=SYSTEM,
        record=CallRecord.objects.get(),
        columns={"routing_gateway": "out"},
        reason="misspelt",
    )
    corrected(world.top, "0.1", IN_MARCH)
    assert by_root() == {world.top.pk: ("0.1", "0.031111")}
    assert calls_found().is_sound


def test_a_cost_that_waits_stays_out_of_what_is_rated_anew(world: World) -> None:
    charged(cdr("a", account="Customer", at=EARLY, routing_gateway="later"))
    corrected(world.top, "0.1", IN_MARCH)
    assert by_root() == {world.top.pk: ("0.1", "0")}
    routed()
    assert by_root() == {world.top.pk: ("0.1", "0.031111")}
    assert calls_found().is_sound


def test_a_cost_stays_with_the_root_of_the_moment(world: World, time_machine: Any) -> None:
    charged(cdr("a", account="Other", at=EARLY, routing_gateway="out"))
    account_move(actor=SYSTEM, account=fresh(world.other), parent=fresh(world.top))
    time_machine.shift(timedelta(hours=2))
    charged(cdr("b", account="Other", at=EARLY, routing_gateway="out"))
    assert by_root() == {world.other.pk: ("0.124444", "0.062222")}


def test_what_lies_between_two_zones_stands_in_a_line_of_its_own(
    world: World, boss: Client
) -> None:
    """In the evening of March in UTC it is April in Berlin, where Other was then."""
    charged(cdr("a", account="Other", at=datetime(2027, 3, 31, 23, tzinfo=UTC),
                routing_gateway="out"))  # fmt: skip
    account_edit(actor=SYSTEM, account=fresh(world.other), time_zone="UTC")
    words = words_of(boss.get(f"/reports/income/?{MARCH}"))
    assert "Not known by account 0.062222 0.031111 0.031111 50.0 %" in words
    assert "All 0.062222 0.031111 0.031111 50.0 %" in words
    assert "what lies between the days of a former time zone" in words


# --- Whatever happens -----------------------------------------------------------------------------

NAMES = ("Top", "Agent", "Sibling", "Customer", "Mover", "Neighbour", "Other")
calling = st.tuples(
    st.just("call"),
    st.sampled_from(NAMES),
    st.sampled_from(("", "out", "out", "later")),
    # Hours ago, and how long.
    st.sampled_from((1, 7, 31)),
    st.sampled_from((0, 59, 61)),
)
moving = st.tuples(st.just("move"), st.sampled_from(NAMES), st.sampled_from(("", *NAMES)))
correcting = st.tuples(
    st.just("correct"),
    st.sampled_from(("Top", "Agent", "Other", "Carrier")),
    st.sampled_from(("0.01", "0.5")),
)
others = st.one_of(moving, moving, correcting, st.sampled_from((("route",), ("drop",))))
steps = st.lists(st.tuples(calling, others), min_size=3, max_size=9)


def done(step: tuple[Any, ...], number: int, now: datetime) -> None:
    kind, *said = step
    if kind == "call":
        name, gateway, hours, seconds = said
        at = now - timedelta(hours=hours)
        charged(cdr(f"c-{number}", account=name, at=at, seconds=seconds, routing_gateway=gateway))
    elif kind == "move":
        account, parent = (Account.objects.filter(account_id=one).first() for one in said)
        assert account is not None
        account_move(actor=SYSTEM, account=account, parent=parent)
    elif kind == "correct":
        corrected(
            Account.objects.get(account_id=said[0]), said[1], Wanted(AFTER - timedelta(days=4), now)
        )
    elif kind == "route":
        routed()
    else:
        for record in CallRecord.objects.waiting()[:1]:
            record_write_off(actor=SYSTEM, record=record, reason="never")


def summed_up(period: Period) -> dict[int, Counter[str]]:
    """From legs and charges alone: what each root paid and what carriers are owed, with what was
    taken back taken off.
    """
    found: dict[int, Counter[str]] = {}
    for leg in Leg.objects.filter(setup__gte=period.begin, setup__lt=period.end):
        charges = list(Charge.objects.filter(leg_id=leg.pk).order_by("pk"))
        back = {one.reverses_id for one in charges}
        roots = [
            one.root_id
            for one in charges
            if not one.is_cost and one.reverses_id is None and one.pk not in back
        ]
        of_root = found.setdefault(roots[0] if roots else leg.root_id, Counter())
        of_root["legs"] += 1
        for one in charges:
            if one.is_cost:
                of_root["owed"] += one.amount  # type: ignore[assignment]
            elif one.account_id == one.root_id:
                of_root["paid"] += one.amount  # type: ignore[assignment]
    return found


@pytest.mark.wide
@given(steps, st.integers(0, 4), st.sampled_from(ZONES))
@examples(20)
def test_it_is_the_sum_over_the_charges_whatever_happens(
    world: World, time_machine: Any, taken: list[tuple[Any, Any]], first: int, zone: str
) -> None:
    now = AFTER
    with transaction.atomic():
        for number, step in enumerate(chain.from_iterable(taken)):
            now += timedelta(hours=5)
            time_machine.move_to(now, tick=False)
            try:
                with transaction.atomic():
                    done(step, number, now)
            except DomainError:
                continue
        begin = date(2027, 4, 3) + timedelta(days=first)
        period = Period.of_days(begin, date(2027, 4, 14), ZoneInfo(zone))
        found = sold_by_account(None, period).now
        figures = {
            pk: Counter(legs=one.legs, paid=one.amount, owed=one.bought)  # type: ignore[arg-type]
            for pk, one in found.items()
        }
        # Of counters, what is nothing and what is not there are the same.
        roots = {*figures, *(expected := summed_up(period))}
        assert {pk: figures.get(pk, Counter()) == expected.get(pk, Counter()) for pk in roots} == (
            dict.fromkeys(roots, True)
        )
        every = income(None, period).now
        owed = sum((one.bought for one in found.values()), Decimal(0))
        assert sum((one.amount for one in found.values()), Decimal(0)) == every.sold.amount
        assert owed == every.bought.amount
        # What the report shows, of the period and of the one before: nothing is left over.
        shown = income_by_root(period)
        assert (shown.now[NOBODY], shown.before[NOBODY]) == (Income(), Income())
        assert {pk: one.margin for pk, one in shown.now.items()} == {
            NOBODY: 0, **{pk: one.amount - one.bought for pk, one in found.items()},
        }  # fmt: skip
        gateways = [one for one in gateway_figures(SYSTEM, None, period) if one.is_routing]
        assert sum((one.beside.now.amount for one in gateways), Decimal(0)) == owed
        assert calls_found().is_sound, calls_found().lines
        transaction.set_rollback(True)


def test_the_command_that_rates_anew_moves_it_too(called: World) -> None:
    correction_add(
        actor=SYSTEM, group=RateGroup.objects.get(wallets=called.carrier.pk), prefix="880",
        begins_at=IN_MARCH.begin, ends_at=IN_MARCH.end, price=Decimal("0.02"), reason="wrong deck",
    )  # fmt: skip
    call_command(
        "rerate", "--from", "2027-03-01T00:00:00Z", "--until", "2027-03-31T00:00:00Z",
        "--reason", "wrong deck", stdout=io.StringIO(),
    )  # fmt: skip
    assert by_root()[called.other.pk] == ("0.124444", "0.04")
