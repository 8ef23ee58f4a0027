"""Networks of an agent's gateways hold one owner's addresses (docs/domain.md 2)."""

from typing import Any

import pytest

from accounts.core.actor import Actor, actor_for
from accounts.gateways.models import GatewayAddress
from accounts.gateways.services.gateways import gateway_create, gateway_information_set
from tests.factories import GatewayFactory, ResellerTree
from tests.support.probing import named
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db


class TestNetworks:
    @pytest.mark.parametrize("wide", ["198.51.0.0/16", "198.51.100.0/23", "2001:db8::/47"])
    def test_a_wide_one_is_for_administrators(
        self, tree: ResellerTree, dhaka: Actor, administrator: Any, wide: str
    ) -> None:
        one = GatewayFactory(account=tree.agent, name="gw-1")
        with refused("address", field="addresses") as caught:
            self.set(one, dhaka, addresses=[wide])
        assert "at least /24, with IPv6 /48" in str(caught.value.message)
        with refused("address", field="addresses"):
            gateway_create(
                actor=dhaka,
                account=tree.agent,
                name="gw-2",
                information={"addresses": [wide]},
            )
        self.set(one, actor_for(administrator), addresses=[wide])
        assert GatewayAddress.objects.get().text == wide

    @pytest.mark.parametrize("narrow", ["198.51.100.0/24", "2001:db8::/48"])
    def test_one_owners_is_everybodys(self, tree: ResellerTree, dhaka: Actor, narrow: str) -> None:
        self.set(GatewayFactory(account=tree.agent), dhaka, addresses=[narrow], is_locked=False)
        assert GatewayAddress.objects.get().text == narrow

    def test_what_is_stored_stays_and_does_not_stand_against_other_changes(
        self, tree: ResellerTree, dhaka: Actor
    ) -> None:
        one = GatewayFactory(account=tree.agent, addresses=["198.51.0.0/16"])
        self.set(one, dhaka, addresses=["198.51.0.0/16"], note="as it is")
        self.set(one, dhaka, port=5070)
        self.set(one, dhaka, addresses=["198.51.0.0/16", "203.0.113.0/24"])
        self.set(one, dhaka, addresses=["203.0.113.0/24"])
        with refused("address", field="addresses"):
            self.set(one, dhaka, addresses=["198.51.0.0/16"])

    def test_the_same_address_beside_another_port_is_another_question(
        self, tree: ResellerTree, dhaka: Actor
    ) -> None:
        for port in (5060, 5070):
            GatewayFactory(account=tree.other_top, addresses=["203.0.113.7"], port=port)
        one = GatewayFactory(account=tree.agent)
        for port in (5060, 5070, 5070):
            with refused("not_available", field="addresses"):
                self.set(one, dhaka, addresses=["203.0.113.7"], port=port, is_locked=False)
        assert named(tree.agent) == 2

    def set(self, one: Any, actor: Actor, **information: Any) -> None:
        gateway_information_set(actor=actor, gateway=one, information=information, reason="x")
