"""A call that was let through is answered, goes on, is cut, ends, or nobody speaks of it any more
(docs/domain.md 7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from billing.calls.models import CallRecord, Leg
from billing.charging.queries.books import Tariffs
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.legs import Wanted
from billing.charging.services.queue import record_write_off
from billing.charging.services.rerating import rerate_preview
from billing.errors import InsufficientFunds
from billing.handing_out.services.terms import terms_set
from billing.holds.models import Hold, RunningCall
from billing.holds.services.running import call_cut
from billing.ledger.queries.integrity import ledger_found
from billing.payments.services.paying import Payment, payment_make
from tests.factories import UserFactory, grant
from tests.factories.calls import cdr, charged, charges, waits
from tests.factories.rates import rate
from tests.support.buying import buys_at
from tests.support.paying import balance, pay
from tests.support.sabotage import tamper
from tests.support.switching import SWITCH, answered, asked, ended, restarted, said, tick
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOON, tick=False)
    return time_machine


def running() -> RunningCall:
    return RunningCall.objects.get()


def running_named(name: str) -> RunningCall:
    return RunningCall.objects.get(call_id=name)


def record(seconds: int, **more: str) -> dict[str, str]:
    return cdr("c-1", seconds=seconds, at=running().answered_at, phone="8801819000001", **more)


def money(*texts: str) -> list[Decimal]:
    return [Decimal(one) for one in texts]


@pytest.fixture
def up(switched: Switched) -> Switched:
    """A call that was answered at noon."""
    asked()
    answered()
    return switched


class TestGoingOn:
    def test_it_is_extended_before_what_it_holds_is_used_up(self, up: Switched, clock: Any) -> None:
        clock.shift(30)
        tick()
        assert running().seconds == 60
        clock.shift(15)
        tick()
        assert running().seconds == 120
        assert up.held() == money("0.12", "0.08", "0.06")

    def test_it_gets_no_more_than_every_level_can_hold(self, up: Switched, clock: Any) -> None:
        pay(up.tree.agent, "9.95", "deduction")
        clock.shift(45)
        tick()
        assert running().seconds == 60
        assert up.held() == money("0.06", "0.04", "0.03")

    def test_it_gets_what_is_left_where_that_is_less(self, switched: Switched, clock: Any) -> None:
        """By the second: 0.06 a minute are 0.001 a second."""
        rate(switched.groups.customer, "8801711", "0.06", first_block=1, increment=1)
        pay(switched.tree.customer, "9.9", "deduction")
        asked()
        answered()
        clock.shift(45)
        tick()
        assert running().seconds == 100
        assert up_held(switched) == Decimal("0.10")

    def test_what_is_granted_is_told_to_the_switch_that_asks(
        self, up: Switched, clock: Any
    ) -> None:
        clock.shift(45)
        before = timezone.now()
        tick()
        (call,) = said(before)["calls"]
        assert call["ends_at"] == (NOON + timedelta(seconds=120)).isoformat()
        assert call["is_cut"] is False

    def test_nothing_is_told_twice_to_a_switch_that_heard_it(
        self, up: Switched, clock: Any
    ) -> None:
        clock.shift(10)
        assert said(timezone.now())["calls"] == []
        assert [one["call_id"] for one in said(None)["calls"]] == ["c-1"]

    def test_it_never_gets_more_than_a_call_may_last(self, up: Switched, clock: Any) -> None:
        RunningCall.objects.update(most_seconds=90)
        clock.shift(45)
        tick()
        assert running().seconds == 90

    def test_one_that_cannot_be_worked_on_keeps_no_other_waiting(
        self, up: Switched, clock: Any
    ) -> None:
        asked("c-2")
        answered("c-2")
        tamper(Hold.objects.filter(call=running_named("c-1"), level=2), account_id=10**9)
        clock.shift(45)
        tick()
        assert running_named("c-1").seconds == 60
        assert running_named("c-2").seconds == 120

    def test_a_switch_that_is_silent_has_ended_it(self, up: Switched, clock: Any) -> None:
        tick()
        clock.shift(45)
        call_command("switch_clock", "--once")
        assert running().seconds == 60

    def test_what_has_run_out_is_not_extended(self, up: Switched, clock: Any) -> None:
        clock.shift(61)
        tick()
        assert running().seconds == 60


def up_held(switched: Switched) -> Decimal:
    return switched.held()[0]


class TestCutting:
    def test_whoever_holds_5_cuts_below_itself(self, up: Switched, clock: Any) -> None:
        agent = grant(up.tree.agent, Authorization.MODIFY_GATEWAY_INFORMATION)
        actor = actor_for(UserFactory(account=agent))
        call_cut(actor=actor, call=running(), reason="Fraud")
        assert said(timezone.now())["calls"][0]["is_cut"] is True
        assert AuditEntry.objects.filter(action="call.cut", account="Customer-001").count() == 1

    def test_a_cut_is_final(self, up: Switched, clock: Any) -> None:
        call_cut(actor=SYSTEM, call=running(), reason="Fraud")
        clock.shift(45)
        tick()
        assert running().seconds == 60
        with pytest.raises(Clash) as clash:
            call_cut(actor=SYSTEM, call=running(), reason="Again")
        assert clash.value.code == "call_is_over"

    def test_the_switch_is_told_why_as_far_as_who_calls_may_know(self, up: Switched) -> None:
        asked("c-2")
        grant(up.tree.top, Authorization.MODIFY_GATEWAY_INFORMATION)
        grant(up.tree.agent, Authorization.MODIFY_GATEWAY_INFORMATION)
        own = grant(up.tree.customer, Authorization.MODIFY_GATEWAY_INFORMATION)
        whoever = actor_for(UserFactory(account=own))
        call_cut(actor=whoever, call=running_named("c-1"), reason="The shop is closed")
        call_cut(actor=SYSTEM, call=running_named("c-2"), reason="Its agent owes us")
        why = {one["call_id"]: one["why"] for one in said(timezone.now())["calls"]}
        assert why == {"c-1": "The shop is closed", "c-2": "Cut at a level above yours"}

    def test_what_goes_on_is_told_without_a_reason(self, up: Switched) -> None:
        assert "why" not in said(None)["calls"][0]

    def test_one_that_is_cut_is_refused_when_it_is_asked_about_again(self, up: Switched) -> None:
        call_cut(actor=SYSTEM, call=running(), reason="Fraud")
        assert asked() == {
            "allowed": False, "sip_code": 403, "said": "This call was cut",
            "reason": "again: it was cut, and a cut is final",
        }  # fmt: skip
        assert up.held() == money("0.06", "0.04", "0.03")

    def test_nobody_else_does(self, up: Switched) -> None:
        bystander = actor_for(UserFactory(account=up.tree.agent))
        with pytest.raises(NotAllowed):
            call_cut(actor=bystander, call=running(), reason="Fraud")
        stranger = grant(up.carrier, Authorization.MODIFY_GATEWAY_INFORMATION)
        with pytest.raises(NotInScope):
            call_cut(actor=actor_for(UserFactory(account=stranger)), call=running(), reason="x")


class TestWhatIsCharged:
    def test_three_seconds_too_long_are_the_switches_affair(self, switched: Switched) -> None:
        rate(switched.groups.customer, "8801711", "0.06", first_block=1, increment=1)
        asked()
        answered()
        charged(record(62), source=SWITCH)
        (who, _prefix, amount), *_above = charges()
        assert (who, amount) == ("Customer-001", Decimal("0.06"))

    def test_more_than_that_is_billed(self, up: Switched) -> None:
        charged(record(64), source=SWITCH)
        assert charges()[0][2] == Decimal("0.12")

    def test_the_prices_of_the_authorization_count(self, switched: Switched, clock: Any) -> None:
        asked()
        clock.shift(5)
        rate(switched.groups.customer, "8801", "0.60", since=timezone.now())
        clock.shift(5)
        answered()
        charged(record(60), source=SWITCH)
        assert charges()[0] == ("Customer-001", "880", Decimal("0.06"))

    def test_re_rating_asks_for_what_counted_then(self, switched: Switched, clock: Any) -> None:
        asked()
        clock.shift(5)
        rate(switched.groups.customer, "8801", "0.60", since=timezone.now())
        buys_at(switched.tree.agent, switched.groups.top)
        clock.shift(5)
        answered()
        charged(record(60), source=SWITCH)
        day = timedelta(days=1)
        found = rerate_preview(Wanted(NOON - day, NOON + day), Tariffs())
        assert (found.looked_at, found.legs, found.unrated) == (1, 0, 0)

    def test_the_groups_of_the_authorization_count(self, switched: Switched, clock: Any) -> None:
        asked()
        clock.shift(5)
        buys_at(switched.tree.customer, None)
        clock.shift(5)
        answered()
        charged(record(60), source=SWITCH)
        assert charges()[0] == ("Customer-001", "880", Decimal("0.06"))

    def test_a_price_that_begins_while_it_rings_is_held_and_charged(
        self, switched: Switched, clock: Any
    ) -> None:
        """It was entered before, and begins ten seconds after the authorization."""
        rate(switched.groups.customer, "8801", "0.60", since=timezone.now() + timedelta(seconds=10))
        asked()
        assert up_held(switched) == Decimal("0.60")
        clock.shift(15)
        answered()
        charged(record(60), source=SWITCH)
        assert charges()[0] == ("Customer-001", "8801", Decimal("0.60"))
        assert up_held(switched) == 0

    def test_a_limit_lowered_meanwhile_changes_nothing(self, up: Switched) -> None:
        pay(up.tree.customer, "9.94", "deduction")
        charged(record(60), source=SWITCH)
        assert balance(up.tree.customer) == 0


class TestLost:
    def test_what_rang_and_was_not_answered_is_let_go(self, switched: Switched, clock: Any) -> None:
        asked()
        clock.shift(149)
        tick()
        assert up_held(switched) == Decimal("0.06")
        clock.shift(2)
        tick()
        assert switched.held() == money("0", "0", "0")
        assert not RunningCall.objects.exists()

    def test_an_answer_that_comes_too_late_is_ignored(self, switched: Switched, clock: Any) -> None:
        asked()
        clock.shift(200)
        assert answered() == {"known": True}
        assert running().answered_at is None

    def test_an_answered_call_without_a_record_waits_in_the_queue_and_holds(
        self, up: Switched, clock: Any
    ) -> None:
        clock.shift(361)
        tick()
        assert waits() == [("missing", "")]
        assert up_held(up) == Decimal("0.06")
        clock.shift(600)
        tick()
        assert waits() == [("missing", "")]

    def test_its_record_that_comes_after_all_takes_its_place(
        self, up: Switched, clock: Any
    ) -> None:
        clock.shift(361)
        tick()
        charged(record(42), source=SWITCH)
        assert waits() == []
        assert Leg.objects.get().duration == 42
        assert up.held() == money("0", "0", "0")

    def test_whoever_writes_it_off_frees_the_money(self, up: Switched, clock: Any) -> None:
        clock.shift(361)
        tick()
        record_write_off(actor=SYSTEM, record=CallRecord.objects.get(), reason="Known to be lost")
        assert up.held() == money("0", "0", "0")

    def test_a_switch_that_began_anew_has_no_calls(self, up: Switched, clock: Any) -> None:
        asked("c-2")
        clock.shift(1)
        assert restarted() == {"known": True, "ended": 2}
        clock.shift(301)
        tick()
        assert waits() == [("missing", "")]
        assert up.held() == money("0.06", "0.04", "0.03")

    def test_a_record_that_waits_keeps_its_hold(self, up: Switched, clock: Any) -> None:
        charged(record(60, duration="-1"), source=SWITCH)
        assert [reason for reason, _level in waits()] == ["absurd"]
        assert up_held(up) == Decimal("0.06")
        clock.shift(600)
        tick()
        assert [reason for reason, _level in waits()] == ["absurd"]


class TestAskedAboutAgain:
    def test_one_that_is_over_is_refused_until_its_record_is_charged(self, up: Switched) -> None:
        call = record(60)
        ended()
        assert asked() == {
            "allowed": False, "sip_code": 403, "said": "This call is over",
            "reason": "again: it is over, and its record is awaited",
        }  # fmt: skip
        assert up.held() == money("0.06", "0.04", "0.03")
        charged(call, source=SWITCH)
        assert asked()["allowed"] is True

    def test_one_that_is_lost_is_refused(self, up: Switched, clock: Any) -> None:
        clock.shift(361)
        tick()
        assert asked()["said"] == "This call is over"

    def test_one_whose_time_is_used_up_is_refused(self, up: Switched, clock: Any) -> None:
        clock.shift(59)
        assert asked()["allowed"] is True
        clock.shift(1)
        assert asked()["reason"] == "again: the time it was given is used up"

    def test_one_that_has_rung_for_its_time_is_refused(
        self, switched: Switched, clock: Any
    ) -> None:
        asked()
        clock.shift(119)
        assert asked()["allowed"] is True
        clock.shift(1)
        assert asked()["allowed"] is False


class TestMoneyThatIsHeld:
    def test_cannot_be_taken_out(self, up: Switched) -> None:
        with pytest.raises(InsufficientFunds, match=r"9\.94"):
            pay(up.tree.customer, "9.95", "deduction")

    def test_keeps_a_balance_from_being_made_zero(self, up: Switched) -> None:
        with pytest.raises(Refused) as refused:
            payment_make(
                actor=SYSTEM, account=up.tree.customer, payment=Payment("make_zero"),
                idempotency_key="zero",
            )  # fmt: skip
        assert refused.value.code == "calls_hold_money"

    def test_the_checks_find_nothing(self, up: Switched) -> None:
        assert ledger_found().is_sound
        assert calls_found().is_sound

    def test_a_call_that_nobody_ended_is_found(self, up: Switched, clock: Any) -> None:
        clock.shift(2 * 3600)
        assert "1 running calls are over" in " ".join(calls_found().lines)


def test_an_end_is_noted_and_the_money_stays_until_the_record(up: Switched) -> None:
    assert ended() == {"known": True}
    assert running().ended_at == NOON
    assert up_held(up) == Decimal("0.06")
    assert ended("unknown") == {"known": False}


def test_credit_lowered_while_it_runs_ends_it_where_it_stands(up: Switched, clock: Any) -> None:
    terms_set(actor=SYSTEM, account=up.tree.customer, credit_limit=Decimal(0))
    pay(up.tree.customer, "9.94", "deduction")
    clock.shift(45)
    tick()
    assert running().seconds == 60
