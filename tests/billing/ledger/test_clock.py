"""The clock moves over every edge: midnight of the right zone, the very instant, changes of clocks.

Money is asked here by what a person in each zone would say: the same deeds at the same local times
come to the same answers in +14, −11, +5:45 and everywhere between.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM, actor_for
from accounts.kit.errors import Refused
from accounts.kit.moments import day_begin, day_end
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import House
from billing.ledger.queries.statements import statement_of
from billing.ledger.services.posting import Leg, Movement, post
from billing.payments.queries import own_top_ups
from billing.wallets.queries import wallets_with_today
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.support.examples import examples
from tests.support.pages import text_of
from tests.support.paying import pay, payer

pytestmark = pytest.mark.django_db

FAR_EAST, FAR_WEST, QUARTER = "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"
ZONES = [FAR_EAST, FAR_WEST, QUARTER, "UTC", "Europe/Berlin"]
MOMENT = timedelta(microseconds=1)


def charge(account, amount, at) -> None:
    """What the charging of a call posts."""
    cost = Decimal(str(amount))
    legs = (Leg(-cost, wallet=account.pk, is_limited=False), Leg(cost, house=House.CALL_REVENUE))
    with transaction.atomic():
        post(SYSTEM, Movement("call", account, cost, legs, at=at), key=str(uuid4()), digest="")


def consumed(account) -> Decimal:
    return wallets_with_today(SYSTEM, [account])[account.pk].consumed_today


def moved(account, day: date, zone: ZoneInfo) -> Decimal:
    """What a statement of one day says came in."""
    return statement_of(account, day_begin(day, zone), day_end(day, zone)).incoming


@pytest.mark.parametrize("name", ZONES)
def test_an_entry_at_exactly_midnight_belongs_to_the_day_that_begins(db, name) -> None:
    zone, account = ZoneInfo(name), AccountFactory()
    midnight = datetime(2026, 3, 11, tzinfo=zone)
    pay(account, "1", at=midnight - MOMENT)
    pay(account, "20", at=midnight)
    pay(account, "300", at=datetime(2026, 3, 12, tzinfo=zone) - MOMENT)
    days = [date(2026, 3, day) for day in (10, 11, 12)]
    assert [moved(account, day, zone) for day in days] == [1, 320, 0]


@pytest.mark.wide
@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("Africa/Cairo", date(2026, 4, 24)),
        ("America/Havana", date(2025, 11, 2)),
    ],
)
def test_a_day_on_which_clocks_change_loses_nothing_and_counts_nothing_twice(db, name, day) -> None:
    zone, account = ZoneInfo(name), AccountFactory()
    begin = day_begin(day - timedelta(days=1), zone)
    for half_hours in range(3 * 48 + 4):
        pay(account, "1", at=begin + timedelta(minutes=30 * half_hours))
    days = [day + timedelta(days=one) for one in (-1, 0, 1, 2)]
    told = [moved(account, one, zone) for one in days]
    assert sum(told) == 3 * 48 + 4
    assert told[1] == 2 * (day_end(day, zone) - day_begin(day, zone)) / timedelta(hours=1)


@pytest.mark.parametrize("name", ZONES)
def test_a_day_limit_begins_anew_at_midnight_where_the_limit_stands(
    reseller_tree, time_machine, name
) -> None:
    tree, zone = reseller_tree, ZoneInfo(name)
    tree.agent.time_zone = name
    tree.agent.save(update_fields=["time_zone"])
    grant(tree.agent, "pay_sub_account")
    payment_policy_set(actor=SYSTEM, account=tree.agent, per_day=Decimal(100))
    midnight = datetime(2026, 3, 11, tzinfo=zone).astimezone(UTC)
    time_machine.move_to(midnight - timedelta(seconds=1), tick=False)
    actor = payer(tree.agent)
    # Whose clock the request goes by does not count.
    with timezone.override("America/New_York"):
        pay(tree.customer, "100", actor=actor)
        with pytest.raises(Refused, match=r"At most 0\.00 more"):
            pay(tree.customer, "1", actor=actor)
        time_machine.move_to(midnight, tick=False)
        pay(tree.customer, "100", actor=actor)
        with pytest.raises(Refused, match=r"At most 0\.00 more"):
            pay(tree.customer, "1", actor=actor)


@pytest.mark.parametrize("name", ZONES)
def test_todays_consumption_begins_at_the_viewers_midnight(db, time_machine, name) -> None:
    account, midnight = AccountFactory(), datetime(2026, 3, 11, tzinfo=ZoneInfo(name))
    charge(account, 5, midnight - MOMENT)
    charge(account, 7, midnight)
    with timezone.override(name):
        time_machine.move_to(midnight.astimezone(UTC), tick=False)
        assert consumed(account) == 7
        time_machine.move_to(midnight.astimezone(UTC) - MOMENT, tick=False)
        assert consumed(account) == 12


def test_where_midnight_comes_twice_the_day_begins_with_the_first(db, time_machine) -> None:
    account, first = AccountFactory(), datetime(2025, 11, 2, 4, tzinfo=UTC)
    charge(account, 3, first)
    # A quarter past midnight for the second time: clocks went back from one o'clock.
    time_machine.move_to(first + timedelta(hours=1, minutes=15), tick=False)
    with timezone.override("America/Havana"):
        assert f"{timezone.localtime():%H:%M}" == "00:15"
        assert consumed(account) == 3


def test_top_ups_of_the_last_seven_days_are_those_of_168_hours(db, time_machine) -> None:
    at = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    time_machine.move_to(at, tick=False)
    agent = AccountFactory()
    grant(agent, "pay_own_account")
    made = pay(agent, "5", actor=actor_for(UserFactory(account=agent)), reference="TT-1")
    administrator = actor_for(StaffFactory(administrator=True))
    time_machine.move_to(at + timedelta(days=7) - MOMENT, tick=False)
    assert own_top_ups(administrator) == [made]
    time_machine.move_to(at + timedelta(days=7), tick=False)
    assert own_top_ups(administrator) == []


deeds = st.lists(
    st.tuples(
        # Half hours from the midnight before the first of three days, and one moment beside them.
        st.integers(0, 3 * 48),
        st.sampled_from([-MOMENT, timedelta(0), MOMENT]),
        st.integers(1, 60),
    ),
    max_size=8,
)


@pytest.mark.wide
@given(deeds)
@examples(12)
def test_the_same_deeds_by_the_clock_on_the_wall_say_the_same_everywhere(db, life) -> None:
    first = datetime(2026, 3, 10)
    life = sorted((first + timedelta(minutes=30 * at) + beside, paid) for at, beside, paid in life)
    days = [date(2026, 3, day) for day in (9, 10, 11, 12, 13)]
    wanted = [sum(paid for at, paid in life if at.date() == day) for day in days]
    for name in (FAR_EAST, FAR_WEST, QUARTER):
        zone = ZoneInfo(name)
        with transaction.atomic():
            account = AccountFactory(time_zone=name)
            for at, paid in life:
                pay(account, str(paid), at=at.replace(tzinfo=zone))
            assert [moved(account, day, zone) for day in days] == wanted
            whole = statement_of(account, day_begin(days[0], zone), day_end(days[-1], zone))
            assert whole.closing == sum(wanted)
            transaction.set_rollback(True)


class TestOneClock:
    """The ledger, the statement and the receipt of a movement tell one time, and whose."""

    @pytest.fixture
    def viewer(self, client_of):
        return client_of(StaffFactory(administrator=True, time_zone="Asia/Dhaka"))

    def test_ledger_statement_and_receipt_tell_the_viewers_time(self, db, viewer) -> None:
        account = AccountFactory(account_id="NP-Shop", time_zone=QUARTER)
        made = pay(account, "5", at=datetime(2026, 3, 1, 20, 30, 8, tzinfo=UTC))
        ledger = viewer.get("/accounts/NP-Shop/payments/")
        statement = viewer.get(
            "/accounts/NP-Shop/statement/", {"from": "2026-03-02", "to": "2026-03-02"}
        )
        for page in (ledger, statement):
            text = text_of(page)
            assert "Monday, 2026-03-02" in text
            assert "02:30:08" in text
            assert "Time Asia/Dhaka" in text
        receipt = viewer.get(reverse("billing:payment", args=[made.pk]))
        assert "Posted 2026-03-02 02:30:08, Asia/Dhaka" in text_of(receipt)

    def test_a_statement_by_the_accounts_days_tells_the_accounts_time(self, db, viewer) -> None:
        account = AccountFactory(account_id="NP-Shop", time_zone=QUARTER)
        pay(account, "5", at=datetime(2026, 3, 1, 18, 14, 59, tzinfo=UTC))
        days = {"from": "2026-03-01", "to": "2026-03-01", "zone": QUARTER}
        text = text_of(viewer.get("/accounts/NP-Shop/statement/", days))
        assert "23:59:59" in text
        assert f"Time {QUARTER}" in text
