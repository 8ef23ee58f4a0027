"""The switch of the demo: while that runs it asks the portal about calls, says what becomes of them
and hands in their records, as a SIP server would. It stands behind the door, so that it needs no
key; the one it was made with is nobody's.

How a call goes on follows from its ID alone, and what is up is asked of the portal: where the demo
was stopped meanwhile, its calls are ended where they would have ended, and none is lost.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.switches.models import Switch
from accounts.switches.services.switches import switch_new, switch_seen
from billing.calls.reasons import Reason
from billing.holds.models import RunningCall
from vosportal.demo.callers import Group, groups
from vosportal.demo.calls import dialled, numbers_of, own_number
from vosportal.switch.endpoints import ENDPOINTS

NAME = "sbc-dhaka-1"
_ADDRESS = "127.0.0.1"
# So many calls are up, by the tens of minutes of the hour.
_UP = (9, 12, 10, 14, 11, 8)
# That many are tried in one round: some are refused.
_TRIES = 3
_LONGEST = 3600
_BUSY, _NOBODY = "486", "487"


def connect_switch() -> None:
    """Make the switch, if it is not there."""
    if not Switch.objects.called(NAME).exists():
        switch_new(
            actor=SYSTEM, name=NAME, addresses=[_ADDRESS],
            note="Carries the calls of the demo while it runs",
        )  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    """How a call goes on: for how long it rings and is spoken in (0: it is not answered)."""

    rings: timedelta
    talks: timedelta
    cause: str

    @classmethod
    def of(cls, call_id: str) -> "_Plan":
        dice = random.Random(call_id)  # noqa: S311 - no secret
        rings = timedelta(seconds=dice.randint(3, 20))
        if dice.random() < 0.35:
            return cls(rings, timedelta(), dice.choice((_BUSY, _NOBODY)))
        spoken = min(max(round(dice.lognormvariate(5.5, 0.8)), 5), _LONGEST)
        return cls(rings, timedelta(seconds=spoken), "16")


class DemoSwitch:
    """One round a second: ends what is over, answers what has rung, and begins what is missing."""

    def __init__(self) -> None:
        self._dice = random.Random()  # noqa: S311 - no secret
        # Calls whose record was handed in and is not charged yet.
        self._handed_in: set[str] = set()

    def round(self) -> None:
        """Does nothing in a demo that was loaded without a switch, and while it is locked."""
        switch = Switch.objects.called(NAME).first()
        if switch is None or switch.is_locked:
            return
        switch_seen(switch=switch, address=_ADDRESS)
        calls = list(_unrecorded())
        now = timezone.now()
        for call in calls:
            self._go_on(switch, call, now)
        self._handed_in &= {one.call_id for one in calls}
        up = sum(one.ended_at is None for one in calls)
        if up < _UP[now.minute // 10]:
            self._begin(switch, now)

    def _go_on(self, switch: Switch, call: RunningCall, now: datetime) -> None:
        plan = _Plan.of(call.call_id)
        if call.ended_at is not None:
            self._hand_in(switch, call, plan)
            return
        if call.answered_at is None and call.cut_at is None:
            rung = call.authorized_at + plan.rings
            if now < rung:
                return
            if plan.talks and now < call.rings_until:
                gateway = call.answer["routes"][0]["gateway"]
                _tell(switch, "answered", call, rung, gateway=gateway)
                return
            ends = rung
        elif call.answered_at is None:
            ends = now
        else:
            ends = min(filter(None, (call.answered_at + plan.talks, call.ends_at, call.cut_at)))
        if now >= ends:
            _tell(switch, "ended", call, ends)
            call.ended_at = ends
            self._hand_in(switch, call, plan)

    def _hand_in(self, switch: Switch, call: RunningCall, plan: _Plan) -> None:
        if call.call_id not in self._handed_in:
            _answer(switch, "cdr", _record(call, plan))
            self._handed_in.add(call.call_id)

    def _begin(self, switch: Switch, now: datetime) -> None:
        some = _callers()
        for _try in range(_TRIES):
            (group,) = self._dice.choices(some, [one.calls for one in some])
            shares = [share for *_who, share in group.callers]
            ((name, _account, _share),) = self._dice.choices(group.callers, shares)
            codes = list(group.destinations)
            (code,) = self._dice.choices(codes, list(group.destinations.values()))
            number = self._dice.choice(_people(code))
            asked = {
                "call_id": f"{self._dice.getrandbits(64):016x}@203.0.113.90",
                group.column: name,
                "caller": name if group.column == "phone" else own_number(name),
                "callee": dialled(group, number),
            }
            if _answer(switch, "authorize", asked)["allowed"]:
                return


def _unrecorded() -> Any:
    """The calls of the switch whose record it has not handed in, or that did not arrive."""
    missing = Q(record=None) | Q(record__reason=Reason.MISSING)
    return RunningCall.objects.of(NAME).filter(missing).order_by("pk")


@cache
def _callers() -> list[Group]:
    """Whoever a switch knows by a phone or a gateway."""
    return [one for one in groups() if one.column in ("phone", "gateway") and not one.is_flow]


@cache
def _people(code: str) -> list[str]:
    return numbers_of(random.Random(code), code)  # noqa: S311 - no secret


def _answer(switch: Switch, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    found = ENDPOINTS[name].call(switch, asked)
    assert isinstance(found, dict)
    return found


def _tell(switch: Switch, event: str, call: RunningCall, at: datetime, **more: str) -> None:
    said = {"event": event, "call_id": call.call_id, "leg": call.leg, "at": at.isoformat(), **more}
    _answer(switch, "events", said)


def _record(call: RunningCall, plan: _Plan) -> dict[str, str]:
    """Of a call that is over: the same one, however often it is handed in."""
    answered, ended = call.answered_at, call.ended_at
    assert ended is not None
    if answered is not None:
        ends = filter(None, (ended, answered + plan.talks, call.ends_at))
        ended = max(min(ends), answered)
    record = {
        "call_id": call.call_id, "leg": call.leg, "phone": call.phone, "gateway": call.gateway,
        "caller": call.caller, "callee": call.callee, "routing_gateway": call.routing_gateway,
        "setup": call.authorized_at.isoformat(),
        "answer": answered.isoformat() if answered else "",
        "end": ended.isoformat(),
        "duration": str((ended - answered).total_seconds()) if answered else "0",
        "cause": plan.cause if answered or not plan.talks else _NOBODY,
    }  # fmt: skip
    return {name: text for name, text in record.items() if text}
