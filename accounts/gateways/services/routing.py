"""How calls go out by a gateway to a carrier: administrators, and nothing else of a gateway."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.core.record import changes, record
from accounts.gateways.models import Gateway
from accounts.gateways.outgoing import clean_routing
from accounts.gateways.rules import ROUTING, check_can_work
from accounts.gateways.services.gateways import reached, required, routing_state
from accounts.kit.errors import Clash, NotInScope


def gateway_routing_set(
    *,
    actor: Actor,
    gateway: Gateway,
    routing: Mapping[str, Any],
    reason: str,
    expected_version: int | None = None,
) -> Gateway:
    """Set where calls go out by a routing gateway, and when: all of ROUTING. Return the fresh
    gateway. Needs a reason; it is a matter of administrators, for whom alone such gateways are.

    Raises Clash when somebody set it since `expected_version`, Refused with the field, NotInScope,
    NotAllowed, Busy.
    """
    reason = required(reason)
    values = clean_routing(routing)

    def work(fresh: dict[int, Account]) -> Gateway:
        nonlocal actor
        account = fresh[gateway.account_id]
        actor = require(actor, Authorization.MODIFY_GATEWAY_INFORMATION, account)
        refuse_closed(account)
        current = reached(actor, gateway)
        if current.direction != Gateway.Direction.ROUTING:
            raise NotInScope
        if expected_version is not None and current.routing_version != expected_version:
            raise Clash(
                _("Somebody else changed this gateway in the meantime."), code="changed_meanwhile"
            )
        before = routing_state(current)
        for name, value in values.items():
            setattr(current, name, value)
        was, became = changes(before, routing_state(current))
        if became:
            check_can_work(current, list(current.addresses.all()))
            current.routing_version += 1
            current.updated_at = timezone.now()
            current.save(update_fields=[*ROUTING, "routing_version", "updated_at"])
            record(
                actor=actor,
                action="gateway.routing",
                account=account,
                subject=current.name,
                before=was,
                after=became,
                reason=reason,
            )
        return current

    return in_locked_trees(work, touching=[gateway.account_id])
