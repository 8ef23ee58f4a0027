"""Which calls are read, and whose price of them: as queries say it, without a page
(docs/domain.md 7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.moving import account_move
from billing.calls.models import Leg
from billing.charging.models import Charge
from billing.charging.queries.calls import (
    behind_movement,
    call_seen,
    called_though_locked,
    calls_of,
    calls_on,
    charged_at_least,
    former_accounts,
    session_legs,
)
from billing.charging.queries.costs import entries_behind, seen, sums_of
from billing.charging.queries.legs import Wanted
from billing.charging.services.reratings import rerate_now
from billing.charging.spans import Span, span_of
from billing.rates.services.corrections import correction_add
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory, StaffFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.gateways import GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALL = Span(NOON - timedelta(days=30), NOON + timedelta(days=30))


@pytest.fixture(autouse=True)
def _at_noon(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """Everybody below the two agents buys at their groups: 6 cents a customer, 4 an agent, 3 the
    one above both.
    """
    time_machine.move_to(NOON)
    buys_at(tree.customer_2, groups.customer, since=LONG_AGO)
    buys_at(tree.sibling, groups.agent, since=LONG_AGO)
    buys_at(tree.sibling_customer, groups.customer, since=LONG_AGO)


@pytest.fixture
def platform() -> Actor:
    return actor_for(StaffFactory(username="looks", administrator=True))


def of(account: Account) -> Actor:
    return actor_for(UserFactory(account=account))


def call(name: str, account: str, **more: Any) -> Leg:
    """A minute an hour ago."""
    charged(cdr(name, account=account, at=more.pop("at", NOON - HOUR), **more))
    return Leg.objects.get(call_id=name)


def ids(legs: Any) -> set[str]:
    return {one.call_id for one in legs}


def carried(name: str, account: str, price: str) -> Leg:
    """A call that a carrier takes at a price of a minute."""
    carrier = AccountFactory(account_id="Carrier", type="clearing")
    GatewayFactory(account=carrier, name="elbe", direction="routing")
    cost = rate_group(None, "Cost")
    rate(cost, "880", price)
    buys_at(carrier, cost, since=LONG_AGO)
    return call(name, account, routing_gateway="elbe")


# --- Which calls ----------------------------------------------------------------------------------


def test_all_of_an_account_is_what_stands_below_it(tree: ResellerTree) -> None:
    call("here", "Customer-001")
    call("there", "Customer-101")
    found = calls_on(of(tree.top), tree.agent, ALL, with_below=True)
    assert ids(found) == {"here"}
    assert ids(calls_on(of(tree.top), tree.top, ALL, with_below=True)) == {"here", "there"}


def test_a_time_has_its_first_moment_and_not_its_last(platform: Actor) -> None:
    # Set up five seconds before it is answered.
    leg = call("edge", "Customer-001")
    assert ids(calls_of(platform, Span(leg.setup, leg.setup + HOUR))) == {"edge"}
    assert ids(calls_of(platform, Span(leg.setup - HOUR, leg.setup))) == set()


def test_of_who_left_an_agent_sees_what_it_paid_and_nothing_of_since(
    tree: ResellerTree, groups: Groups
) -> None:
    before = call("before", "Customer-002")
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    buys_at(tree.customer_2, groups.customer)
    call("since", "Customer-002", at=timezone.now())
    reader = of(Account.objects.get(pk=tree.agent.pk))
    assert ids(calls_of(reader, ALL)) == {"before"}
    assert call_seen(reader, before.pk) == before
    assert call_seen(reader, Leg.objects.get(call_id="since").pk) is None


def test_who_never_stood_below_is_no_former_account(tree: ResellerTree) -> None:
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    assert list(former_accounts(tree.agent.pk)) == [tree.customer_2]
    assert list(former_accounts(tree.top.pk)) == []
    assert list(former_accounts(tree.sibling.pk)) == []


def test_who_came_back_is_no_former_account(tree: ResellerTree) -> None:
    for agent in (tree.sibling, tree.agent):
        account = Account.objects.get(pk=tree.customer_2.pk)
        account_move(actor=SYSTEM, account=account, parent=agent)
    assert list(former_accounts(tree.agent.pk)) == []
    assert list(former_accounts(tree.sibling.pk)) == [tree.customer_2]


def test_legs_of_a_session_are_of_one_account_and_one_source(tree: ResellerTree) -> None:
    for account in (tree.customer, tree.customer_2):
        account_edit(actor=SYSTEM, account=account, ctd_billing_model="flow")
    same = {"account": "Customer-001", "session": "s-1"}
    charged(
        cdr("a", leg="A", at=NOON - 2 * HOUR, **same),
        cdr("b", leg="B", at=NOON - HOUR, **same),
        cdr("other", account="Customer-001", session="s-2"),
        cdr("neighbour", account="Customer-002", session="s-1"),
    )
    charged(cdr("elsewhere", leg="C", **same), source="another switch")
    for name in ("a", "b"):
        legs = session_legs(Leg.objects.get(call_id=name))
        assert [one.call_id for one in legs] == ["a", "b"]


def test_a_call_without_a_session_stands_alone() -> None:
    one = call("one", "Customer-001")
    call("two", "Customer-001")
    assert session_legs(one) == [one]


def test_calls_from_an_amount_on_are_those_their_account_pays(tree: ResellerTree) -> None:
    carried("one", "Customer-001", "0.50")
    assert ids(charged_at_least(Leg.objects.all(), Decimal("0.06"))) == {"one"}
    assert ids(charged_at_least(Leg.objects.all(), Decimal("0.060001"))) == set()


def test_a_level_above_that_pays_more_counts_for_nothing(
    tree: ResellerTree, groups: Groups
) -> None:
    rate(groups.agent, "8801", "0.90")
    call("one", "Customer-001")
    assert ids(charged_at_least(Leg.objects.all(), Decimal("0.07"))) == set()


def test_what_was_taken_back_counts_for_nothing(groups: Groups) -> None:
    call("one", "Customer-001")
    correction_add(
        actor=SYSTEM, group=groups.customer, prefix="880", begins_at=NOON - 2 * HOUR,
        ends_at=NOON, price=Decimal("0.05"), reason="wrong deck",
    )  # fmt: skip
    rerate_now(wanted=Wanted(NOON - 3 * HOUR, NOON), reason="wrong deck")
    legs = Leg.objects.all()
    assert ids(charged_at_least(legs, Decimal("0.05"))) == {"one"}
    assert ids(charged_at_least(legs, Decimal("0.06"))) == set()


def test_behind_a_movement_stand_its_own_calls(tree: ResellerTree) -> None:
    one = call("one", "Customer-001")
    call("two", "Customer-001")
    movement = Charge.objects.get(leg_id=one.pk, level=0).transaction_id
    assert movement is not None
    assert ids(behind_movement(Leg.objects.all(), movement)) == {"one"}


def test_what_a_level_had_locked_is_told_to_whom_it_concerns(
    tree: ResellerTree, groups: Groups, platform: Actor
) -> None:
    rate(groups.top, "8805", "0.10", is_locked=True)
    call("locked", "Customer-001", callee="8805500000")
    call("open", "Customer-001")
    legs = Leg.objects.all()
    assert ids(called_though_locked(platform, legs)) == {"locked"}
    assert ids(called_though_locked(of(tree.top), legs)) == {"locked"}
    assert ids(called_though_locked(of(tree.agent), legs)) == set()


# --- When -----------------------------------------------------------------------------------------


def test_a_day_alone_is_the_end_or_the_beginning_of_a_week() -> None:
    day = NOON.date()
    week = timedelta(days=7)
    midnight = datetime(2027, 3, 15, tzinfo=UTC)
    assert span_of("", None, day, NOON) == Span(midnight - 6 * week / 7, midnight + week / 7)
    assert span_of("", day, None, NOON) == Span(midnight, midnight + week)
    assert span_of("", day, day - week, NOON) == Span(midnight, midnight + week / 7)


def test_clocks_of_switches_may_be_an_hour_ahead() -> None:
    assert span_of("", None, None, NOON) == Span(NOON - timedelta(days=1), NOON + HOUR)


def test_a_month_and_an_hour_is_not_too_long() -> None:
    month = timedelta(days=31)
    assert not Span(NOON, NOON + month + HOUR).is_too_long
    assert Span(NOON, NOON + month + HOUR + timedelta(seconds=1)).is_too_long


# --- What they cost -------------------------------------------------------------------------------


def test_of_a_call_each_reads_its_side(tree: ResellerTree, platform: Actor) -> None:
    leg = carried("one", "Customer-001", "0.02")
    for reader, mine, margin, cost in (
        (of(tree.customer), "0.06", None, None),
        (of(tree.agent), "0.04", "0.02", None),
        (of(tree.top), "0.03", "0.01", None),
        (platform, "0.03", "0.01", "0.02"),
    ):
        (one,) = seen(reader, [leg])
        assert one.first is not None
        assert one.first.amount == Decimal("0.06")
        assert one.mine is not None
        assert one.mine.amount == Decimal(mine)
        assert one.margin == (None if margin is None else Decimal(margin))
        assert (one.cost.amount if one.cost else None) == (Decimal(cost) if cost else None)


def test_the_first_one_is_what_the_account_itself_pays(tree: ResellerTree) -> None:
    (one,) = seen(of(tree.top), [call("one", "Customer-001")])
    assert [each.level for each in one.standing] == [0, 1, 2]
    assert one.agent == tree.agent


def test_what_was_taken_back_is_read_and_does_not_stand(tree: ResellerTree, groups: Groups) -> None:
    leg = call("one", "Customer-001")
    correction_add(
        actor=SYSTEM, group=groups.customer, prefix="880", begins_at=NOON - 2 * HOUR,
        ends_at=NOON, price=Decimal("0.05"), reason="wrong deck",
    )  # fmt: skip
    rerate_now(wanted=Wanted(NOON - 3 * HOUR, NOON), reason="wrong deck")
    (one,) = seen(of(tree.customer), [leg])
    assert [each.amount for each in one.charges] == [
        Decimal("0.06"), Decimal("-0.06"), Decimal("0.05"),
    ]  # fmt: skip
    assert [each.amount for each in one.standing] == [Decimal("0.05")]


def test_an_agent_whose_customer_left_reads_its_own_price_alone(tree: ResellerTree) -> None:
    leg = call("one", "Customer-002")
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    (one,) = seen(of(Account.objects.get(pk=tree.agent.pk)), [leg])
    assert (one.account, one.first, one.agent, one.margin) == (None, None, None, None)
    assert [each.amount for each in one.charges] == [Decimal("0.04")]
    assert tree.customer_2.pk not in one.names


def test_who_came_later_reads_nothing_of_the_levels_of_before(tree: ResellerTree) -> None:
    leg = call("one", "Customer-002")
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    (one,) = seen(of(Account.objects.get(pk=tree.sibling.pk)), [leg])
    assert [each.amount for each in one.charges] == [Decimal("0.06")]
    assert one.mine is None
    assert tree.agent.pk not in one.names
    assert tree.top.pk not in one.names


def test_sums_are_those_of_each_side(tree: ResellerTree, platform: Actor) -> None:
    """A minute with a cost of 2 cents, and one of the agent itself that no carrier is known of."""
    carried("one", "Customer-001", "0.02")
    call("own", "Dhaka-Retail-Sub", seconds=120)
    zero = Decimal(0)
    legs = Leg.objects.all()
    for reader, charged_, mine, margin, cost in (
        # 6 + 8 cents; 4 of its own and 8 for its own call; 6 - 4.
        (of(tree.agent), "0.14", "0.12", "0.02", zero),
        # 3 + 6 cents; what its agent pays is 4 + 8.
        (of(tree.top), "0.14", "0.09", "0.03", zero),
        # Only of the call whose cost is known.
        (platform, "0.14", "0.09", "0.01", Decimal("0.02")),
    ):
        found = sums_of(reader, legs, None)
        assert (found.legs, found.answered, found.seconds) == (2, 2, 180)
        assert found.charged == Decimal(charged_)
        assert found.mine == Decimal(mine)
        assert found.margin == Decimal(margin)
        assert found.cost == cost


def test_sums_of_the_newest_are_of_so_many(platform: Actor) -> None:
    for at in (1, 2, 3):
        call(f"call-{at}", "Customer-001", at=NOON - at * HOUR)
    assert sums_of(platform, Leg.objects.all(), 2).charged == Decimal("0.12")


def test_after_a_move_sums_hold_what_each_knows_both_sides_of(tree: ResellerTree) -> None:
    """One of a customer that stays, one of the one that leaves: of the second the old agent knows
    its own price, the new one the customer's.
    """
    call("stays", "Customer-001")
    call("leaves", "Customer-002")
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    old = of(Account.objects.get(pk=tree.agent.pk))
    found = sums_of(old, calls_of(old, ALL), None)
    assert (found.charged, found.mine) == (Decimal("0.06"), Decimal("0.08"))
    assert found.margin == Decimal("0.02")
    new = of(Account.objects.get(pk=tree.sibling.pk))
    found = sums_of(new, calls_of(new, ALL), None)
    assert (found.charged, found.mine, found.margin) == (Decimal("0.06"), Decimal(0), Decimal(0))


def test_who_stays_when_its_agent_leaves_is_no_former_account(tree: ResellerTree) -> None:
    """It stood below the one that left, and stands below the one that is asked about."""
    account_move(actor=SYSTEM, account=tree.deep_customer, parent=tree.agent)
    leaves, goes_to = (Account.objects.get(pk=one.pk) for one in (tree.sub_agent, tree.sibling))
    account_move(actor=SYSTEM, account=leaves, parent=goes_to)
    assert list(former_accounts(tree.agent.pk)) == [leaves]


def test_of_who_left_the_levels_between_are_read_by_nobody(tree: ResellerTree) -> None:
    """The agent between stays below the one above, its customer does not: that one reads its own
    price of the call, and no margin of it.
    """
    leg = call("leaves", "Customer-002")
    call("stays", "Customer-001")
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.other_top)
    reader = of(Account.objects.get(pk=tree.top.pk))
    (one,) = seen(reader, [leg])
    assert [each.amount for each in one.charges] == [Decimal("0.03")]
    found = sums_of(reader, calls_of(reader, ALL), None)
    assert (found.charged, found.mine) == (Decimal("0.06"), Decimal("0.06"))
    assert found.margin == Decimal("0.01")


def test_who_stood_above_is_not_read_by_whom_it_stands_below_today(tree: ResellerTree) -> None:
    leg = call("one", "Customer-001")
    account_move(actor=SYSTEM, account=tree.agent, parent=None)
    agent, top = (Account.objects.get(pk=one.pk) for one in (tree.agent, tree.top))
    account_move(actor=SYSTEM, account=top, parent=agent)
    (one,) = seen(of(Account.objects.get(pk=agent.pk)), [leg])
    assert [each.amount for each in one.charges] == [Decimal("0.06"), Decimal("0.04")]


def test_a_charge_is_a_line_of_an_entry_of_its_wallet(tree: ResellerTree) -> None:
    leg = call("one", "Customer-001")
    charges = list(Charge.objects.filter(leg_id=leg.pk))
    found = entries_behind(charges)
    assert {one.pk: found[one.pk].wallet_id for one in charges} == {
        one.pk: one.account_id for one in charges
    }
