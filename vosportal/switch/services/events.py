"""What a switch tells of calls it carries, and what it is told of them (docs/switch)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from billing.holds.models import RunningCall
from billing.holds.services.callbacks import callbacks_taken
from billing.holds.services.holding import made_durable
from billing.holds.services.running import call_answered, call_ended, switch_restarted
from vosportal.switch.words import cut_reason

# What two clocks and a transaction may be apart.
_OVERLAP = timedelta(seconds=2)
# Calls of an answer that were extended, and as many that are cut.
_MOST = 5_000
# Orders that a switch is told at a time.
_MOST_ORDERS = 50


def told(source: str, event: str, at: datetime, call: Mapping[str, str]) -> dict[str, Any]:
    """Note an event of a call, or that the switch began anew."""
    if event == "restarted":
        return {"known": True, "ended": switch_restarted(source=source, at=at)}
    name, leg = call["call_id"], call.get("leg", "")
    if event == "ended":
        return {"known": call_ended(source=source, call_id=name, leg=leg, at=at) is not None}
    found = call_answered(
        source=source, call_id=name, leg=leg, at=at, routing_gateway=call.get("gateway", "")
    )
    if found is None or found.ends_at is None:
        return {"known": found is not None}
    return {"known": True, "seconds": found.seconds, "ends_at": found.ends_at.isoformat()}


def cuts(source: str, since: datetime | None, *, originates: bool = False) -> dict[str, Any]:
    """The calls of a switch whose end has changed since its last answer (all of them where it has
    none): those that were extended, and those that are cut; and, where it can, the legs that it is
    to call. What it is told is on the disk. Those that changed first come first; where there are
    more than fit in an answer its `now` is that of the last one, and the next answer goes on there.
    """
    now = timezone.now()
    made_durable()
    calls = RunningCall.objects.of(source).up().order_by("changed_at", "pk")
    extended = calls.filter(answered_at__isnull=False, cut_at=None)
    if since is not None:
        extended = extended.filter(changed_at__gte=since - _OVERLAP)
    told = list(extended[: _MOST + 1])
    upto = now
    if len(told) > _MOST:
        told.pop()
        # The next one is asked for from an overlap before it.
        upto = min(now, told[-1].changed_at + _OVERLAP)
    # A cut is told until the call is over.
    rows = [*told, *calls.filter(cut_at__isnull=False)[:_MOST]]
    return {
        "now": upto.isoformat(),
        "calls": [
            {
                "call_id": one.call_id,
                "leg": one.leg,
                "seconds": one.seconds,
                "ends_at": (one.cut_at or one.ends_at or now).isoformat(),
                "is_cut": one.cut_at is not None,
                **({"why": cut_reason(one)} if one.cut_at is not None else {}),
            }
            for one in rows
        ],
        "originate": callbacks_taken(source=source, now=now, most=_MOST_ORDERS)
        if originates
        else [],
    }
