"""A switch asks whether a call may be made: it is told so with the routes and the seconds that are
held for it, or refused with a reason for the log and a neutral one for the caller (docs/switch).
"""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from vosportal.switch.queries.callers import caller_named
from vosportal.switch.queries.judging import judge
from vosportal.switch.services.answering import answer_to
from vosportal.switch.services.dialled_in import dialled_in


def authorize(source: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a switch. The same call asked about again is answered as it was while it is
    open, and refused from then on, until its record is charged: it cannot be held a second time,
    and before a call is refused it is looked whether it was let through.
    """
    judged = judge(
        caller_named(asked),
        dialled=asked["callee"],
        shown=asked.get("caller", ""),
        session=asked.get("session", ""),
        now=timezone.now(),
        call_id=asked["call_id"],
        with_dids=True,
    )
    if judged.use or asked.get("pin") or asked.get("destination"):
        return dialled_in(source, asked, judged)
    return answer_to(source, asked, judged, again=lambda: authorize(source, asked))
