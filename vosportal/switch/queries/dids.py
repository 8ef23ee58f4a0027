"""Numbers that ring nowhere, as a call to one is judged: an access number puts a caller through at
the expense of a card, a callback trigger calls it back (docs/domain.md 7, 8). Nothing is held,
ordered, opened or counted here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.numbers.digits import NotANumber
from accounts.numbers.reading import normalised
from accounts.phones.models import PhoneNumber
from billing.cards.models import Card
from billing.cards.services.calling import card_bound
from billing.holds.queries import has_open_callback
from billing.holds.services.callbacks import WAITS
from vosportal.switch.queries.callers import Caller
from vosportal.switch.queries.judging import Judged, Step, judge
from vosportal.switch.words import NEUTRAL, Heard, card_heard, heard, logged

_BEFORE_THE_NUMBER = (Step.IDENTITY, Step.LEVELS, Step.LOCK)
# The caller is called first.
FIRST, SECOND = "A", "B"
# What the second leg may ring begins when the first is answered.
_TURNS = {FIRST: 1, SECOND: 2}
# Of a session that nobody begins.
_TRIED = "tried"
SOON = Heard(486, "You will be called back")
NO_NUMBER = Heard(484, "No number to call back")
NO_ACCESS = Heard(404, "Not an access number")
NO_DESTINATION = Heard(484, "Not a number")
NO_TRIGGER = Heard(404, "Not a callback number")
NOBODY_ASKED = Heard(484, "No number to connect with")


@dataclass(frozen=True, slots=True)
class No:
    """What the caller hears, and what the log says."""

    heard: Heard
    reason: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two calls of a callback: the number it shows, and the one it calls."""

    name: str
    shown: str
    callee: str


@dataclass(frozen=True, slots=True)
class DialledIn:
    """What would become of a call to such a number (`did`; None: it is none), without a PIN.
    `caller`: the number that calls; `wanted`: the one that is asked for behind it. `no`: what is
    said, None where a card puts it through; `problem`: why its card cannot be used, in words;
    `asks_pin`: there is none without a PIN.
    `legs`: the call of the card, or those of the callback as far as they were asked about.
    """

    did: PhoneNumber | None
    no: No | None
    caller: str = ""
    wanted: str = ""
    card: Card | None = None
    problem: str = ""
    asks_pin: bool = False
    legs: Sequence[Judged] = ()


def is_dialled_in(judged: Judged, *, wants: bool) -> bool:
    """Whether a call goes on as one of such a number: it is one, or the caller wants (`wants`) what
    only these give; and whoever brings it in may call.
    """
    refused = judged.refused
    is_stopped = refused is not None and refused.step in _BEFORE_THE_NUMBER
    return not is_stopped and bool(judged.use or wants)


def did_of(judged: Judged) -> PhoneNumber | None:
    """The number that is called, with its phone and account, where it rings nowhere."""
    numbers = PhoneNumber.objects.exclude(use="").select_related("phone__account")
    found: PhoneNumber | None = numbers.filter(number=judged.number).first()
    return found


def number_calling(judged: Judged) -> str:
    """The number that calls; a phone is known by its own, whatever it shows. "" where there is
    none.
    """
    assert judged.caller is not None
    try:
        return normalised(judged.caller.phone or judged.caller_out)
    except NotANumber:
        return ""


def is_own_did(judged: Judged, did: PhoneNumber) -> bool:
    """Whether a call comes in by the account of the number or by one below it. Others hear nothing
    of what that account has and may call.
    """
    return did.phone.account_id in {one.pk for one in judged.links}


def wanted_by(did: PhoneNumber, destination: str) -> str:
    """Whom a trigger connects with: who was named, else who is kept with it."""
    return destination or did.connects_to


def callback_refusal(did: PhoneNumber, caller: str, wanted: str) -> No | None:
    """Why a trigger calls nobody back, before anything is asked about money; None: it may."""
    if did.phone.account.ctd_billing_model != Account.BillingModel.FLOW:
        return No(NO_TRIGGER, "callback: the account's model is Standard")
    if not caller:
        return No(NO_NUMBER, "callback: the caller shows no number")
    if not wanted:
        return No(NOBODY_ASKED, "callback: no number to connect with")
    return None


def callback_legs(did: PhoneNumber, caller: str, wanted: str) -> Sequence[Leg]:
    return (Leg(FIRST, did.number, caller), Leg(SECOND, caller, wanted))


def leg_judged(
    account: Account,
    leg: Leg,
    *,
    session: str,
    now: datetime,
    held: Mapping[int, int] | None = None,
) -> Judged:
    """A leg is judged as every call of the trigger's account. `held`: as for `judge`."""
    return judge(
        Caller(account.pk),
        dialled=leg.callee,
        shown=leg.shown,
        session=session,
        now=now,
        call_id=session,
        rings=int(WAITS.total_seconds()) + _TURNS[leg.name] * settings.SWITCH_RING,
        held=held,
    )


def told_of_leg(no: No, *, is_own: bool) -> No:
    """What who called a trigger is told of a leg that is refused. What the caller named itself may
    be told to be no number.
    """
    is_told = is_own or no.heard.code == NO_NUMBER.code
    return no if is_told else No(NEUTRAL, no.reason)


def card_call_judged(
    card: Card, judged: Judged, *, destination: str, now: datetime, call_id: str = ""
) -> Judged:
    """The call that a card makes for who was `judged` to have called an access number."""
    assert card.account_id is not None
    return judge(
        Caller(card.account_id),
        dialled=destination,
        shown=number_calling(judged) or judged.caller_out,
        session="",
        now=now,
        call_id=call_id,
    )


def call_tried(
    caller: Caller, *, dialled: str, shown: str, now: datetime
) -> tuple[Judged, DialledIn | None]:
    """What a switch would be told of a call that is dialled so (`<number>`, or behind a number that
    rings nowhere `<number>*<number>`); the latter part where it is such a number's.
    """
    callee, destination = _parted(dialled)
    judged = judge(caller, dialled=callee, shown=shown, session="", now=now, with_dids=True)
    if not is_dialled_in(judged, wants=bool(destination)):
        return judged, None
    did = did_of(judged)
    if did is None:
        no = No(NO_ACCESS, "dialled in: no access number, no callback trigger")
        return judged, DialledIn(None, no)
    if did.use == PhoneNumber.Use.CALLBACK:
        return judged, _callback_tried(judged, did, destination)
    return judged, _card_tried(judged, did, destination)


def _parted(dialled: str) -> tuple[str, str]:
    """The number that is called, and the one that is dialled behind it. What has more parts, or
    none before the star, is no number.
    """
    callee, _star, destination = dialled.partition("*")
    return (dialled, "") if "*" in destination or not callee else (callee, destination)


def _callback_tried(judged: Judged, did: PhoneNumber, destination: str) -> DialledIn:
    caller, account = number_calling(judged), did.phone.account
    wanted = wanted_by(did, destination)
    no = callback_refusal(did, caller, wanted)
    if no is not None:
        return DialledIn(did, no, caller, wanted)
    if has_open_callback(did.number, caller, judged.at):
        no = No(SOON, "callback: a session of this caller is open")
        return DialledIn(did, no, caller, wanted)
    legs: list[Judged] = []
    held: dict[int, int] = {}
    for leg in callback_legs(did, caller, wanted):
        of_leg = leg_judged(account, leg, session=_TRIED, now=judged.at, held=held)
        legs.append(of_leg)
        if of_leg.refused is not None:
            no = No(heard(of_leg.refused), logged(of_leg))
            told = told_of_leg(no, is_own=is_own_did(judged, did))
            return DialledIn(did, told, caller, wanted, legs=legs)
        held = {one.account: one.amount for one in of_leg.holds}
    return DialledIn(did, No(SOON, "callback: both are called"), caller, wanted, legs=legs)


def _card_tried(judged: Judged, did: PhoneNumber, destination: str) -> DialledIn:
    caller = number_calling(judged)
    try:
        wanted = normalised(destination)
    except NotANumber:
        return DialledIn(did, No(NO_DESTINATION, "card: no number to call"), caller)
    try:
        card = card_bound(business=did.phone.account, caller=caller)
    except Refused as error:
        no = No(card_heard(error), f"card: {error.code}")
        asks_pin = error.code == "pin_needed"
        return DialledIn(did, no, caller, wanted, problem=str(error.message), asks_pin=asks_pin)
    of_card = card_call_judged(card, judged, destination=wanted, now=judged.at)
    refused = of_card.refused
    no_card = None if refused is None else No(heard(refused), logged(of_card))
    return DialledIn(did, no_card, caller, wanted, card=card, legs=[of_card])
