"""A whole call over HTTP, as a switch asks about it: let through, answered, cut, over, charged."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import charge_all
from billing.holds.models import RunningCall
from billing.holds.services.running import call_cut
from tests.factories.calls import cdr
from tests.factories.switches import ask, new_switch
from tests.vosportal.switch.conftest import NUMBER, Switched

pytestmark = pytest.mark.django_db

NOTHING = [Decimal(0)] * 3


def said(key: str, endpoint: str, body: Any, status: int = 200) -> dict[str, Any]:
    answer = ask(key, endpoint, body)
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


def wanted(switched: Switched, call_id: str = "c-1", **more: Any) -> dict[str, Any]:
    return {"call_id": call_id, "phone": switched.phone.number, "callee": NUMBER, **more}


def test_a_call_from_the_question_to_its_charge(key: str, switched: Switched) -> None:
    allowed = said(key, "authorize", wanted(switched))
    assert (allowed["allowed"], allowed["callee"], allowed["seconds"]) == (True, NUMBER, 60)
    assert [one["gateway"] for one in allowed["routes"]] == [switched.route.name]
    assert switched.held() != NOTHING
    at = timezone.now()
    answered = {"event": "answered", "call_id": "c-1", "at": at.isoformat(), "gateway": "rt-one"}
    assert said(key, "events", answered)["seconds"] == 60
    (running,) = said(key, "cuts", {})["calls"]
    assert (running["call_id"], running["is_cut"]) == ("c-1", False)
    call_cut(actor=SYSTEM, call=RunningCall.objects.get(), reason="Why")
    assert said(key, "cuts", {"since": at.timestamp()})["calls"][0]["is_cut"]
    ended = {"event": "ended", "call_id": "c-1", "at": timezone.now().timestamp()}
    assert said(key, "events", ended) == {"known": True}
    record = cdr("c-1", seconds=1, at=at - timedelta(seconds=1), phone=switched.phone.number)
    assert said(key, "cdr", {**record, "routing_gateway": "rt-one"}) == {"taken": 1}
    assert charge_all(Tariffs()).accepted == 1
    assert switched.held() == NOTHING


def test_a_call_is_known_to_its_own_switch_alone(key: str, switched: Switched) -> None:
    other = new_switch("sw-2").key.text
    said(key, "authorize", wanted(switched))
    event = {"event": "ended", "call_id": "c-1", "at": timezone.now().isoformat()}
    assert said(other, "events", event) == {"known": False}
    assert said(key, "events", event) == {"known": True}


def test_who_names_nobody_is_refused(key: str, switched: Switched) -> None:
    for named in ({"phone": "0"}, {"phone": None}, {"gateway": "gw-1"}, {"address": "no"}):
        answer = said(key, "authorize", {**wanted(switched), "phone": None, **named})
        assert not answer["allowed"]
        assert answer["sip_code"]


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "no call ID": ("authorize", {"callee": NUMBER}, "missing"),
    "no callee": ("authorize", {"call_id": "c"}, "missing"),
    "a long call ID": ("authorize", {"call_id": "c" * 129, "callee": "1"}, "too_long"),
    "a long callee": ("authorize", {"call_id": "c", "callee": "9" * 10_000}, "too_long"),
    "a long caller": ("authorize", {"call_id": "c", "callee": "1", "caller": "9" * 65}, "too_long"),
    "a phone that is a list": (
        "authorize", {"call_id": "c", "callee": "1", "phone": ["1"]}, "not_a_text",
    ),
    "no event": ("events", {"call_id": "c", "at": 1}, "missing"),
    "another event": ("events", {"event": "ringing", "call_id": "c", "at": 1}, "unknown_event"),
    "an event of no call": ("events", {"event": "ended", "at": "2026-12-01T00:00:00Z"}, "missing"),
    "an event of no time": ("events", {"event": "ended", "call_id": "c"}, "missing"),
    "no offset": (
        "events", {"event": "ended", "call_id": "c", "at": "2026-12-01T00:00:00"}, "no_moment",
    ),
    "the year 1": (
        "events", {"event": "restarted", "at": "0001-01-01T00:00:00+14:00"}, "no_moment",
    ),
    "the year 9999": (
        "events", {"event": "restarted", "at": "9999-12-31T23:59:59-14:00"}, "no_moment",
    ),
    "since nothing that is a moment": ("cuts", {"since": "yesterday"}, "no_moment"),
    "since the year 1": ("cuts", {"since": "0001-01-01T00:00:00Z"}, "no_moment"),
    "since a list": ("cuts", {"since": []}, "not_a_text"),
}  # fmt: skip


@pytest.mark.parametrize(("endpoint", "body", "error"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_refused_in_words(
    key: str, endpoint: str, body: dict[str, Any], error: str
) -> None:
    assert said(key, endpoint, body, 422)["error"] == error


def test_a_clock_that_is_ahead_is_named(key: str) -> None:
    late = (timezone.now() + timedelta(minutes=11)).isoformat()
    answer = said(key, "events", {"event": "restarted", "at": late}, 422)
    assert "clock" in answer["message"]


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE x; --", "<script>", "a\x00\x1b[31m\r\nb", "\u202e88", "%s{0}", "🦊"]
)
def test_hostile_texts_are_no_failure(key: str, switched: Switched, text: str) -> None:
    for name in ("call_id", "leg", "session", "phone", "gateway", "address", "caller", "callee"):
        answer = ask(key, "authorize", {**wanted(switched), name: text})
        assert answer.status_code in (200, 422), answer.content
