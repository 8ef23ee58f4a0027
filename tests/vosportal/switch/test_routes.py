"""By which carriers a call goes out, and in which order: what the switch is told (domain.md 7)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.gateways.models import Gateway, GatewayAddress
from accounts.gateways.services.capacity import ceiling_set, gateway_capacity_set
from accounts.gateways.services.gateways import gateway_information_set
from accounts.gateways.windows import Window
from accounts.tree.services.accounts import account_lock
from billing.carriers.models import CarrierEntry, CarrierPolicy
from billing.carriers.services import carrier_policy_set
from billing.wallets.models import Wallet
from tests.factories import AccountFactory, GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at
from tests.support.paying import pay
from tests.support.sabotage import expire
from tests.support.switching import answered, asked
from tests.vosportal.switch.conftest import NUMBER, Switched
from vosportal.switch.queries.routes import choose

pytestmark = pytest.mark.django_db


def names(call_id: str = "c-1", **more: str) -> list[str]:
    """The gateways that a call is to be tried by."""
    answer = asked(call_id, **more)
    return [one["gateway"] for one in answer["routes"]] if answer["allowed"] else []


def route(carrier: Account, name: str, **more: Any) -> Gateway:
    made: Gateway = GatewayFactory(
        account=carrier, name=name, direction="routing",
        **{"addresses": [f"198.51.100.{10 + Gateway.objects.count()}"], "capacity": 100, **more},
    )  # fmt: skip
    return made


def carrier(name: str, price: str = "", money: str = "1000", **of_rate: Any) -> Account:
    found: Account = AccountFactory(account_id=name, type=Account.Type.CLEARING)
    if money:
        pay(found, money)
    if price:
        group = rate_group(None, f"Deck {name}")
        rate(group, "880", price, since=LONG_AGO, **of_rate)
        buys_at(found, group)
    return found


def rules(account: Account, uses: str = "", guard: str = "", **named: Any) -> None:
    carrier_policy_set(actor=SYSTEM, account=account, uses=uses, guard=guard, reason="Why", **named)


class TestOrder:
    def test_the_lowest_priority_is_first(self, switched: Switched) -> None:
        route(switched.carrier, "rt-two", priority=5)
        route(switched.carrier, "rt-three", priority=20)
        assert names() == ["rt-two", "rt-one", "rt-three"]

    def test_of_one_priority_the_cheapest_is_first(self, switched: Switched) -> None:
        route(carrier("Dear", "0.02"), "rt-dear")
        route(carrier("Cheap", "0.01"), "rt-cheap")
        # The one without a price comes last, whatever it costs.
        assert names() == ["rt-cheap", "rt-dear", "rt-one"]

    def test_a_fee_and_blocks_are_part_of_the_price(self, switched: Switched) -> None:
        route(carrier("Fee", "0.01", connection_fee=Decimal("0.02")), "rt-fee")
        route(carrier("Blocks", "0.02", first_block=120, increment=60), "rt-blocks")
        route(carrier("Plain", "0.025"), "rt-plain")
        # A minute costs 0.025, 0.03 and 0.04.
        assert names() == ["rt-plain", "rt-fee", "rt-blocks", "rt-one"]

    def test_the_longest_prefix_of_the_deck_counts(self, switched: Switched) -> None:
        low = carrier("Low", "0.01")
        rate(Wallet.objects.get(pk=low.pk).rate_group, "88017", "0.09", since=LONG_AGO)
        route(low, "rt-low")
        route(carrier("Even", "0.02"), "rt-even")
        assert names()[:2] == ["rt-even", "rt-low"]

    def test_the_same_call_hears_the_same_and_weights_share(self, switched: Switched) -> None:
        route(switched.carrier, "rt-two", weight=30)
        links = ()
        now = timezone.now()

        def first(call_id: str) -> str:
            return choose(NUMBER, "", now, links=links, call_id=call_id).routes[0].gateway

        found = [first(f"call-{at}") for at in range(400)]
        assert found[:50] == [first(f"call-{at}") for at in range(50)]
        # 30 of 40.
        assert 260 < found.count("rt-two") < 340

    def test_eight_are_told_at_most(self, switched: Switched) -> None:
        for at in range(9):
            route(switched.carrier, f"rt-more-{at}", priority=20 + at)
        assert names() == ["rt-one", *(f"rt-more-{at}" for at in range(7))]


class TestWhoIsTried:
    def test_one_that_carries_the_number(self, switched: Switched) -> None:
        route(switched.carrier, "rt-other", prefixes=["49"], priority=1)
        route(switched.carrier, "rt-longer", prefixes=["44", "88017"], priority=2)
        route(switched.carrier, "rt-any", priority=3)
        assert names() == ["rt-longer", "rt-any", "rt-one"]

    @pytest.mark.parametrize(
        "stop",
        [
            lambda on: gateway_information_set(
                actor=SYSTEM, gateway=on.route, information={"is_locked": True}, reason="Why"
            ),
            lambda on: account_lock(actor=SYSTEM, account=on.carrier, reason="Why"),
            lambda on: expire(on.carrier),
            lambda on: gateway_capacity_set(actor=SYSTEM, gateway=on.route, capacity=0),
            lambda on: ceiling_set(actor=SYSTEM, account=on.carrier, calls=0),
            lambda on: pay(on.carrier, "1000", "deduction"),
            lambda on: rules(on.tree.customer, "kept", carriers=[on.carrier]),
            lambda on: gateway_information_set(
                actor=SYSTEM,
                gateway=on.route,
                information={"addresses": ["198.51.100.0/28"]},
                reason="Why",
            ),
        ],
        ids=["locked", "carrier", "expired", "capacity", "ceiling", "money", "rules", "address"],
    )
    def test_without_a_route_the_call_is_refused(
        self, switched: Switched, stop: Callable[[Switched], Any]
    ) -> None:
        stop(switched)
        answer = asked()
        assert (answer["allowed"], answer["sip_code"], answer["said"]) == (False, 503, "No route")
        assert sum(switched.held()) == 0

    def test_a_full_one_is_passed_over(self, switched: Switched) -> None:
        gateway_capacity_set(actor=SYSTEM, gateway=switched.route, capacity=1)
        route(switched.carrier, "rt-two", priority=20)
        assert names() == ["rt-one", "rt-two"]
        answered(gateway="rt-one")
        assert names("c-2") == ["rt-two"]

    def test_a_window_of_the_carriers_own_time_counts(
        self, switched: Switched, time_machine: Any
    ) -> None:
        gateway_capacity_set(
            actor=SYSTEM, gateway=switched.route, capacity=10,
            windows=[Window("daily", 12 * 60, 13 * 60, 0)],
        )  # fmt: skip
        time_machine.move_to(datetime(2026, 12, 1, 12, 30, tzinfo=UTC))
        assert names() == []
        time_machine.move_to(datetime(2026, 12, 1, 13, 0, tzinfo=UTC))
        assert names("c-2") == ["rt-one"]

    def test_credit_is_money(self, switched: Switched) -> None:
        pay(switched.carrier, "1000", "deduction")
        Wallet.objects.filter(pk=switched.carrier.pk).update(
            payment_mode="postpaid", credit_limit="0.01"
        )
        assert names() == ["rt-one"]
        Wallet.objects.filter(pk=switched.carrier.pk).update(credit_limit=0, is_unlimited=True)
        assert names("c-2") == ["rt-one"]

    def test_a_locked_rate_is_no_way_out(self, switched: Switched) -> None:
        route(carrier("Shut", "0.01", is_locked=True), "rt-shut", priority=1)
        assert names() == ["rt-one"]

    def test_a_rate_that_begins_later_is_none_yet(self, switched: Switched) -> None:
        later = carrier("Later")
        group = rate_group(None, "Deck Later")
        rate(group, "880", "0.01", since=timezone.now() + timedelta(hours=1))
        buys_at(later, group)
        route(later, "rt-later")
        route(carrier("Now", "0.02"), "rt-now")
        assert names()[0] == "rt-now"


class TestRules:
    def test_the_nearest_level_that_speaks_counts(self, switched: Switched) -> None:
        two = carrier("Carrier-Two")
        route(two, "rt-two", priority=20)
        rules(switched.tree.top, "kept", carriers=[switched.carrier])
        assert names() == ["rt-two"]
        rules(switched.tree.agent, "kept", carriers=[two])
        assert names("c-2") == []
        rules(switched.tree.customer, "bound", carriers=[switched.carrier])
        assert names("c-3") == ["rt-one"]

    def test_a_gateway_alone_is_named(self, switched: Switched) -> None:
        route(switched.carrier, "rt-two", priority=20)
        rules(switched.tree.top, "bound", gateways=[Gateway.objects.get(name="rt-two")])
        assert names() == ["rt-two"]

    def test_bound_to_what_is_gone_is_bound_to_nothing(self, switched: Switched) -> None:
        two = route(switched.carrier, "rt-two")
        rules(switched.tree.top, "bound", gateways=[two])
        two.delete()
        assert names() == []

    def test_rules_of_a_sibling_are_nothing_to_it(self, switched: Switched) -> None:
        other = AccountFactory(parent=switched.tree.agent)
        rules(other, "bound")
        assert names() == ["rt-one"]


class TestProfitGuard:
    def test_what_costs_more_than_the_root_pays_is_refused(self, switched: Switched) -> None:
        # The root pays 0.03 a minute.
        route(carrier("Even", "0.03"), "rt-even")
        route(carrier("Dear", "0.031"), "rt-dear")
        assert names() == ["rt-even", "rt-dear", "rt-one"]
        rules(switched.tree.top, guard="on")
        # Whose price is not known might cost more.
        assert names("c-2") == ["rt-even"]

    def test_the_nearest_level_counts(self, switched: Switched) -> None:
        rules(switched.tree.top, guard="on")
        assert names() == []
        rules(switched.tree.customer, guard="off")
        assert names("c-2") == ["rt-one"]

    def test_neither_the_first_minute_nor_a_further_one_costs_more(
        self, switched: Switched
    ) -> None:
        rules(switched.tree.top, guard="on")
        route(carrier("Fee", "0.02", connection_fee=Decimal("0.011")), "rt-fee")
        assert names() == []


class TestHowItGoesOut:
    def test_host_transport_and_both_rewritings(self, switched: Switched) -> None:
        GatewayFactory(
            account=switched.tree.customer, name="gw-in", addresses=["203.0.113.5"], capacity=5,
            callee_rewrites=["0>880"], caller_rewrites=["0>880"],
        )  # fmt: skip
        gateway_information_set(
            actor=SYSTEM, gateway=switched.route,
            information={"callee_rewrites": [">77#"], "caller_rewrites": ["880>+880"]},
            reason="Why",
        )  # fmt: skip
        answer = asked(phone="", address="203.0.113.5", caller="01819", callee="01711000000")
        assert (answer["caller"], answer["callee"]) == ("8801819", NUMBER)
        assert answer["routes"] == [{
            "gateway": "rt-one", "host": "198.51.100.7", "port": 5060, "protocol": "sip",
            "transport": "udp", "caller": "+8801819", "callee": f"77#{NUMBER}",
        }]  # fmt: skip

    def test_a_host_goes_before_the_addresses(self, switched: Switched) -> None:
        route(
            switched.carrier, "rt-named", host="SIP.Carrier.example.", transport="tls", priority=1
        )
        first = asked()["routes"][0]
        assert (first["host"], first["transport"]) == ("sip.carrier.example", "tls")


def _many(switched: Switched, gateways: int, ruled: int) -> None:
    """So many gateways of twenty carriers, of which a tenth carries the number, and rules on so
    many accounts.
    """
    some = [carrier(f"Many-{at}", "0.01") for at in range(4)]
    made = Gateway.objects.bulk_create(
        Gateway(
            name=f"rt-many-{at}", account=some[at % 4], direction="routing", capacity=10,
            is_locked=False, prefixes=["880"] if at % 10 == 0 else ["49", "44"],
        )
        for at in range(gateways)
    )  # fmt: skip
    GatewayAddress.objects.bulk_create(
        GatewayAddress(gateway=one, text=f"10.9.0.{at % 250}", first=f"a{at}", last=f"a{at}")
        for at, one in enumerate(made)
    )
    for at in range(ruled):
        account = AccountFactory(parent=switched.tree.agent)
        policy = CarrierPolicy.objects.create(account=account, uses="kept")
        CarrierEntry.objects.create(policy=policy, carrier=some[at % 4])


@pytest.mark.wide
def test_choosing_costs_as_many_statements_however_much_there_is(switched: Switched) -> None:
    def taken() -> int:
        with CaptureQueriesContext(connection) as found:
            assert names(f"c-{timezone.now().timestamp()}")
        return len(found)

    rules(switched.tree.top, "kept", gateways=[route(switched.carrier, "rt-two")])
    route(carrier("Priced", "0.01"), "rt-priced")
    few = taken()
    _many(switched, 500, 100)
    assert taken() == few
