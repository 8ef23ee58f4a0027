"""More calls than an answer to `cuts` holds: every one of them is told (docs/domain.md 7)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM
from billing.holds.models import RunningCall
from billing.holds.services.running import call_cut
from tests.support.switching import answered, asked, said
from tests.vosportal.switch.conftest import Switched
from vosportal.switch.services import events

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOON, tick=False)
    return time_machine


def test_more_than_an_answer_holds_are_told_by_the_next_ones(
    switched: Switched, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_MOST", 2)
    for at in range(4):
        asked(f"c-{at}")
        answered(f"c-{at}")
        clock.shift(10)
    heard, since = [], None
    for _question in range(3):
        answer = said(since)
        heard.append([one["call_id"] for one in answer["calls"]])
        since = datetime.fromisoformat(answer["now"])
    assert heard == [["c-0", "c-1"], ["c-1", "c-2"], ["c-2", "c-3"]]
    assert since == timezone.now()


def test_those_that_change_at_once_are_all_told_within_seconds(
    switched: Switched, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_MOST", 2)
    for at in range(6):
        asked(f"c-{at}")
        answered(f"c-{at}")
        clock.shift(0.1)
    heard, since = set(), None
    for _second in range(8):
        answer = said(since)
        heard |= {one["call_id"] for one in answer["calls"]}
        since = datetime.fromisoformat(answer["now"])
        clock.shift(1)
    assert heard == {f"c-{at}" for at in range(6)}


def test_a_cut_is_told_beside_them(
    switched: Switched, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_MOST", 1)
    for at in range(3):
        asked(f"c-{at}")
        answered(f"c-{at}")
        clock.shift(10)
    call_cut(actor=SYSTEM, call=RunningCall.objects.get(call_id="c-2"), reason="Fraud")
    assert [one["call_id"] for one in said(None)["calls"]] == ["c-0", "c-2"]
