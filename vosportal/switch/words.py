"""What is said of a call that may not be made: to the caller, to the log, and to whoever tries one
in the portal (docs/domain.md 7).

A caller hears of its own account; everything above is one code and one sentence, whatever it was.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.core.above import someone_above
from accounts.core.actor import Actor
from accounts.kit.errors import Refused
from billing.holds.models import RunningCall
from billing.money import from_micros, shown
from vosportal.switch.queries.judging import Check, Judged, Refusal, Step, Why


@dataclass(frozen=True, slots=True)
class Heard:
    """A SIP code and what goes with it."""

    code: int
    said: str


_ABOVE = 403
# Of the caller's own account, or of nobody's. For machines: not translated.
_OWN = {
    Why.NOBODY: Heard(403, "Unknown caller"),
    Why.STOPPED: Heard(403, "Account locked or expired"),
    Why.LOCKED: Heard(403, "Locked"),
    Why.NOT_A_NUMBER: Heard(484, "Not a number"),
    Why.NEEDS_SESSION: Heard(403, "Callback account: a leg needs its session"),
    Why.SECTION: Heard(403, "Number not allowed"),
    Why.NO_GROUP: Heard(403, "No rate group"),
    Why.UNRATED: Heard(404, "No rate for this number"),
    Why.RATE_LOCKED: Heard(403, "Destination locked"),
    Why.TOO_MANY: Heard(486, "Too many calls at a time"),
    Why.NO_MONEY: Heard(402, "Balance too low"),
    Why.NO_ROUTE: Heard(503, "No route"),
}
_NEUTRAL = (Why.NOBODY, Why.NO_ROUTE)


# Said of what is another's, whatever the reason.
NEUTRAL = Heard(403, "Forbidden")


def heard(check: Check) -> Heard:
    """What the caller hears of a step that failed: the own level is asked first."""
    for one in check.refusals:
        if one.at == 0 or one.why in _NEUTRAL:
            return _OWN[one.why]
    return Heard(_ABOVE, f"Refused at {someone_above(is_top_level=False)}")


# By the code of what refuses a card; its account is the caller's own.
_OF_CARDS = {
    "wrong_pin": Heard(403, "Wrong PIN"),
    "too_many_attempts": Heard(403, "Too many wrong PINs"),
    "pin_needed": Heard(403, "PIN needed"),
    "card_blocked": Heard(403, "Card blocked"),
    "card_expired": Heard(403, "Card expired"),
    "card_withdrawn": Heard(403, "Card withdrawn"),
    "card_not_released": Heard(403, "Card not released"),
    "card_used": Heard(402, "Card used up"),
}


def card_heard(error: Refused) -> Heard:
    """What the caller hears of a card that cannot be used."""
    known = _OF_CARDS.get(error.code)
    return known or Heard(_ABOVE, f"Refused at {someone_above(is_top_level=False)}")


def logged(judged: Judged) -> str:
    """The true reason, for the log and for administrators."""
    check = judged.refused
    if check is None:
        return ""
    levels = ", ".join(
        "the platform" if one.at is None else judged.links[one.at].account_id
        for one in check.refusals
        if one.why not in _NEUTRAL
    )
    reason = f"{check.step}: {check.refusals[0].why}"
    return f"{reason} at {levels}" if levels else reason


def not_again(call: RunningCall) -> tuple[Heard, str]:
    """What the caller hears, and what the log says, of a call that was let through before and may
    go on no more.
    """
    if call.cut_at is not None:
        return Heard(_ABOVE, "This call was cut"), "again: it was cut, and a cut is final"
    if call.ended_at is not None:
        return Heard(_ABOVE, "This call is over"), "again: it is over, and its record is awaited"
    return Heard(_ABOVE, "This call is over"), "again: the time it was given is used up"


def cut_reason(call: RunningCall) -> str:
    """Why a call is cut, as far as its caller may know it."""
    if call.was_cut_by_own:
        return call.cut_why
    return f"Cut at {someone_above(is_top_level=False)}"


def step_words(step: Step) -> str:
    return {
        Step.IDENTITY: _("Who calls"),
        Step.LEVELS: _("Every level active"),
        Step.LOCK: _("Lock of the phone or gateway"),
        Step.NUMBER: _("The number that counts"),
        Step.SECTIONS: _("Number sections, every level"),
        Step.RATES: _("A rate at every level"),
        Step.CALLS: _("Calls at a time"),
        Step.MONEY: _("Money at every level"),
        Step.ROUTE: _("A route"),
    }[step]


def refusal_words(actor: Actor, judged: Judged, check: Check) -> str:
    """Why a step fails, as far as somebody may know it: levels that are seen before those above."""
    one = _known(actor, judged, check)
    if one is None:
        return _("Refused at %(above)s.") % {"above": actor.someone_above}
    return _platform_words(one) if one.at is None else _level_words(judged, one)


def is_refused_above(actor: Actor, judged: Judged) -> bool:
    """Whether what refuses lies above what somebody may know: then not even the step is told."""
    check = judged.refused
    return check is not None and _known(actor, judged, check) is None


def _known(actor: Actor, judged: Judged, check: Check) -> Refusal | None:
    """The first refusal of a step that somebody may know."""
    seen = len(actor.visible_part(tuple(judged.links[::-1])))
    for one in check.refusals:
        if one.at is None and (actor.is_administrator or one.why in _NEUTRAL):
            return one
        if one.at is not None and one.at < seen:
            return one
    return None


def _platform_words(one: Refusal) -> str:
    return {
        Why.NOBODY: _("Nobody is known by this."),
        Why.SECTION: _("The platform's own number sections refuse this number."),
        Why.NO_ROUTE: _("No carrier takes this number now."),
    }[one.why]


def _level_words(judged: Judged, one: Refusal) -> str:
    assert one.at is not None
    link = judged.links[one.at]
    said = {"account": link.account_id, "calls": judged.calls}
    if one.why == Why.NOT_A_NUMBER:
        return judged.problem
    if one.why == Why.TOO_MANY:
        said["most"] = judged.permitted[one.at]
        if one.at:
            words = _("%(calls)s of %(most)s calls at a time are up: the ceiling of %(account)s.")
            return words % said
    if one.why == Why.NO_MONEY:
        paying = next(each for each in judged.paying if each.link.pk == link.pk)
        wanted = from_micros(paying.wanted(judged.seconds))
        available = paying.level.available
        assert available is not None
        said |= {
            "available": shown(available), "wanted": shown(wanted), "seconds": judged.seconds,
        }  # fmt: skip
    return {
        Why.STOPPED: _("%(account)s is locked, closed or expired."),
        Why.LOCKED: _("Outgoing calls are locked here."),
        Why.NEEDS_SESSION: _(
            "The CTD model of %(account)s is Flow: a leg needs the session it belongs to."
        ),
        Why.SECTION: _("The number sections of %(account)s refuse this number."),
        Why.NO_GROUP: _("%(account)s has no rate group: no calls."),
        Why.UNRATED: _("%(account)s has no rate for this number: it may not be called."),
        Why.RATE_LOCKED: _("This destination is locked for %(account)s: it may not be called."),
        Why.TOO_MANY: _("%(calls)s of %(most)s calls at a time are up."),
        Why.NO_MONEY: _(
            "%(account)s has %(available)s available, and %(seconds)s seconds hold %(wanted)s."
        ),
    }[one.why] % said
