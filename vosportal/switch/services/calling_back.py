"""Who calls a callback trigger is called back and connected: its call is refused, which costs
nothing, and two legs are let through at the expense of the trigger's account (docs/switch).
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.core.models import Account
from accounts.phones.models import PhoneNumber
from billing.holds.services.callbacks import (
    WAITS,
    callback_begun,
    callback_given_up,
    callback_ordered,
)
from vosportal.switch.queries.callers import Caller
from vosportal.switch.queries.judging import judge
from vosportal.switch.services.answering import Answer, answer_to, no
from vosportal.switch.words import NEUTRAL, Heard

# The caller is called first.
FIRST, SECOND = "A", "B"
_SOON = Heard(486, "You will be called back")
_NO_TRIGGER = Heard(404, "Not a callback number")
_NO_NUMBER = Heard(484, "No number to call back")
_NOBODY_ASKED = Heard(484, "No number to connect with")
# What the second leg may ring begins when the first is answered.
_TURNS = {FIRST: 1, SECOND: 2}


def called_back(
    source: str, asked: Mapping[str, Any], did: PhoneNumber, caller: str, *, is_own: bool
) -> Answer:
    """The answer to a call of a trigger by a number ("": none). It is a refusal in any case; said
    again while a session of the caller is open, it orders nothing more.

    `is_own`: it comes in by the trigger's account or by one below it. Others hear nothing of what
    that account has and may call.
    """
    account = did.phone.account
    if account.ctd_billing_model != Account.BillingModel.FLOW:
        return no(source, asked, _NO_TRIGGER, "callback: the account's model is Standard")
    if not caller:
        return no(source, asked, _NO_NUMBER, "callback: the caller shows no number")
    wanted = asked.get("destination") or did.connects_to
    if not wanted:
        return no(source, asked, _NOBODY_ASKED, "callback: no number to connect with")
    now = timezone.now()
    session = callback_begun(source=source, did=did.number, caller=caller, now=now)
    if session is None:
        return no(source, asked, _SOON, "callback: a session of this caller is open")
    legs = []
    for leg, shown, callee in ((FIRST, did.number, caller), (SECOND, caller, wanted)):
        answer = _leg(source, account, session, leg=leg, shown=shown, callee=callee)
        if not answer["allowed"]:
            callback_given_up(session=session, now=timezone.now())
            # What the caller named itself may be told to be no number.
            is_told = is_own or answer["sip_code"] == _NO_NUMBER.code
            return answer if is_told else no(source, asked, NEUTRAL, answer["reason"])
        names = ("caller", "callee", "seconds", "rings_until", "routes")
        legs.append({"leg": leg, **{name: answer[name] for name in names}})
    order = {
        "session": session,
        "call_id": session,
        "account": account.account_id,
        "caller": caller,
        "callee": legs[-1]["callee"],
        "legs": legs,
    }
    callback_ordered(session=session, order=order)
    return no(source, asked, _SOON, f"callback: session {session}")


def _leg(
    source: str, account: Account, session: str, *, leg: str, shown: str, callee: str
) -> Answer:
    """A leg is let through as every call of the account is."""
    asked = {
        "call_id": session, "leg": leg, "session": session, "caller": shown, "callee": callee,
    }  # fmt: skip
    judged = judge(
        Caller(account.pk),
        dialled=callee,
        shown=shown,
        session=session,
        now=timezone.now(),
        call_id=session,
        rings=int(WAITS.total_seconds()) + _TURNS[leg] * settings.SWITCH_RING,
    )

    def again() -> Answer:
        return _leg(source, account, session, leg=leg, shown=shown, callee=callee)

    return answer_to(source, asked, judged, again=again)
