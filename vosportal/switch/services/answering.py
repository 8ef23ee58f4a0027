"""What a switch is answered of a call that was judged: its money is held and it is let through, or
it is refused with a reason for the log and a neutral one for the caller (docs/switch).
"""

import logging
from collections.abc import Callable, Mapping
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
from vosportal.switch.queries.callers import Caller
from vosportal.switch.queries.judging import (
    Check,
    Judged,
    Refusal,
    Step,
    Why,
    short_of_money,
)
from vosportal.switch.words import Heard, heard, logged, not_again

_log = logging.getLogger(__name__)
Answer = dict[str, Any]


def answer_to(
    source: str,
    asked: Mapping[str, Any],
    judged: Judged,
    *,
    again: Callable[[], Answer],
    more: Mapping[str, Any] | None = None,
) -> Answer:
    """Hold the money of a call that is allowed and let it through, with `more` in the answer; or
    refuse it. `again`: how it is asked anew where the same call was charged meanwhile.
    """
    if judged.is_allowed and judged.caller is not None:
        try:
            return _held(source, asked, judged, judged.caller, more or {})
        except HeldBefore:
            # Where it is not there any more it was charged meanwhile, and this is another one.
            return answer_before(source, asked) or again()
        except NoMoney:
            # Others were faster. What stands there now may suffice again, and is still a no.
            refusals = short_of_money(judged) or [Refusal(Why.NO_MONEY)]
            _stop(judged, Step.MONEY, refusals)
        except TooMany:
            _stop(judged, Step.CALLS, judged.too_many(judged.most_calls or 0))
    before = answer_before(source, asked)
    return before or {**refused(source, asked, judged), **(more or {})}


def answer_before(source: str, asked: Mapping[str, Any]) -> Answer | None:
    """What was answered of this call before; None where it was not let through."""
    found = _BEFORE.objects((), source, asked["call_id"], asked.get("leg", ""))
    if not found:
        return None
    # Whoever let it through may not have come to wait for the disk.
    made_durable()
    call: RunningCall = found[0]
    if not call.is_open(timezone.now()):
        said, reason = not_again(call)
        return no(source, asked, said, reason)
    answer: Answer = call.answer
    return answer


_ASKED_AGAIN = (
    "answer", "cut_at", "ended_at", "ends_at", "rings_until",
)  # fmt: skip


def _before(_shape: Any, source: str, call_id: str, leg: str) -> "QuerySet[RunningCall]":
    calls = RunningCall.objects.of(source).filter(call_id=call_id, leg=leg)
    found: QuerySet[RunningCall] = calls.only(*_ASKED_AGAIN)
    return found


_BEFORE = Prepared(_before)


def _held(
    source: str,
    asked: Mapping[str, Any],
    judged: Judged,
    caller: Caller,
    more: Mapping[str, Any],
) -> Answer:
    rings_until = judged.at + timedelta(seconds=judged.rings)
    answer = {
        "allowed": True,
        "caller": judged.caller_out,
        "callee": judged.number,
        "seconds": judged.seconds,
        "rings_until": rings_until.isoformat(),
        "routes": [one.answer for one in judged.routes],
        **more,
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


def refused(source: str, asked: Mapping[str, Any], judged: Judged) -> Answer:
    check = judged.refused
    assert check is not None
    return no(source, asked, heard(check), logged(judged))


def no(source: str, asked: Mapping[str, Any], said: Heard, reason: str) -> Answer:
    _log.info("Switch %s: call %r refused: %s", source, asked["call_id"], reason)
    return {"allowed": False, "sip_code": said.code, "said": said.said, "reason": reason}
