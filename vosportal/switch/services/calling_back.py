"""Who calls a callback trigger is called back and connected: its call is refused, which costs
nothing, and two legs are let through at the expense of the trigger's account (docs/switch).
"""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.core.models import Account
from accounts.phones.models import PhoneNumber
from billing.holds.services.callbacks import (
    callback_begun,
    callback_given_up,
    callback_ordered,
)
from vosportal.switch.queries.dids import (
    SOON,
    Leg,
    No,
    callback_legs,
    callback_refusal,
    leg_judged,
    told_of_leg,
    wanted_by,
)
from vosportal.switch.services.answering import Answer, answer_to, no
from vosportal.switch.words import Heard


def called_back(
    source: str, asked: Mapping[str, Any], did: PhoneNumber, caller: str, *, is_own: bool
) -> Answer:
    """The answer to a call of a trigger by a number ("": none). It is a refusal in any case; said
    again while a session of the caller is open, it orders nothing more.

    `is_own`: it comes in by the trigger's account or by one below it. Others hear nothing of what
    that account has and may call.
    """
    account = did.phone.account
    wanted = wanted_by(did, asked.get("destination", ""))
    refusal = callback_refusal(did, caller, wanted)
    if refusal is not None:
        return no(source, asked, refusal.heard, refusal.reason)
    now = timezone.now()
    session = callback_begun(source=source, did=did.number, caller=caller, now=now)
    if session is None:
        return no(source, asked, SOON, "callback: a session of this caller is open")
    legs = []
    for leg in callback_legs(did, caller, wanted):
        answer = _leg(source, account, session, leg)
        if not answer["allowed"]:
            callback_given_up(session=session, now=timezone.now())
            of_leg = No(Heard(answer["sip_code"], answer["said"]), answer["reason"])
            told = told_of_leg(of_leg, is_own=is_own)
            return answer if told == of_leg else no(source, asked, told.heard, told.reason)
        names = ("caller", "callee", "seconds", "rings_until", "routes")
        legs.append({"leg": leg.name, **{name: answer[name] for name in names}})
    order = {
        "session": session,
        "call_id": session,
        "account": account.account_id,
        "caller": caller,
        "callee": legs[-1]["callee"],
        "legs": legs,
    }
    callback_ordered(session=session, order=order)
    return no(source, asked, SOON, f"callback: session {session}")


def _leg(source: str, account: Account, session: str, leg: Leg) -> Answer:
    """A leg is let through as every call of the account is."""
    asked = {
        "call_id": session, "leg": leg.name, "session": session, "caller": leg.shown,
        "callee": leg.callee,
    }  # fmt: skip
    judged = leg_judged(account, leg, session=session, now=timezone.now())
    return answer_to(source, asked, judged, again=lambda: _leg(source, account, session, leg))
