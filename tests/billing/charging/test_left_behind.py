"""What calls leave behind in charges, ledger and running totals, to the last figure and by hand
(docs/domain.md 7, 9).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from billing.calls.models import CallRecord, Leg
from billing.charging.models import Charge, GatewayTotal, QuarterTotal
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import charge_all
from billing.charging.services.queue import record_again, record_correct
from billing.ledger.models import Entry
from billing.rates.services.rates import rate_end
from billing.wallets.models import RateGroup
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory, StaffFactory
from tests.factories.call_files import sheet, taken_in
from tests.factories.calls import cdr, charged, taken, waits
from tests.factories.gateways import GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.left_behind import (
    AT,
    NOON,
    QUARTER,
    a_call,
    assert_sound,
    balances,
    busy,
    correct,
    d,
    days,
    gateways,
    house,
    quarters,
)

pytestmark = pytest.mark.django_db

FOREIGN = "33142685300"


def test_a_call_is_paid_by_every_level_and_owed_to_its_carrier(
    carrier: Account, tree: ResellerTree
) -> None:
    leg = a_call()
    levels = (tree.customer, tree.agent, tree.top)
    lines = Charge.objects.filter(leg_id=leg.pk).order_by("is_cost", "level")
    assert [(one.account_id, one.agent_id, one.root_id, one.amount) for one in lines] == [
        (tree.customer.pk, tree.agent.pk, tree.top.pk, d("1.2")),
        (tree.agent.pk, tree.top.pk, tree.top.pk, d("0.8")),
        (tree.top.pk, None, tree.top.pk, d("0.6")),
        (carrier.pk, None, carrier.pk, d("0.2")),
    ]
    assert [(one.level, one.is_cost, one.billed) for one in lines] == [
        (0, False, 120), (1, False, 120), (2, False, 120), (0, True, 120),
    ]  # fmt: skip
    assert [one.was_locked for one in lines] == [False, False, True, False]
    assert (leg.was_locked, leg.root_id, leg.carrier_id) == (True, tree.top.pk, carrier.pk)
    assert balances(*levels) == [d("-1.2"), d("-0.8"), d("-0.6")]
    # Of the house that takes in: what all three levels paid.
    assert (house("call_revenue"), house("call_cost")) == (d("2.6"), d("0.2"))
    assert None not in {one.transaction_id for one in lines}
    assert_sound()


def test_totals_are_of_each_account_its_day_its_place_and_its_names(carrier: Account) -> None:
    a_call()
    busy()
    top, agent, customer = "BD-Wholesale-Agent", "Dhaka-Retail-Sub", "Customer-001"
    one, none = (1, 1, 90, 120), (1, 0, 0, 0, d("0"))
    assert days() == {
        (customer, 15, agent, top, True, False, "By Retail", *one, d("1.2")),
        (customer, 15, agent, top, True, False, "", *none),
        (agent, 14, top, top, False, False, "By Wholesale", *one, d("0.8")),
        (agent, 14, top, top, False, False, "", *none),
        (top, 15, "", top, False, False, "By Platform", *one, d("0.6")),
        (top, 15, "", top, False, False, "", *none),
        ("Carrier", 14, "", "Carrier", True, True, "By Cost", 0, 0, 90, 120, d("0.2")),
    }
    both = (2, 1, 90, 120)
    assert quarters() == {
        customer: (*both, d("1.2")),
        agent: (*both, d("0.8")),
        top: (*both, d("0.6")),
        "Carrier": (0, 0, 90, 120, d("0.2")),
    }
    assert gateways() == {
        ("In", QUARTER, "16", 1, 1, 90, 120, d("1.2")),
        ("In", QUARTER, "17", 1, 0, 0, 0, d("0")),
        ("elbe", QUARTER, "16", 1, 1, 90, 120, d("0.2")),
        ("elbe", QUARTER, "17", 1, 0, 0, 0, d("0")),
    }


def test_a_quarter_knows_the_root_that_its_account_stood_below(
    carrier: Account, tree: ResellerTree
) -> None:
    a_call()
    top = tree.top.pk
    assert dict(QuarterTotal.objects.values_list("account_id", "root_id")) == {
        tree.customer.pk: top, tree.agent.pk: top, top: top, carrier.pk: carrier.pk,
    }  # fmt: skip


def test_a_leg_is_marked_that_any_level_had_locked(carrier: Account, groups: Groups) -> None:
    rate(groups.customer, "33", "0.06", is_locked=True)
    for group in (groups.agent, groups.top):
        rate(group, "33", "0.06")
    leg = a_call("paris", callee=FOREIGN, routing_gateway="")
    lines = Charge.objects.filter(leg_id=leg.pk).order_by("level")
    assert [one.was_locked for one in lines] == [True, False, False]
    assert leg.was_locked


def test_a_call_counts_at_its_carriers_gateway_whatever_it_came_in_by(carrier: Account) -> None:
    a_call(gateway="", account="Customer-001")
    assert gateways() == {("elbe", QUARTER, "16", 1, 1, 90, 120, d("0.2"))}


def test_what_comes_later_is_added(carrier: Account) -> None:
    a_call()
    a_call("again")
    assert quarters()["Customer-001"] == (2, 2, 180, 240, d("2.4"))
    assert ("In", QUARTER, "16", 2, 2, 180, 240, d("2.4")) in gateways()


def test_a_record_that_says_the_same_leaves_nothing(carrier: Account) -> None:
    a_call()
    before = (days(), gateways(), Charge.objects.count(), Entry.objects.count())
    a_call()
    assert (days(), gateways(), Charge.objects.count(), Entry.objects.count()) == before
    assert not CallRecord.objects.exists()


def test_a_charger_that_goes_on_reads_prices_that_have_changed(
    carrier: Account, groups: Groups
) -> None:
    tariffs, minute = Tariffs(), timedelta(minutes=1)
    taken(cdr("one", account="Customer-001", at=NOON))
    assert charge_all(tariffs).accepted == 1
    rate(groups.customer, "88017", "0.90", since=NOON + minute)
    taken(cdr("two", account="Customer-001", at=NOON + 2 * minute))
    assert charge_all(tariffs).accepted == 1
    paid = Charge.objects.filter(level=0).order_by("leg_id")
    assert [one.amount for one in paid] == [d("0.6"), d("0.9")]


def test_a_rate_that_was_taken_back_before_it_began_never_counts(
    carrier: Account, groups: Groups, time_machine: Any
) -> None:
    ahead = rate(groups.customer, "88017", "0.90", since=NOON + timedelta(hours=1))
    rate_end(actor=SYSTEM, rate=ahead)
    time_machine.move_to(NOON + timedelta(hours=3))
    leg = a_call("later", at=NOON + timedelta(hours=2))
    assert Charge.objects.get(leg_id=leg.pk, level=0, is_cost=False).amount == d("1.2")


def test_what_costs_nothing_moves_nothing(carrier: Account, groups: Groups) -> None:
    """A level that pays nothing has a charge, and no movement."""
    rate(groups.customer, "88017", "0")
    leg = a_call()
    free = Charge.objects.get(leg_id=leg.pk, level=0, is_cost=False)
    assert (free.amount, free.billed, free.transaction_id) == (d("0"), 120, None)
    assert set(Entry.objects.exclude(wallet=None).values_list("amount", flat=True)) == {
        d("-0.8"), d("-0.6"), d("-0.2"),
    }  # fmt: skip
    assert_sound()


def test_a_record_that_waited_is_counted_at_its_file_when_it_came(
    carrier: Account, groups: Groups
) -> None:
    records = (cdr(name, account="Customer-001", callee=FOREIGN) for name in ("one", "two"))
    file = taken_in(sheet(*records, cdr("three", account="Customer-001")))
    charge_all(Tariffs())
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "33", "0.06")
    record_again(actor=SYSTEM, record=CallRecord.objects.all()[0])
    file.refresh_from_db()
    assert (file.accepted, file.repeated, file.queued) == (1, 0, 2)


def test_a_cost_that_waits_is_owed_when_it_has_a_price(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "33", "0.06")
    leg = a_call("paris", callee=FOREIGN)
    waiting = CallRecord.objects.get()
    assert (waiting.part, waiting.leg, waiting.account_id) == ("cost", leg.pk, carrier.pk)
    assert (waiting.at, waiting.reason, waiting.detail) == (AT, "no_rate", FOREIGN)
    assert waiting.received_at >= NOON
    assert ("elbe", QUARTER, "16", 1, 1, 90, 0, d("0")) in gateways()
    rate(RateGroup.objects.get(name="Cost"), "33", "0.10", destination="France")
    record_again(actor=SYSTEM, record=waiting)
    assert not CallRecord.objects.exists()
    found = {one for one in days() if one[0] == "Carrier"}
    assert found == {("Carrier", 14, "", "Carrier", True, True, "France", 0, 0, 90, 120, d("0.2"))}
    assert ("elbe", QUARTER, "16", 1, 1, 90, 120, d("0.2")) in gateways()
    assert house("call_cost") == d("0.2")
    assert_sound()


def test_a_cost_that_waits_is_put_right_by_what_was_entered_of_then(
    carrier: Account, groups: Groups
) -> None:
    """Five cents a minute, not the ten that its carrier's list says."""
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "33", "0.06")
    a_call("paris", callee=FOREIGN)
    cost = RateGroup.objects.get(name="Cost")
    rate(cost, "33", "0.10")
    correct(cost, "0.05", "33")
    record_again(actor=SYSTEM, record=CallRecord.objects.get())
    assert house("call_cost") == d("0.1")
    assert_sound()


def test_a_cost_that_waits_again_is_still_that_of_its_carrier(
    carrier: Account, groups: Groups
) -> None:
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "33", "0.06")
    leg = a_call("paris", callee=FOREIGN)
    record_again(actor=SYSTEM, record=CallRecord.objects.get())
    waiting = CallRecord.objects.get()
    assert (waiting.part, waiting.leg, waiting.account_id) == ("cost", leg.pk, carrier.pk)
    assert (waiting.state, waiting.reason, waiting.at) == ("waiting", "no_rate", AT)


def test_a_cost_is_owed_to_the_carrier_whose_gateway_was_meant(carrier: Account) -> None:
    leg = a_call("odd", routing_gateway="rhein")
    waiting = CallRecord.objects.get()
    assert (waiting.leg, waiting.reason, waiting.detail) == (leg.pk, "no_carrier", "rhein")
    administrator = actor_for(StaffFactory(administrator=True))
    meant = {"routing_gateway": "elbe"}
    record_correct(actor=administrator, record=waiting, columns=meant, reason="Its old name")
    assert not CallRecord.objects.exists()
    assert Charge.objects.get(is_cost=True).account_id == carrier.pk
    assert house("call_cost") == d("0.2")
    # The leg is one of that gateway, with what the root pays.
    assert gateways() == {
        ("In", QUARTER, "16", 1, 1, 90, 120, d("1.2")),
        ("elbe", QUARTER, "16", 1, 1, 90, 120, d("0.2")),
    }
    assert GatewayTotal.objects.get(gateway="elbe").sold == d("0.6")
    assert_sound()


def test_a_gateway_that_is_entered_since_counts_the_leg_that_named_it(carrier: Account) -> None:
    a_call("early", routing_gateway="Rhein")
    GatewayFactory(account=carrier, name="rhein", direction="routing")
    record_again(actor=SYSTEM, record=CallRecord.objects.get())
    assert ("rhein", QUARTER, "16", 1, 1, 90, 120, d("0.2")) in gateways()
    assert GatewayTotal.objects.get(gateway="rhein").sold == d("0.6")
    assert Charge.objects.get(is_cost=True).gateway is None


def test_a_leg_that_was_counted_at_another_gateway_is_counted_there_no_more(
    carrier: Account, groups: Groups
) -> None:
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "33", "0.06")
    a_call("paris", callee=FOREIGN)
    other = AccountFactory(account_id="Other-carrier", type="clearing")
    GatewayFactory(account=other, name="rhein", direction="routing")
    cost = rate_group(None, "Other cost")
    rate(cost, "33", "0.03")
    buys_at(other, cost, since=LONG_AGO)
    administrator = actor_for(StaffFactory(administrator=True))
    record_correct(
        actor=administrator, record=CallRecord.objects.get(),
        columns={"routing_gateway": "Rhein"}, reason="It took the other way",
    )  # fmt: skip
    # 90 seconds are two minutes at 6 cents for the root, at 3 for the carrier.
    assert ("rhein", QUARTER, "16", 1, 1, 90, 120, d("0.06")) in gateways()
    assert ("elbe", QUARTER, "16", 0, 0, 0, 0, d("0")) in gateways()
    sold = dict(GatewayTotal.objects.values_list("gateway", "sold"))
    assert (sold["rhein"], sold["elbe"]) == (d("0.12"), d("0"))
    assert_sound()


# --- Which records --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"), [("2027-02-28 23:59:59", "2027-03-01"), ("2027-03-01", "2027-02-28 23:59")]
)
def test_a_leg_is_known_in_the_months_beside_as_well(
    carrier: Account, first: str, second: str
) -> None:
    """Another record of it says that it began on the other side of midnight."""
    for moment in (first, second):
        setup = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        charged(cdr("one", account="Customer-001", at=setup + timedelta(seconds=5)))
    assert Leg.objects.count() == 1
    assert waits() == [("differs", "")]


def test_so_it_is_within_one_batch(carrier: Account) -> None:
    setups = (datetime(2027, 2, 28, 23, 59, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC))
    seconds = timedelta(seconds=5)
    charged(*(cdr("one", account="Customer-001", at=setup + seconds) for setup in setups))
    assert Leg.objects.count() == 1
    assert waits() == [("differs", "")]


def test_what_is_said_twice_in_one_batch_is_one(carrier: Account) -> None:
    one = cdr("one", account="Customer-001", at=AT)
    done = charged(one, one, {**one, "cause": "31"})
    assert (done.accepted, done.repeated, done.queued) == (1, 1, 1)
    assert Leg.objects.count() == 1
    assert waits() == [("differs", "")]


def test_a_record_that_waits_is_known_when_it_comes_again(carrier: Account) -> None:
    one = cdr("far", account="Customer-001", callee=FOREIGN, at=AT)
    charged(one)
    done = charged(one)
    assert (done.repeated, done.queued) == (1, 0)
    assert waits() == [("no_rate", "Customer-001")]
    charged({**one, "cause": "31"})
    assert waits() == [("no_rate", "Customer-001"), ("differs", "")]


def test_a_record_is_charged_in_the_end_however_often_it_was_tried(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    charged(cdr("far", account="Customer-001", callee=FOREIGN, at=AT))
    for group in (groups.customer, groups.agent, groups.top):
        record_again(actor=SYSTEM, record=CallRecord.objects.get())
        rate(group, "33", "0.06")
    record_again(actor=SYSTEM, record=CallRecord.objects.get())
    assert balances(tree.customer, tree.agent, tree.top) == [d("-0.06")] * 3
    assert not CallRecord.objects.exists()
    assert_sound()


def test_the_oldest_month_that_is_kept_has_its_first_moment(
    carrier: Account, settings: Any
) -> None:
    settings.CALL_MONTHS = 2
    begin = datetime(2027, 1, 1, tzinfo=UTC)
    for name, setup in (("kept", begin), ("old", begin - timedelta(seconds=1))):
        charged(cdr(name, account="Customer-001", at=setup + timedelta(seconds=5)))
    assert [one.call_id for one in Leg.objects.all()] == ["kept"]
    assert waits() == [("old", "")]
