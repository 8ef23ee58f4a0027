"""What a switch asks and tells, as the endpoints hand it on."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from accounts.core.models import Account
from accounts.switches.models import Switch
from accounts.switches.services.switches import switch_seen
from billing.holds.models import RunningCall
from billing.holds.services.holding import LevelHold, NewCall, call_held
from vosportal.switch.services.authorizing import authorize
from vosportal.switch.services.events import cuts, told

SWITCH = "sw-1"


def asked(call_id: str = "c-1", **more: str) -> dict[str, Any]:
    """The answer to: may this phone call that number?"""
    call = {"call_id": call_id, "phone": "8801819000001", "callee": "8801711000000"}
    return authorize(SWITCH, {**call, **more})


def answered(call_id: str = "c-1", at: datetime | None = None, **more: str) -> dict[str, Any]:
    return told(SWITCH, "answered", at or timezone.now(), {"call_id": call_id, **more})


def ended(call_id: str = "c-1", at: datetime | None = None) -> dict[str, Any]:
    return told(SWITCH, "ended", at or timezone.now(), {"call_id": call_id})


def restarted() -> dict[str, Any]:
    return told(SWITCH, "restarted", timezone.now(), {})


def said(since: datetime | None) -> dict[str, Any]:
    """What the switch is told of its calls."""
    return cuts(SWITCH, since)


def tick() -> None:
    """The switch was there a moment ago, and the clock makes its round."""
    switch_seen(switch=Switch.objects.get(name=SWITCH), address="192.0.2.10")
    call_command("switch_clock", "--once", verbosity=0)


def running_call(account: Account, call_id: str = "c-1", **more: str) -> RunningCall:
    """A call of an account that rings, at no price: whether it may be made is tested elsewhere."""
    now = timezone.now()
    columns = {
        "source": SWITCH, "call_id": call_id, "account_id": account.pk, "root_id": account.pk,
        "caller": "8801819000001", "callee": "8801711000000", "number": "8801711000000",
        "authorized_at": now, "rings_until": now + timedelta(minutes=2), "seconds": 60,
        "most_seconds": 14_400, "changed_at": now, **more,
    }  # fmt: skip
    pk = call_held(NewCall(columns, [LevelHold(account.pk, 0, 0)]))
    return RunningCall.objects.get(pk=pk)
