"""A switch asks whether a call may be made: it is told so with the routes and the seconds that are
held for it, or refused with a reason for the log and a neutral one for the caller (docs/switch).
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.kit.prepared import Prepared
from billing.holds.models import RunningCall
from billing.holds.services.holding import (
    HeldBefore,
    NewCall,
    NoMoney,
    TooMany,
    call_held,
    made_durable,
)
from vosportal.switch.queries.callers import Caller, caller_named
from vosportal.switch.queries.judging import (
    Check,
    Judged,
    Refusal,
    Step,
    Why,
    judge,
    short_of_money,
)
from vosportal.switch.words import Heard, heard, logged, not_again

_log = logging.getLogger(__name__)


def authorize(source: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a switch. The same call asked about again is answered as it was while it is
    open, and refused from then on, until its record is charged: it cannot be held a second time,
    and before a call is refused it is looked whether it was let through.
    """
    caller = caller_named(asked)
    judged = judge(
        caller,
        dialled=asked["callee"],
        shown=asked.get("caller", ""),
        session=asked.get("session", ""),
        now=timezone.now(),
        call_id=asked["call_id"],
    )
    if judged.is_allowed and caller is not None:
        try:
            return _held(source, asked, judged, caller)
        except HeldBefore:
            # Where it is not there any more it was charged meanwhile, and this is another one.
            return _answer_before(source, asked) or authorize(source, asked)
        except NoMoney:
            # Others were faster. What stands there now may suffice again, and is still a no.
            refusals = short_of_money(judged) or [Refusal(Why.NO_MONEY)]
            _stop(judged, Step.MONEY, refusals)
        except TooMany:
            _stop(judged, Step.CALLS, [Refusal(Why.TOO_MANY)])
    return _answer_before(source, asked) or _refused(source, asked, judged)


def _answer_before(source: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    found = _BEFORE.objects((), source, asked["call_id"], asked.get("leg", ""))
    if not found:
        return None
    # Whoever let it through may not have come to wait for the disk.
    made_durable()
    call: RunningCall = found[0]
    if not call.is_open(timezone.now()):
        said, reason = not_again(call)
        return _no(source, asked, said, reason)
    answer: dict[str, Any] = call.answer
    return answer


_ASKED_AGAIN = (
    "answer", "cut_at", "ended_at", "ends_at", "rings_until",
)  # fmt: skip


def _before(_shape: Any, source: str, call_id: str, leg: str) -> "QuerySet[RunningCall]":
    calls = RunningCall.objects.of(source).filter(call_id=call_id, leg=leg)
    found: QuerySet[RunningCall] = calls.only(*_ASKED_AGAIN)
    return found


_BEFORE = Prepared(_before)


def _held(source: str, asked: Mapping[str, Any], judged: Judged, caller: Caller) -> dict[str, Any]:
    rings_until = judged.at + timedelta(seconds=settings.SWITCH_RING)
    answer = {
        "allowed": True,
        "caller": judged.caller_out,
        "callee": judged.number,
        "seconds": judged.seconds,
        "rings_until": rings_until.isoformat(),
        "routes": [one.answer for one in judged.routes],
    }
    columns = {
        "source": source,
        "call_id": asked["call_id"],
        "leg": asked.get("leg", ""),
        "session": asked.get("session", ""),
        "account_id": judged.links[0].pk,
        "root_id": judged.links[-1].pk,
        "phone": caller.phone,
        "gateway": caller.gateway,
        "caller": asked.get("caller", ""),
        "callee": asked["callee"],
        "number": judged.number,
        "destination": judged.paying[0].rate.destination,
        "authorized_at": judged.at,
        "rings_until": rings_until,
        "seconds": judged.seconds,
        "most_seconds": max(settings.SWITCH_LONGEST, judged.seconds),
        "changed_at": judged.at,
        "answer": answer,
    }
    limits = []
    if judged.most_calls is not None:
        name = "phone" if caller.phone else "gateway"
        limits.append((name, str(columns[name]), judged.most_calls))
    call_held(NewCall(columns, judged.holds, limits))
    made_durable()
    return answer


def _stop(judged: Judged, step: Step, refusals: list[Refusal]) -> None:
    """What was found out up to a step, which fails after all."""
    steps = [one.step for one in judged.checks]
    del judged.checks[steps.index(step) :]
    judged.checks.append(Check(step, tuple(refusals)))


def _refused(source: str, asked: Mapping[str, Any], judged: Judged) -> dict[str, Any]:
    check = judged.refused
    assert check is not None
    return _no(source, asked, heard(check), logged(judged))


def _no(source: str, asked: Mapping[str, Any], said: Heard, reason: str) -> dict[str, Any]:
    _log.info("Switch %s: call %r refused: %s", source, asked["call_id"], reason)
    return {"allowed": False, "sip_code": said.code, "said": said.said, "reason": reason}
