"""Gateways and what may be called (docs/domain.md 5 and 8): authorizations 4, 5 and 6, each for
what it covers and nothing else; number sections by 1.
"""

from typing import Any

from accounts.gateways.models import Gateway
from accounts.gateways.services.capacity import ceiling_set, gateway_capacity_set
from accounts.gateways.services.gateways import (
    gateway_create,
    gateway_delete,
    gateway_information_set,
    information_change,
)
from accounts.gateways.services.routing import gateway_routing_set
from accounts.numbers.services import number_rules_set
from tests.contracts.contract import ADMINISTRATORS, NOBODY, OWN_AND_BELOW, Contract, needs
from tests.contracts.ground import Ground
from tests.factories import AccountFactory, GatewayFactory
from tests.support.numbers import DESTINATION, draft

_GATEWAYS = "accounts.gateways.services"
_NEW = {"addresses": ["203.0.113.9"]}
_RULES = {DESTINATION: [draft("block 979")]}
# An account with a gateway is never closed.
_OF_ONE: dict[str, Any] = {"reach": OWN_AND_BELOW, "closed": None}


def _gateway(on: Ground) -> Gateway:
    made: Gateway = GatewayFactory(account=on.target, name="gw-of-contract")
    return made


def _to_a_carrier(on: Ground) -> Gateway:
    """A gateway of nobody's on the ground."""
    carrier = AccountFactory(account_id="Carrier-1", type="clearing")
    made: Gateway = GatewayFactory(account=carrier, name="rt-of-contract", direction="routing")
    return made


_ROUTING = {"host": "sip.example.net", "transport": "tls", "priority": 1, "weight": 2}

CONTRACTS = [
    Contract(
        service=f"{_GATEWAYS}.routing.gateway_routing_set",
        needs=ADMINISTRATORS,
        reach=NOBODY,
        make=_to_a_carrier,
        call=lambda actor, _on, it: gateway_routing_set(
            actor=actor, gateway=it, routing=_ROUTING, reason="Why"
        ),
        stale=lambda actor, _on, it: gateway_routing_set(
            actor=actor, gateway=it, routing=_ROUTING, reason="Why", expected_version=0
        ),
    ),
    Contract(
        service=f"{_GATEWAYS}.gateways.gateway_create",
        needs=needs("manage_gateway"),
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: gateway_create(actor=actor, account=on.target, name="gw-new"),
    ),
    Contract(
        service=f"{_GATEWAYS}.gateways.gateway_create",
        case="with its information",
        needs=needs("manage_gateway", "modify_gateway_information"),
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: gateway_create(
            actor=actor, account=on.target, name="gw-new", information=_NEW
        ),
        entries=2,
        why="one for each of the two authorizations",
    ),
    Contract(
        service=f"{_GATEWAYS}.gateways.gateway_create",
        case="with its capacity",
        needs=needs("manage_gateway", "modify_gateway_capacity"),
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: gateway_create(
            actor=actor, account=on.target, name="gw-new", capacity=5
        ),
        entries=2,
        why="one for each of the two authorizations",
    ),
    Contract(
        service=f"{_GATEWAYS}.gateways.gateway_delete",
        needs=needs("manage_gateway"),
        make=_gateway,
        call=lambda actor, _on, it: gateway_delete(actor=actor, gateway=it, reason="Why"),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_GATEWAYS}.gateways.gateway_information_set",
        needs=needs("modify_gateway_information"),
        make=_gateway,
        call=lambda actor, _on, it: gateway_information_set(
            actor=actor, gateway=it, information=_NEW, reason="Why"
        ),
        stale=lambda actor, _on, it: gateway_information_set(
            actor=actor, gateway=it, information=_NEW, reason="Why", expected_version=0
        ),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_GATEWAYS}.gateways.information_change",
        needs=needs("modify_gateway_information"),
        make=_gateway,
        call=lambda actor, _on, it: information_change(actor=actor, gateway=it, information=_NEW),
        entries=0,
        why="a preview",
        **_OF_ONE,
    ),
    Contract(
        service=f"{_GATEWAYS}.capacity.gateway_capacity_set",
        needs=needs("modify_gateway_capacity"),
        make=_gateway,
        call=lambda actor, _on, it: gateway_capacity_set(actor=actor, gateway=it, capacity=7),
        stale=lambda actor, _on, it: gateway_capacity_set(
            actor=actor, gateway=it, capacity=7, expected_version=0
        ),
        **_OF_ONE,
    ),
    # A ceiling is set for accounts below, never for the own one.
    Contract(
        service=f"{_GATEWAYS}.capacity.ceiling_set",
        needs=needs("modify_gateway_capacity"),
        call=lambda actor, on, _it: ceiling_set(actor=actor, account=on.target, calls=9),
    ),
    # Number sections: an agent holding 1 edits those of its sub-accounts, never its own.
    Contract(
        service="accounts.numbers.services.number_rules_set",
        needs=needs("manage_account"),
        call=lambda actor, on, _it: number_rules_set(actor=actor, account=on.target, drafts=_RULES),
        stale=lambda actor, on, _it: number_rules_set(
            actor=actor, account=on.target, drafts=_RULES, expected="what was there once"
        ),
    ),
    Contract(
        service="accounts.numbers.services.number_rules_set",
        case="the platform's",
        needs=ADMINISTRATORS,
        reach=NOBODY,
        call=lambda actor, _on, _it: number_rules_set(actor=actor, account=None, drafts=_RULES),
        stale=lambda actor, _on, _it: number_rules_set(
            actor=actor, account=None, drafts=_RULES, expected="what was there once"
        ),
    ),
]
