"""Gateways, made through the service."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.core.actor import SYSTEM
from accounts.gateways.models import Gateway
from accounts.gateways.services.gateways import gateway_create
from accounts.gateways.services.routing import gateway_routing_set

_ROUTING = {"host": "", "transport": "udp", "priority": 10, "weight": 10}
_KEPT = {"account", "name", "direction", "capacity", "windows", "information"}


class GatewayFactory(DjangoModelFactory[Gateway]):
    """`GatewayFactory(account=…, addresses=["203.0.113.22"], capacity=40)`: unlocked as soon as it
    has an address; whatever else is named is its information, or how calls go out by it.
    """

    class Meta:
        model = Gateway

    name = factory.Sequence(lambda n: f"gw-{n:04}")
    account = factory.SubFactory("tests.factories.accounts.AccountFactory")

    @classmethod
    def _create(cls, model_class: type[Gateway], *args: Any, **kwargs: Any) -> Gateway:
        routing = {key: kwargs.pop(key) for key in _ROUTING if key in kwargs}
        information = {key: value for key, value in kwargs.items() if key not in _KEPT}
        rest = {key: value for key, value in kwargs.items() if key in _KEPT}
        if "addresses" in information:
            information.setdefault("is_locked", False)
        made = gateway_create(actor=SYSTEM, information=information or None, **rest)
        if not routing:
            return made
        values = {**_ROUTING, **routing}
        return gateway_routing_set(actor=SYSTEM, gateway=made, routing=values, reason="Why")
