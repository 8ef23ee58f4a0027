"""Reading gateways within a scope. Nothing here writes."""

from accounts.core.actor import Actor
from accounts.core.scope import Scope
from accounts.gateways.models import Gateway, GatewayQuerySet


def gateways_of(actor: Actor) -> GatewayQuerySet:
    """The gateways the actor reaches, with their accounts and addresses."""
    reached: GatewayQuerySet = Gateway.objects.within(actor.scope)
    return reached.select_related("account").prefetch_related("addresses")


def gateways_known_to(scope: Scope) -> GatewayQuerySet:
    """The gateways that count for an account of a list, for who has this scope."""
    return Gateway.objects.known_to(scope)
