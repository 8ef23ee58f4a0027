"""Calls that run at their bounds: what is told twice, too early or too late, how far a call goes
on, and when it is missed (docs/domain.md 7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.kit.errors import Clash, Refused
from accounts.tree.services.accounts import account_lock
from billing.calls.models import CallRecord
from billing.handing_out.services.terms import terms_set
from billing.holds.models import RunningCall
from billing.holds.services.running import call_cut, call_extended, due_to_extend
from tests.factories.calls import cdr, charged, waits
from tests.support.paying import pay
from tests.support.switching import (
    SWITCH,
    answered,
    asked,
    ended,
    restarted,
    running_call,
    said,
    tick,
)
from tests.vosportal.switch.conftest import Switched
from vosportal.switch.services.events import told

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOON, tick=False)
    return time_machine


def call(name: str = "c-1") -> RunningCall:
    return RunningCall.objects.get(call_id=name)


@pytest.fixture
def up(switched: Switched) -> Switched:
    """A call that was answered at noon; a minute is granted."""
    asked()
    answered()
    return switched


# --- What a switch says ---------------------------------------------------------------------------


def test_what_is_told_again_changes_nothing(up: Switched, clock: Any) -> None:
    clock.shift(10)
    answered()
    ended()
    clock.shift(10)
    ended()
    kept = call()
    assert (kept.answered_at, kept.ends_at, kept.ended_at) == (
        NOON, NOON + 60 * SECOND, NOON + 10 * SECOND,
    )  # fmt: skip


@pytest.mark.parametrize(("late", "is_answered"), [(150, True), (151, False)])
def test_an_answer_may_be_on_its_way_for_half_a_minute(
    switched: Switched, clock: Any, late: int, is_answered: bool
) -> None:
    asked()
    clock.shift(late)
    answered()
    assert (call().answered_at is not None) is is_answered


@pytest.mark.parametrize("apart", [10, -10])
def test_no_moment_lies_ahead_or_before_the_call(switched: Switched, apart: int) -> None:
    """The clock of the switch is ten seconds wrong."""
    asked()
    answered(at=NOON + apart * SECOND)
    ended(at=NOON + apart * SECOND)
    kept = call()
    assert (kept.answered_at, kept.ended_at) == (NOON, NOON)


def test_a_call_that_is_lost_is_not_answered_any_more(switched: Switched, clock: Any) -> None:
    asked()
    clock.shift(1)
    assert restarted()["ended"] == 1
    answered()
    assert (call().answered_at, call().is_lost) == (None, True)


def test_a_switch_that_began_anew_ends_what_was_up_there_before(up: Switched, clock: Any) -> None:
    running_call(up.tree.customer, "elsewhere", source="sw-2")
    asked("over")
    ended("over")
    assert told(SWITCH, "restarted", NOON, {})["ended"] == 0
    clock.shift(1)
    assert restarted()["ended"] == 1
    assert (call().is_lost, call().ended_at) == (True, NOON + SECOND)
    assert (call("over").is_lost, call("over").ended_at) == (False, NOON)
    assert call("elsewhere").ended_at is None


# --- Cutting --------------------------------------------------------------------------------------


def test_a_call_is_cut_for_a_reason_while_it_is_up_and_the_switch_hears_of_it(
    up: Switched, clock: Any
) -> None:
    with pytest.raises(Refused) as refused:
        call_cut(actor=SYSTEM, call=call(), reason=" ")
    assert refused.value.code == "reason_required"
    clock.shift(30)
    before = timezone.now()
    assert said(before)["calls"] == []
    call_cut(actor=SYSTEM, call=call(), reason="Fraud")
    assert [one["call_id"] for one in said(before)["calls"]] == ["c-1"]
    assert call().changed_at == call().cut_at == NOON + 30 * SECOND
    asked("over")
    ended("over")
    with pytest.raises(Clash) as clash:
        call_cut(actor=SYSTEM, call=call("over"), reason="Fraud")
    assert clash.value.code == "call_is_over"


# --- Going on -------------------------------------------------------------------------------------


def test_those_that_end_first_come_first(up: Switched, clock: Any) -> None:
    clock.shift(5)
    asked("later")
    answered("later")
    keys = [call().pk, call("later").pk]
    clock.shift(35)
    assert due_to_extend([SWITCH], timezone.now(), 9) == []
    clock.shift(6)
    assert due_to_extend([SWITCH], timezone.now(), 9) == keys
    assert due_to_extend([SWITCH], timezone.now(), 1) == keys[:1]
    assert due_to_extend(["sw-2"], timezone.now(), 9) == []


def test_a_lock_counts_from_the_next_call(up: Switched, clock: Any) -> None:
    account_lock(actor=SYSTEM, account=up.tree.agent, reason="Unpaid")
    clock.shift(45)
    tick()
    assert call().seconds == 120
    assert asked("c-2")["allowed"] is False


def test_clocks_that_found_the_same_call_extend_it_once(up: Switched, clock: Any) -> None:
    clock.shift(45)
    first, second = (due_to_extend([SWITCH], timezone.now(), 9) for _clock in range(2))
    assert [call_extended(pk) for pk in (*first, *second)] == [True, False]
    assert call().seconds == 120
    assert up.held()[0] == Decimal("0.12")


def test_one_is_extended_less_than_twenty_seconds_before_its_end(up: Switched, clock: Any) -> None:
    clock.shift(40)
    assert call_extended(call().pk) is False
    clock.shift(1)
    assert call_extended(call().pk) is True


def test_what_is_over_or_cut_is_granted_nothing(up: Switched, clock: Any) -> None:
    for name, deed in (
        ("over", lambda: ended("over")),
        ("cut", lambda: call_cut(actor=SYSTEM, call=call("cut"), reason="Fraud")),
    ):
        asked(name)
        answered(name)
        deed()
    clock.shift(45)
    for name in ("over", "cut"):
        assert call_extended(call(name).pk) is False
        assert call(name).seconds == 60
    assert call_extended(call().pk) is True


def test_one_that_gets_nothing_is_not_told_of(up: Switched, clock: Any) -> None:
    pay(up.tree.customer, "9.94", "deduction")
    clock.shift(45)
    assert call_extended(call().pk) is False
    assert call().changed_at == NOON


def test_of_unlimited_credit_nothing_more_is_held(switched: Switched, clock: Any) -> None:
    terms_set(
        actor=SYSTEM, account=switched.tree.customer, payment_mode="postpaid", is_unlimited=True,
        reason="Why",
    )  # fmt: skip
    asked()
    answered()
    clock.shift(45)
    tick()
    assert call().seconds == 120
    assert switched.held() == [Decimal("0"), Decimal("0.08"), Decimal("0.06")]


# --- What is missed -------------------------------------------------------------------------------


def test_a_record_is_missed_five_minutes_after_what_was_granted(up: Switched, clock: Any) -> None:
    clock.shift(360)
    tick()
    assert waits() == []
    clock.shift(1)
    tick()
    assert waits() == [("missing", "")]
    assert call().ended_at == NOON + 361 * SECOND
    assert CallRecord.objects.get().columns["duration"] == "60.0"


def test_a_record_is_missed_five_minutes_after_the_end(up: Switched, clock: Any) -> None:
    clock.shift(10)
    ended()
    clock.shift(300)
    tick()
    assert waits() == []
    clock.shift(1)
    tick()
    assert waits() == [("missing", "")]
    assert call().ended_at == NOON + 10 * SECOND
    assert CallRecord.objects.get().columns["duration"] == "10.0"


def test_what_was_not_answered_is_held_until_its_time_to_ring_is_over(
    switched: Switched, clock: Any, settings: Any
) -> None:
    settings.SWITCH_RING = 600
    asked()
    clock.shift(10)
    ended()
    for shift, held in ((600, "0.06"), (20, "0.06"), (1, "0")):
        clock.shift(shift)
        tick()
        assert switched.held()[0] == Decimal(held)


def test_of_two_records_that_wait_neither_is_lost(up: Switched, clock: Any) -> None:
    """Both say that they are of this call; one is longer than time."""
    clock.shift(20)
    ended()
    clock.shift(10)
    for seconds in ("-1", "-2"):
        one = cdr("c-1", at=NOON, phone="8801819000001", duration=seconds)
        charged(one, source=SWITCH)
    assert [reason for reason, _level in waits()] == ["absurd", "differs"]
    assert call().ended_at == NOON + 20 * SECOND
    assert up.held()[0] == Decimal("0.06")


def test_what_several_calls_of_a_batch_held_is_free(up: Switched) -> None:
    asked("c-2")
    charged(
        *(cdr(one, seconds=1, at=NOON, phone="8801819000001") for one in ("c-1", "c-2")),
        source=SWITCH,
    )
    assert up.held() == [Decimal(0)] * 3
