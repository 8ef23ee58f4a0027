"""What a switch asks about calls, taken out of its body: texts that fit, moments that can be.

A call is the same by whatever it is told of: its ID and leg are read in one place.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.switches.models import MOST_SECONDS, Switch
from accounts.switches.services.registrations import registered, unregistered
from accounts.switches.sources import is_address
from billing.calls.records import COLUMNS, Unreadable, moment
from vosportal.switch.reading import BadBody, text_of
from vosportal.switch.services import authorizing, events

# What a caller is named by, and how long each may be.
_NAMED = {"phone": 32, "gateway": 32, "address": 49}
_OF_CALLS = ("answered", "ended")
_EVENTS = (*_OF_CALLS, "restarted", "registered", "unregistered")
_MOST_USER, _MOST_PIN = 64, 64
# No call is older, and no clock further ahead.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(minutes=10)


def authorize(switch: Switch, body: dict[str, Any]) -> dict[str, Any]:
    """{"call_id", "leg"?, "session"?, one of "phone", "gateway" and "address", "caller"?, "callee",
    and where that is a number that rings nowhere "pin"? and "destination"?} → whether the call may
    be made. Raises BadBody.
    """
    asked = _call(body)
    for name, most in (*_NAMED.items(), *((one, COLUMNS[one]) for one in ("session", "caller"))):
        asked[name] = text_of(body, name, most=most)
    asked["pin"] = text_of(body, "pin", most=_MOST_PIN)
    asked["destination"] = text_of(body, "destination", most=COLUMNS["callee"])
    asked["callee"] = text_of(body, "callee", most=COLUMNS["callee"], needed=True)
    return authorizing.authorize(switch.name, asked)


def told(switch: Switch, body: dict[str, Any]) -> dict[str, Any]:
    """{"event", "at"} and, of calls, {"call_id", "leg"?, "gateway"?} → whether the call is known,
    and its end. Of who registers, {"user"} and, where it is online, {"address", "seconds"} →
    whether anybody is known by it. Raises BadBody.
    """
    event = text_of(body, "event", most=16, needed=True)
    if event not in _EVENTS:
        raise BadBody(422, "unknown_event", f"“event” is one of {', '.join(_EVENTS)}.")
    at = _moment(body, "at", needed=True)
    assert at is not None
    if event == "registered":
        return {"known": registered(at=at, source=switch.name, **_registration(body))}
    if event == "unregistered":
        user = text_of(body, "user", most=_MOST_USER, needed=True)
        return {"known": unregistered(at=at, source=switch.name, user=user)}
    call = {}
    if event in _OF_CALLS:
        call = {**_call(body), "gateway": text_of(body, "gateway", most=COLUMNS["gateway"])}
    return events.told(switch.name, event, at, call)


def cuts(switch: Switch, body: dict[str, Any]) -> dict[str, Any]:
    """{"since"?, "originates"?} → the calls whose end has changed since, those that are cut, and
    what the switch is to call if it says that it can. Raises BadBody.
    """
    since = _moment(body, "since")
    return events.cuts(switch.name, since, originates=body.get("originates") is True)


def _registration(body: dict[str, Any]) -> dict[str, Any]:
    """Who is online, where, and for how long it says so."""
    user = text_of(body, "user", most=_MOST_USER, needed=True)
    address = text_of(body, "address", most=_NAMED["address"], needed=True)
    if not is_address(address):
        raise BadBody(422, "no_address", "“address” is no address of IPv4 or IPv6.")
    text = text_of(body, "seconds", most=6, needed=True)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MOST_SECONDS):
        words = f"“seconds” is a whole number from 1 to {MOST_SECONDS}."
        raise BadBody(422, "no_seconds", words)
    return {"user": user, "address": address, "seconds": int(text)}


def _call(body: dict[str, Any]) -> dict[str, str]:
    return {
        "call_id": text_of(body, "call_id", most=COLUMNS["call_id"], needed=True),
        "leg": text_of(body, "leg", most=COLUMNS["leg"]),
    }


def _moment(body: dict[str, Any], name: str, *, needed: bool = False) -> datetime | None:
    text = text_of(body, name, most=COLUMNS["setup"], needed=needed)
    if not text:
        return None
    try:
        at = moment(name, text)
    except Unreadable as error:
        words = f"“{name}” is neither ISO 8601 with its offset nor seconds since 1970."
        raise BadBody(422, "no_moment", words) from error
    if not _FIRST <= at <= timezone.now() + _AHEAD:
        raise BadBody(422, "no_moment", f"“{name}” cannot be: look at the clock of the switch.")
    return at
