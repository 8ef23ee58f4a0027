"""How calls go out by a gateway to a carrier: host, transport, priority, weight (domain.md 8)."""

from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry
from accounts.gateways.models import Gateway
from accounts.gateways.outgoing import clean_host
from accounts.gateways.services.gateways import gateway_information_set
from accounts.gateways.services.routing import gateway_routing_set
from accounts.kit.errors import NotInScope, Refused
from tests.factories import (
    AccountFactory,
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
)
from tests.support.pages import field_error, just_signed_in, sent_by_form, words_of

pytestmark = pytest.mark.django_db
WANTED = {"host": "sip.example.net", "transport": "tcp", "priority": 5, "weight": 20}


@pytest.fixture
def routing(reseller_tree: ResellerTree) -> Gateway:
    carrier = AccountFactory(account_id="Carrier-1", type="clearing")
    made: Gateway = GatewayFactory(
        account=carrier, name="rt-1", direction="routing", addresses=["198.51.100.7"]
    )
    return made


@pytest.fixture
def office() -> Client:
    return just_signed_in(StaffFactory(administrator=True))


def set_to(gateway: Gateway, **values: Any) -> Gateway:
    return gateway_routing_set(
        actor=SYSTEM, gateway=gateway, routing={**WANTED, **values}, reason="Moved"
    )


class TestHosts:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("", ""),
            ("SIP.Carrier.Example.", "sip.carrier.example"),
            ("trunk-1.sbc.example.net", "trunk-1.sbc.example.net"),
            ("_sip._udp.example.net", "_sip._udp.example.net"),
            ("203.0.113.5", "203.0.113.5"),
            ("[2001:db8::5]", "2001:db8::5"),
        ],
    )
    def test_are_kept_in_one_writing(self, typed: str, kept: str) -> None:
        assert clean_host(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            "localhost", "-a.example.net", "a-.example.net", "a..example.net", "1.2.3", "300.1.1.1",
            "127.0.0.1", "0.0.0.0", "203.0.113.0/24", "sip:host.example.net", "a.example.net:5060",
            "a b.example.net", "höst.example", f"{'a' * 64}.example.net", f"{'a.' * 130}net",
            "user@host.example.net",
        ],
    )  # fmt: skip
    def test_what_is_none_is_refused(self, typed: str) -> None:
        with pytest.raises(Refused) as refused:
            clean_host(typed)
        assert (refused.value.code, refused.value.field) == ("host", "host")


class TestSetting:
    def test_all_of_it_is_kept_and_recorded(self, routing: Gateway) -> None:
        set_to(routing)
        routing.refresh_from_db()
        assert {name: getattr(routing, name) for name in WANTED} == WANTED
        entry = AuditEntry.objects.get(action="gateway.routing")
        assert entry.before == {"host": "", "transport": "udp", "priority": 10, "weight": 10}
        assert (entry.after, entry.reason, entry.subject) == (WANTED, "Moved", "rt-1")
        set_to(routing)
        assert AuditEntry.objects.filter(action="gateway.routing").count() == 1

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("priority", 0, "out_of_range"), ("priority", 1000, "out_of_range"),
            ("weight", 0, "out_of_range"), ("weight", 1001, "out_of_range"),
            ("transport", "sctp", "unknown_choice"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(
        self, routing: Gateway, field: str, value: Any, code: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            set_to(routing, **{field: value})
        assert (refused.value.code, refused.value.field) == (code, field)

    def test_an_unlocked_one_goes_somewhere(self, routing: Gateway) -> None:
        with pytest.raises(Refused, match="known by its address"):
            gateway_information_set(
                actor=SYSTEM, gateway=routing, information={"addresses": []}, reason="Why"
            )
        set_to(routing)
        gateway_information_set(
            actor=SYSTEM, gateway=routing, information={"addresses": []}, reason="Why"
        )
        with pytest.raises(Refused, match="known by its address"):
            set_to(routing, host="")

    def test_a_mapping_gateway_has_none(self, reseller_tree: ResellerTree) -> None:
        mapping = GatewayFactory(account=reseller_tree.customer)
        with pytest.raises(NotInScope):
            set_to(mapping)

    def test_prefixes_are_digits_as_numbers_go_out(self, routing: Gateway) -> None:
        for wrong in ("+880", "*9", "8801711000000123"):
            with pytest.raises(Refused) as refused:
                gateway_information_set(
                    actor=SYSTEM, gateway=routing, information={"prefixes": [wrong]}, reason="Why"
                )
            assert (refused.value.code, refused.value.field) == ("prefix", "prefixes")


@pytest.mark.wide
class TestPages:
    def test_it_is_set_where_the_gateway_stands(self, routing: Gateway, office: Client) -> None:
        sent = sent_by_form(office.get("/gateways/rt-1/"), "priority")
        sent |= {"host": "sip.example.net", "transport": "tls", "priority": "3", "reason": "New"}
        assert office.post("/gateways/rt-1/routing/", sent).status_code == 303
        routing.refresh_from_db()
        assert (routing.host, routing.transport, routing.priority) == ("sip.example.net", "tls", 3)
        assert "Routing of gateway rt-1 changed" in words_of(office.get("/gateways/rt-1/history/"))
        assert "sip.example.net" in words_of(office.get("/gateways/?q=SIP.example"))

    def test_who_was_slower_sees_what_is_there(self, routing: Gateway, office: Client) -> None:
        sent = sent_by_form(office.get("/gateways/rt-1/routing/"), "priority")
        set_to(routing, priority=7)
        page = office.post(
            "/gateways/rt-1/routing/", {**sent, "transport": "udp", "priority": "3", "reason": "x"}
        )
        assert "Somebody else changed it" in words_of(page, 409)
        assert "was 7 becomes 3" in words_of(page, 409)

    def test_what_cannot_be_is_said_beside_its_field(
        self, routing: Gateway, office: Client
    ) -> None:
        sent = sent_by_form(office.get("/gateways/rt-1/routing/"), "priority")
        page = office.post(
            "/gateways/rt-1/routing/", {**sent, "transport": "udp", "host": "x", "reason": "x"}
        )
        assert page.status_code == 422
        assert "neither the name of a host" in field_error(page, "host")

    def test_priority_and_weight_are_nothing_an_agent_has(
        self, routing: Gateway, office: Client, reseller_tree: ResellerTree
    ) -> None:
        mapping = GatewayFactory(account=reseller_tree.customer, name="gw-1")
        grant(reseller_tree.agent)
        agent = just_signed_in(UserFactory(account=reseller_tree.agent))
        assert "Priority" in words_of(office.get("/gateways/"))
        seen = words_of(agent.get("/gateways/"))
        assert mapping.name in seen
        assert "Priority" not in seen
        answer: Any = agent.get("/gateways/export/?format=csv")
        file = b"".join(answer.streaming_content).decode()
        assert "gw-1" in file
        assert "Priority" not in file
        assert "Routing" not in words_of(agent.get("/gateways/gw-1/"))
        for path in ("/gateways/rt-1/", "/gateways/rt-9/"):
            assert agent.get(path).status_code == 404
        assert office.get("/gateways/gw-1/routing/").status_code == 404
