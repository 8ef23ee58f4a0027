"""Carriers, and who may use which: rules on accounts, and their pages (docs/domain.md 8)."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry
from accounts.gateways.models import Gateway
from accounts.kit.errors import Clash, Refused
from billing.carriers.models import CarrierPolicy
from billing.carriers.services import carrier_policy_set
from tests.factories import (
    AccountFactory,
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
)
from tests.support.pages import field_error, just_signed_in, words_of
from tests.support.paying import pay
from tests.support.switching import running_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def carrier(reseller_tree: ResellerTree) -> Account:
    found: Account = AccountFactory(account_id="Carrier-One", type="clearing")
    GatewayFactory(
        account=found, name="rt-one", direction="routing", addresses=["198.51.100.7"],
        prefixes=["880", "91"], capacity=4, priority=3,
    )  # fmt: skip
    return found


@pytest.fixture
def office() -> Client:
    return just_signed_in(StaffFactory(administrator=True))


def ruled(account: Account, uses: str = "", **more: Any) -> None:
    carrier_policy_set(actor=SYSTEM, account=account, uses=uses, reason="Complaints", **more)


class TestRules:
    def test_what_is_ruled_is_recorded(self, reseller_tree: ResellerTree, carrier: Account) -> None:
        gateway = Gateway.objects.get(name="rt-one")
        ruled(reseller_tree.top, "kept", carriers=[carrier], gateways=[gateway], guard="on")
        entry = AuditEntry.objects.get(action="carriers.rule")
        assert entry.before == {"carrier_rule": "", "carriers": [], "guard": ""}
        assert entry.after == {
            "carrier_rule": "kept", "carriers": ["Carrier-One", "rt-one"], "guard": "on",
        }  # fmt: skip
        assert (entry.subject, entry.reason) == ("BD-Wholesale-Agent", "Complaints")
        # Whoever sees the account reads what stands on it.
        assert not entry.account
        ruled(reseller_tree.top, "kept", carriers=[carrier], gateways=[gateway], guard="on")
        assert AuditEntry.objects.filter(action="carriers.rule").count() == 1
        ruled(reseller_tree.top)
        assert not CarrierPolicy.objects.get(pk=reseller_tree.top.pk).entries.exists()

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({"uses": "loved"}, "unknown_choice"),
            ({"guard": "maybe"}, "unknown_choice"),
            ({"uses": "kept"}, "kept_from_nothing"),
            ({"uses": "", "carriers": "carrier"}, "carriers_without_rule"),
            ({"uses": "bound", "carriers": "customer"}, "no_carrier"),
            ({"uses": "bound", "gateways": "mapping"}, "no_carrier"),
            ({"reason": " "}, "reason_required"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, reseller_tree: ResellerTree, carrier: Account, said: dict[str, Any], code: str
    ) -> None:
        named = {
            "carrier": carrier, "customer": reseller_tree.customer,
            "mapping": GatewayFactory(account=reseller_tree.customer),
        }  # fmt: skip
        values = {
            key: [named[one]] if key in ("carriers", "gateways") else one
            for key, one in said.items()
        }
        with pytest.raises(Refused) as refused:
            carrier_policy_set(
                **{"actor": SYSTEM, "account": reseller_tree.top, "reason": "Why", **values}
            )
        assert refused.value.code == code

    def test_a_carrier_itself_has_none(self, carrier: Account) -> None:
        with pytest.raises(Refused) as refused:
            ruled(carrier, guard="on")
        assert refused.value.code == "carrier_itself"

    def test_who_was_slower_is_told(self, reseller_tree: ResellerTree, carrier: Account) -> None:
        ruled(reseller_tree.top, "bound", carriers=[carrier], expected_version=0)
        with pytest.raises(Clash):
            ruled(reseller_tree.top, expected_version=0)
        ruled(reseller_tree.top, expected_version=1)


@pytest.mark.wide
class TestPages:
    def test_the_list_shows_money_gateways_and_rules(
        self, reseller_tree: ResellerTree, carrier: Account, office: Client
    ) -> None:
        assert "No money left: its gateways are skipped." in words_of(office.get("/carriers/"))
        pay(carrier, "12.5")
        running_call(reseller_tree.customer, routing_gateway="rt-one")
        ruled(reseller_tree.top, "kept", carriers=[carrier])
        ruled(reseller_tree.agent, "bound", carriers=[carrier], guard="on")
        words = words_of(office.get("/carriers/"))
        assert "12.50 USD left" in words
        assert "rt-one 1 of 4, pri 3" in words
        assert "BD-Wholesale-Agent kept from off" in words
        assert "Dhaka-Retail-Sub bound to on, set here" in words
        assert "No money left" not in words

    def test_a_carrier_shows_what_it_carries_and_who_is_mapped(
        self, reseller_tree: ResellerTree, carrier: Account, office: Client
    ) -> None:
        ruled(reseller_tree.top, "bound", gateways=[Gateway.objects.get(name="rt-one")])
        words = words_of(office.get("/carriers/Carrier-One/"))
        assert "rt-one Active 880, 91 198.51.100.7 3 10 0 of 4" in words
        assert "BD-Wholesale-Agent Bound to rt-one" in words
        assert office.get("/carriers/Customer-001/").status_code == 404

    def test_rules_are_set_after_a_check(
        self, reseller_tree: ResellerTree, carrier: Account, office: Client
    ) -> None:
        page = "/accounts/BD-Wholesale-Agent/carriers/"
        assert "Carrier-One may use" in words_of(office.get(page))
        sent = {
            "uses": "kept", "named": "carrier:Carrier-One", "guard": "", "version": "0",
            "boxes": "named", "reason": "Complaints",
        }  # fmt: skip
        check = words_of(office.post(page, sent))
        assert "Carrier-One was may use becomes not" in check
        assert "No carrier is left" in check
        assert not CarrierPolicy.objects.exists()
        assert office.post(page, {**sent, "confirmed": "1"}).status_code == 303
        assert "kept from Carrier-One" in words_of(office.get(page))
        below = words_of(office.get("/accounts/Customer-001/carriers/"))
        assert "Carrier-One not" in below
        slow = office.post(page, {**sent, "confirmed": "1"})
        assert "Somebody else changed these rules" in words_of(slow, 409)
        wrong = office.post(page, {**sent, "named": "carrier:Nobody"})
        assert field_error(wrong, "named") == "There is no such carrier."

    def test_an_agent_sees_nothing_of_carriers(
        self, reseller_tree: ResellerTree, carrier: Account
    ) -> None:
        ruled(reseller_tree.agent, "kept", carriers=[carrier])
        grant(reseller_tree.agent)
        agent = just_signed_in(UserFactory(account=reseller_tree.agent))
        for path in ("/", "/accounts/Dhaka-Retail-Sub/", "/accounts/Dhaka-Retail-Sub/audit/"):
            words = words_of(agent.get(path))
            assert "Carrier" not in words
            assert "Profit guard" not in words
        answers = {
            agent.get(path).status_code
            for path in (
                "/carriers/", "/carriers/Carrier-One/", "/carriers/Nobody/",
                "/accounts/Dhaka-Retail-Sub/carriers/",
            )
        }  # fmt: skip
        assert answers == {403}

    def test_a_page_costs_as_many_statements_however_much_there_is(
        self, reseller_tree: ResellerTree, carrier: Account, office: Client
    ) -> None:
        ruled(reseller_tree.top, "kept", carriers=[carrier])
        pages = ("/carriers/", "/carriers/Carrier-One/", "/accounts/BD-Wholesale-Agent/carriers/")

        def taken(path: str) -> int:
            office.get(path)
            with CaptureQueriesContext(connection) as found:
                assert office.get(path).status_code == 200
            return len(found)

        few = [taken(one) for one in pages]
        for at in range(6):
            other = AccountFactory(account_id=f"Other-{at}", type="clearing")
            GatewayFactory(account=other, direction="routing", addresses=[f"198.51.100.{20 + at}"])
            GatewayFactory(account=carrier, direction="routing", addresses=[f"203.0.113.{at}"])
            ruled(AccountFactory(parent=reseller_tree.top), "kept", carriers=[carrier, other])
        assert [taken(one) for one in pages] == few
