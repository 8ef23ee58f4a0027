"""Whose a record is, which number counts, and what waits for want of either (docs/domain.md 7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from billing.calls.models import CallRecord, Leg
from billing.charging.models import Charge
from billing.charging.queries.integrity import calls_found
from tests.billing.charging.conftest import Groups
from tests.factories.accounts import AccountFactory
from tests.factories.calls import cdr, charged, charges, legs, waits
from tests.factories.gateways import GatewayFactory
from tests.factories.phones import phone
from tests.factories.rates import LONG_AGO, rate
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.sabotage import plant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _buying(groups: Groups) -> None:
    """Everybody of the chain buys somewhere."""


def test_a_phone_names_its_account(tree: ResellerTree) -> None:
    phone(tree.customer, "8802222")
    charged(cdr(phone="8802222"))
    assert [one[0] for one in charges()][0] == "Customer-001"


def test_a_gateway_names_its_account_in_any_case(tree: ResellerTree) -> None:
    GatewayFactory(account=tree.customer, name="dhk-gw", direction="mapping")
    charged(cdr(gateway="DHK-GW"))
    assert [one[0] for one in charges()][0] == "Customer-001"


def test_a_carriers_gateway_names_nobody_who_calls(tree: ResellerTree) -> None:
    GatewayFactory(account=tree.other_top, name="carrier", direction="mapping")
    charged(cdr(gateway="nowhere"))
    assert waits() == [("nobody", "")]


def test_names_of_different_accounts_wait(tree: ResellerTree) -> None:
    phone(tree.customer_2, "8802222")
    charged(cdr(account="Customer-001", phone="8802222"))
    assert waits() == [("several", "")]


def test_names_of_the_same_account_do_not(tree: ResellerTree) -> None:
    phone(tree.customer, "8802222")
    charged(cdr(account="customer-001", phone="8802222"))
    assert legs() == ["c-1"]


def test_one_unknown_name_beside_a_known_one_waits(tree: ResellerTree) -> None:
    charged(cdr(account="Customer-001", phone="999"))
    assert waits() == [("nobody", "")]


def test_a_closed_account_waits(tree: ResellerTree) -> None:
    account_close(actor=SYSTEM, account=tree.customer, reason="gone")
    charged(cdr(account="Customer-001"))
    assert waits() == [("closed", "Customer-001")]


def test_so_does_a_leg_of_before_a_move_whose_agent_of_then_is_closed(
    tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    before = AccountFactory(account_id="Agent-Before", parent=tree.top)
    mover = AccountFactory(account_id="Mover", parent=before)
    for account, group in ((before, groups.agent), (mover, groups.customer)):
        buys_at(account, group, since=LONG_AGO)
    called_at = timezone.now()
    time_machine.move_to(called_at + timedelta(hours=1))
    account_move(actor=SYSTEM, account=mover, parent=tree.agent)
    account_close(actor=SYSTEM, account=before, reason="gone")
    charged(cdr(account="Mover", at=called_at))
    assert waits() == [("closed", "Agent-Before")]
    assert charges() == []


def test_the_cost_of_a_closed_carrier_waits_and_its_customer_is_charged(
    tree: ResellerTree, groups: Groups
) -> None:
    carrier = AccountFactory(account_id="Carrier", type="clearing")
    buys_at(carrier, groups.top, since=LONG_AGO)
    GatewayFactory(account=carrier, name="elbe", direction="routing")
    plant(carrier, status="closed")
    charged(cdr(account="Customer-001", routing_gateway="elbe"))
    assert waits() == [("closed", "Carrier")]
    assert [name for name, _prefix, _amount in charges()] == [
        "Customer-001", "Dhaka-Retail-Sub", "BD-Wholesale-Agent",
    ]  # fmt: skip
    assert calls_found().is_sound, calls_found().lines


def test_the_gateway_rewrites_what_was_dialled(tree: ResellerTree) -> None:
    GatewayFactory(account=tree.customer, name="gw", direction="mapping", callee_rewrites=["0>880"])
    charged(cdr(gateway="gw", callee="01711000000"))
    assert Leg.objects.get().number == "8801711000000"
    assert Leg.objects.get().callee == "01711000000"


def test_what_is_rewritten_already_is_taken_as_it_is(tree: ResellerTree) -> None:
    GatewayFactory(
        account=tree.customer, name="gw", direction="mapping", callee_rewrites=["880>881"]
    )
    charged(cdr("a", gateway="gw", callee_out="+880 1711-000000"))
    charged(cdr("b", gateway="gw"), is_rewritten=True)
    found = Leg.objects.order_by("pk").values_list("number", flat=True)
    assert list(found) == ["8801711000000", "8801711000000"]


@pytest.mark.parametrize("number", ["anonymous", "1234567890123456", ""])
def test_what_is_no_number_waits(number: str) -> None:
    charged(cdr(account="Customer-001", callee=number))
    assert waits() == [("no_number", "Customer-001")]


def test_what_was_not_answered_needs_no_number() -> None:
    charged(cdr(account="Customer-001", callee="anonymous", seconds=0))
    assert legs() == ["c-1"]


class TestTimes:
    def test_the_future_waits(self, tree: ResellerTree) -> None:
        charged(cdr(account="Customer-001", at=timezone.now() + timedelta(minutes=10)))
        assert waits() == [("absurd", "")]

    def test_ten_minutes_ahead_are_a_clock_that_is_fast(self) -> None:
        charged(cdr(account="Customer-001", at=timezone.now() + timedelta(minutes=8)))
        assert legs() == ["c-1"]

    def test_a_duration_may_be_two_seconds_apart(self) -> None:
        charged(
            cdr("a", account="Customer-001", duration="62"),
            cdr("b", account="Customer-001", duration="58"),
            cdr("c", account="Customer-001", duration="62.5"),
        )
        assert legs() == ["a", "b"]
        assert waits() == [("absurd", "")]

    def test_part_of_a_second_is_a_second(self) -> None:
        charged(cdr(account="Customer-001", duration="60.2"))
        assert Leg.objects.get().duration == 61
        assert {one.billed for one in Charge.objects.all()} == {120}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"duration": "-1"},
            {"duration": "1000000000"},
            {"end": "0001-01-01T00:00:00+00:00"},
            {"end": "9999-12-31T23:00:00+00:00"},
            {"answer": "2026-01-01T00:00:00+00:00"},
        ],
    )
    def test_what_cannot_be_waits(self, wrong: dict[str, str]) -> None:
        charged(cdr(account="Customer-001", **wrong))
        assert waits() == [("absurd", "")]

    def test_a_day_is_the_longest_call(self) -> None:
        begin = timezone.now() - timedelta(days=3)
        charged(
            cdr("a", account="Customer-001", at=begin, seconds=86_400),
            cdr("b", account="Customer-001", at=begin, seconds=86_401),
        )
        assert legs() == ["a"]

    def test_older_than_the_months_that_are_kept(self, settings: Any, time_machine: Any) -> None:
        settings.CALL_MONTHS = 2
        time_machine.move_to(datetime(2027, 3, 15, 12, tzinfo=UTC), tick=False)
        kept = datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC)
        charged(
            cdr("kept", account="Customer-001", at=kept),
            cdr("old", account="Customer-001", at=kept - timedelta(seconds=1)),
        )
        assert legs() == ["kept"]
        assert waits() == [("old", "")]

    def test_what_waits_is_known_again(self) -> None:
        record = cdr(account="Customer-001", duration="-1")
        charged(record)
        done = charged(record)
        assert (done.repeated, done.queued) == (1, 0)
        assert CallRecord.objects.count() == 1


class TestFlow:
    @pytest.fixture(autouse=True)
    def _flow(self, tree: ResellerTree) -> None:
        account_edit(actor=SYSTEM, account=tree.customer, ctd_billing_model="flow")

    def test_both_legs_are_charged(self) -> None:
        charged(
            cdr(account="Customer-001", leg="A", session="s-1"),
            cdr(account="Customer-001", leg="B", session="s-1"),
        )
        assert legs() == ["c-1", "c-1"]
        assert len(charges()) == 6

    def test_a_leg_without_its_session_waits(self) -> None:
        charged(cdr(account="Customer-001", leg="A"))
        assert waits() == [("no_session", "Customer-001")]


def test_two_legs_of_a_standard_account_wait() -> None:
    charged(cdr(account="Customer-001", leg="A"), cdr(account="Customer-001", leg="B"))
    assert legs() == ["c-1"]
    assert waits() == [("two_legs", "Customer-001")]


class TestCost:
    """The carrier's clearing account pays by itself, and waits alone."""

    @pytest.fixture
    def carrier(self, groups: Groups) -> Account:
        carrier = AccountFactory(account_id="Carrier", type="clearing")
        GatewayFactory(account=carrier, name="out", direction="routing")
        return carrier

    def test_it_is_charged_with_the_leg(self, carrier: Account, groups: Groups) -> None:
        buys_at(carrier, groups.top, since=LONG_AGO)
        charged(cdr(account="Customer-001", routing_gateway="OUT"))
        assert [(one[0], str(one[2])) for one in charges()] == [
            ("Customer-001", "0.060000"),
            ("Dhaka-Retail-Sub", "0.040000"),
            ("BD-Wholesale-Agent", "0.030000"),
            ("Carrier", "0.030000"),
        ]

    def test_without_a_rate_it_waits_and_nobody_else_does(
        self, carrier: Account, groups: Groups
    ) -> None:
        charged(cdr(account="Customer-001", routing_gateway="out"))
        assert len(charges()) == 3
        assert waits() == [("no_group", "Carrier")]

    def test_it_is_charged_later_at_a_rate_that_was_missing(
        self, carrier: Account, groups: Groups
    ) -> None:
        charged(cdr(account="Customer-001", routing_gateway="out"))
        buys_at(carrier, groups.top, since=LONG_AGO)
        CallRecord.objects.update(state="new")
        charged()
        assert waits() == []
        assert [one[0] for one in charges()][3:] == ["Carrier"]

    def test_an_unknown_gateway_waits(self, carrier: Account) -> None:
        charged(cdr(account="Customer-001", routing_gateway="elsewhere"))
        assert waits() == [("no_carrier", "")]
        assert len(charges()) == 3


def test_a_locked_rate_is_charged_and_flagged(tree: ResellerTree, groups: Groups) -> None:
    rate(groups.agent, "88017", "0.05", is_locked=True)
    charged(cdr(account="Customer-001"))
    assert Leg.objects.get().was_locked
    assert [one.was_locked for one in Charge.objects.order_by("level")] == [False, True, False]
