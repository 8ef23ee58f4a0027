"""Calls that are rated anew, to the last figure and by hand, and which they are."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.gateways.services.gateways import gateway_delete
from accounts.kit.errors import Refused
from accounts.logins.services.staff import staff_set_active
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.ending import account_close
from billing.calls.models import CallRecord
from billing.charging.models import (
    Charge,
    DayTotal,
    GatewayTotal,
    Rerating,
    ReratingTotal,
)
from billing.charging.queries.books import Tariffs
from billing.charging.queries.legs import Wanted, charged_prefixes, legs_after, legs_counted
from billing.charging.queries.reratings import causes_left, digest_of
from billing.charging.services.queue import record_correct
from billing.charging.services.rerating import rerate_preview
from billing.charging.services.reratings import rerate_now, rerating_new, rerating_post
from billing.rates.models import RateCorrection
from billing.rates.rating import prefixes_of
from billing.rates.services.corrections import correction_remove
from billing.wallets.models import RateGroup
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.jobs import work_off
from tests.support.left_behind import (
    AT,
    DAY,
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
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

FOREIGN = "33142685300"


def test_what_is_rated_anew_moves_the_same_totals(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    a_call()
    busy()
    before = days()
    correct(groups.customer, "0.50")
    correct(RateGroup.objects.get(name="Cost"), "0.05")
    assert rerate_preview(DAY, Tariffs()).by_account == {
        tree.customer.pk: -200_000, carrier.pk: -100_000,
    }  # fmt: skip
    one = rerate_now(wanted=DAY, reason="wrong deck")
    assert (one.changed, one.left, one.income, one.cost) == (1, 0, d("0"), d("-0.1"))
    changed = {"Customer-001": d("1"), "Carrier": d("0.1")}
    assert days() == {
        (*row[:-1], changed[row[0]]) if row[0] in changed and row[-1] else row for row in before
    }
    assert quarters()["Customer-001"] == (2, 1, 90, 120, d("1"))
    assert ("In", QUARTER, "16", 1, 1, 90, 120, d("1")) in gateways()
    assert ("elbe", QUARTER, "16", 1, 1, 90, 120, d("0.1")) in gateways()
    lines = Charge.objects.filter(rerating_id=one.pk).order_by("pk")
    assert [(each.amount, each.billed, each.reverses_id is None) for each in lines] == [
        (d("-1.2"), -120, False), (d("1"), 120, True),
        (d("-0.2"), -120, False), (d("0.1"), 120, True),
    ]  # fmt: skip
    assert balances(tree.customer) == [d("-1")]
    assert_sound()


def test_what_the_root_pays_is_the_income_of_the_platform(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    a_call()
    correct(groups.top, "0.20")
    at_gateways = gateways()
    one = rerate_now(wanted=DAY, reason="wrong deck")
    assert (one.income, one.cost) == (d("-0.2"), d("0"))
    # There a call counts with what its own account pays, and what was sold is of the carrier's.
    assert gateways() == at_gateways
    sold = dict(GatewayTotal.objects.values_list("gateway", "sold"))
    assert sold == {"In": d("0"), "elbe": d("0.4")}
    total = ReratingTotal.objects.get(rerating=one)
    assert (total.account_id, total.legs, total.before, total.after, total.change) == (
        tree.top.pk, 1, d("0.6"), d("0.4"), 200_000,
    )  # fmt: skip
    # What was taken back keeps that it was locked, and what replaces it has the rate of today.
    back = Charge.objects.get(reverses_id__isnull=False)
    assert (back.was_locked, back.correction_id) == (True, None)
    assert_sound()


def closed(tree: ResellerTree) -> None:
    pay(tree.customer, "1.2")
    gateway_delete(actor=SYSTEM, gateway=Gateway.objects.get(name="In"), reason="x")
    account_close(actor=SYSTEM, account=tree.customer, reason="x")


def test_the_day_is_that_of_the_account_itself(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    """In London it is still the 14th, where its agent is the 15th."""
    a_call()
    before = days()
    correct(groups.agent, "0.50")
    rerate_now(wanted=DAY, reason="wrong deck")
    agent = tree.agent.account_id
    assert days() == {(*row[:-1], d("1")) if row[0] == agent else row for row in before}


def test_the_day_stays_that_of_the_zone_the_account_had(
    carrier: Account, tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    """In Dhaka it was the 15th, which in London is the 14th; the carrier's was the 14th."""
    a_call()
    before = days()
    time_machine.move_to(NOON + timedelta(hours=1))
    account_edit(actor=SYSTEM, account=tree.customer, time_zone="Europe/London")
    account_edit(actor=SYSTEM, account=carrier, time_zone="Asia/Dhaka")
    time_machine.move_to(NOON + timedelta(hours=2))
    correct(groups.customer, "0.50")
    correct(RateGroup.objects.get(name="Cost"), "0.05")
    rerate_now(wanted=DAY, reason="wrong deck")
    changed = {"Customer-001": d("1"), "Carrier": d("0.1")}
    expected = {(*row[:-1], changed.get(row[0], row[-1])) for row in before}
    assert days() == expected
    # So it is the next time, whatever was counted since.
    correction_remove(
        actor=SYSTEM, correction=RateCorrection.objects.get(group=groups.customer), reason="x"
    )
    rerate_now(wanted=DAY, reason="it was right")
    changed["Customer-001"] = d("1.2")
    assert days() == {(*row[:-1], changed.get(row[0], row[-1])) for row in before}
    assert_sound()


def test_a_cost_that_comes_later_is_one_of_the_day_that_has_its_leg(
    carrier: Account, tree: ResellerTree, time_machine: Any
) -> None:
    a_call("odd", routing_gateway="rhein")
    time_machine.move_to(NOON + timedelta(hours=1))
    for account in (tree.top, carrier):
        zone = "Europe/London" if account == tree.top else "Asia/Dhaka"
        account_edit(actor=SYSTEM, account=account, time_zone=zone)
    time_machine.move_to(NOON + timedelta(hours=2))
    record_correct(
        actor=SYSTEM, record=CallRecord.objects.get(), columns={"routing_gateway": "elbe"},
        reason="Its old name",
    )  # fmt: skip
    owed = DayTotal.objects.exclude(account_id__in=(tree.agent.pk, tree.customer.pk))
    found = {(one.account_id, one.day.day, one.bought) for one in owed}
    # What the root pays 60 cents for was owed the carrier 20.
    assert found == {(tree.top.pk, 15, d("0.2")), (carrier.pk, 14, d("0"))}
    assert_sound()


def test_what_is_taken_back_keeps_the_correction_it_was_made_by(
    carrier: Account, groups: Groups
) -> None:
    a_call()
    correct(groups.customer, "0.50")
    rerate_now(wanted=DAY, reason="wrong deck")
    wrong = RateCorrection.objects.get()
    correction_remove(actor=SYSTEM, correction=wrong, reason="it was right")
    one = rerate_now(wanted=DAY, reason="it was right")
    lines = Charge.objects.filter(rerating_id=one.pk).order_by("pk")
    assert [(each.amount, each.correction_id) for each in lines] == [
        (d("-1"), wrong.pk), (d("1.2"), None),
    ]  # fmt: skip


def test_of_a_closed_account_nothing_moves(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    """Nor does the cost of its call, which has another price by now as well."""
    a_call()
    correct(groups.customer, "0.50")
    correct(RateGroup.objects.get(name="Cost"), "0.05")
    closed(tree)
    one = rerate_now(wanted=DAY, reason="x")
    assert (one.looked_at, one.changed, one.left) == (1, 0, 1)
    [cause] = causes_left(one)
    assert (cause.reason, cause.account, cause.is_cost) == ("closed", "Customer-001", False)


def test_a_leg_that_is_left_for_two_reasons_is_one(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    a_call()
    correct(groups.customer, "0.50")
    buys_at(carrier, rate_group(None, "Empty"), since=LONG_AGO)
    closed(tree)
    found = rerate_preview(DAY, Tariffs())
    assert (found.looked_at, found.legs, found.unrated, dict(found.by_account)) == (1, 0, 1, {})
    one = rerate_now(wanted=DAY, reason="x")
    assert (one.left, len(causes_left(one))) == (1, 2)


def test_a_cost_without_a_price_today_stays(carrier: Account, groups: Groups) -> None:
    a_call()
    correct(groups.customer, "0.50")
    buys_at(carrier, rate_group(None, "Empty"), since=LONG_AGO)
    one = rerate_now(wanted=DAY, reason="wrong deck")
    assert (one.changed, one.left, one.cost) == (1, 1, d("0"))
    assert house("call_cost") == d("0.2")
    assert_sound()


def test_a_cost_that_waits_is_not_charged_by_it(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "33", "0.06")
    a_call("paris", callee=FOREIGN)
    rate(RateGroup.objects.get(name="Cost"), "33", "0.10")
    assert rerate_now(wanted=DAY, reason="x").changed == 0
    assert CallRecord.objects.get().part == "cost"


def test_a_cost_whose_gateway_was_told_later_is_rated_anew_there(
    carrier: Account, groups: Groups
) -> None:
    leg = a_call("odd", routing_gateway="rhein")
    record_correct(
        actor=SYSTEM, record=CallRecord.objects.get(), columns={"routing_gateway": "elbe"},
        reason="Its old name",
    )  # fmt: skip
    correct(groups.top, "0.20")
    correct(RateGroup.objects.get(name="Cost"), "0.05")
    one = rerate_now(wanted=DAY, reason="wrong deck")
    assert (one.changed, one.left, one.income, one.cost) == (1, 0, d("-0.2"), d("-0.1"))
    assert balances(carrier) == [d("-0.1")]
    assert ("elbe", QUARTER, "16", 1, 1, 90, 120, d("0.1")) in gateways()
    assert GatewayTotal.objects.get(gateway="elbe").sold == d("0.4")
    costs = Charge.objects.filter(leg_id=leg.pk, is_cost=True)
    assert [one.gateway for one in costs] == ["elbe", "elbe", "elbe"]
    assert_sound()
    of_cost = RateCorrection.objects.get(group__name="Cost")
    correction_remove(actor=SYSTEM, correction=of_cost, reason="it was right")
    rerate_now(wanted=DAY, reason="it was right")
    assert ("elbe", QUARTER, "16", 1, 1, 90, 120, d("0.2")) in gateways()


def test_a_call_that_came_since_is_none_of_what_was_shown(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    a_call()
    correct(groups.customer, "0.50")
    actor = actor_for(StaffFactory(username="re-rater", administrator=True))
    one = rerating_new(actor=actor, wanted=DAY, zone="UTC", reason="wrong deck")
    a_call("late", at=AT - timedelta(hours=1))
    rerating_post(actor=actor, rerating=one, expected=digest_of(one))
    work_off()
    one.refresh_from_db()
    assert (one.state, one.changed) == ("posted", 1)
    assert balances(tree.customer) == [d("-2.2")]
    assert_sound()


def test_nothing_is_posted_for_who_is_no_administrator_any_more(
    carrier: Account, tree: ResellerTree, groups: Groups
) -> None:
    a_call()
    correct(groups.customer, "0.50")
    login = StaffFactory(username="re-rater", administrator=True)
    one = rerating_new(actor=actor_for(login), wanted=DAY, zone="UTC", reason="wrong deck")
    rerating_post(actor=actor_for(login), rerating=one, expected=digest_of(one))
    staff_set_active(actor=SYSTEM, user=login, active=False, reason="left")
    work_off()
    one.refresh_from_db()
    assert one.state == "posting"
    assert balances(tree.customer) == [d("-1.2")]


def test_a_command_says_why_as_well(carrier: Account, groups: Groups) -> None:
    a_call()
    correct(groups.customer, "0.50")
    with pytest.raises(Refused) as refused:
        rerate_now(wanted=DAY, reason=" ")
    assert refused.value.code == "reason_required"
    assert not Rerating.objects.exists()


# --- Which legs -----------------------------------------------------------------------------------


def test_legs_are_those_answered_within_a_time_that_cost_something(
    carrier: Account, tree: ResellerTree
) -> None:
    leg = a_call()
    busy()
    # Somebody took it, for no time.
    a_call("nothing", seconds=0, answer=AT.isoformat())
    second = timedelta(seconds=1)
    for begin, end, count in (
        (AT, AT + second, 1), (AT + second, NOON, 0), (AT - second, AT, 0),
    ):  # fmt: skip
        assert legs_counted(Wanted(begin, end), 10) == count
    assert legs_counted(Wanted(AT, NOON, accounts=(tree.agent.pk,)), 10) == 1
    assert legs_counted(Wanted(AT, NOON, accounts=(tree.agent.pk,), is_alone=True), 10) == 0
    assert legs_counted(Wanted(AT, NOON, prefixes=("44", "880")), 10) == 1
    assert legs_counted(Wanted(AT, NOON, prefixes=("880", "44")), 10) == 1
    group = RateGroup.objects.get(name="Cost")
    assert legs_counted(Wanted(AT, NOON, group=group.pk), 10) == 1
    assert legs_counted(Wanted(AT, NOON, group=rate_group(None, "Unused").pk), 10) == 0
    assert legs_after(Wanted(AT, NOON), leg.pk, 10) == []
    assert legs_after(Wanted(AT, NOON), 0, 10, leg.pk) == [leg]


def test_legs_are_counted_as_far_as_one_more(carrier: Account) -> None:
    for name in ("a", "b", "c"):
        a_call(name)
    assert legs_counted(Wanted(AT, NOON), 1) == 2


def test_prefixes_that_calls_were_charged_by(carrier: Account, groups: Groups) -> None:
    a_call()
    key = groups.customer.pk
    # By 8801 it was charged: a price of 880 would not have been it, one of 88017 would.
    since = {"880": AT, "88017": AT, "44": AT}
    assert charged_prefixes(key, since, 10) == {"88017": 1}
    assert charged_prefixes(key, {"880": AT}, 10) == {}
    assert charged_prefixes(key, {"8801": AT, "88017": AT + timedelta(seconds=1)}, 10) == {
        "8801": 1
    }
    a_call("more")
    assert charged_prefixes(key, {"8801": AT}, 10) == {"8801": 2}
    assert charged_prefixes(key, {"8801": AT}, 1) == {"8801": 1}
    correct(groups.customer, "0.50")
    rerate_now(wanted=DAY, reason="x")
    assert Rerating.objects.get().changed == 2
    assert charged_prefixes(key, {"8801": AT}, 10) == {"8801": 2}


def test_charges_by_other_prefixes_are_not_read(
    groups: Groups, carrier: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_call()
    taken_apart: list[str] = []

    def noted(number: str) -> list[str]:
        taken_apart.append(number)
        return prefixes_of(number)

    monkeypatch.setattr("billing.charging.queries.legs.prefixes_of", noted)
    assert charged_prefixes(groups.customer.pk, {"44": AT}, 10) == {}
    assert taken_apart == ["44"]
    assert charged_prefixes(groups.customer.pk, {"88017": AT}, 10) == {"88017": 1}
