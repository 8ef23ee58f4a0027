"""Several records of one call that was let through: one of them ends it, whatever the others say
and in whichever order they come (docs/domain.md 7).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from billing.calls.models import CallRecord, Leg
from billing.charging.queries.integrity import calls_found
from billing.charging.services.queue import record_again, record_write_off
from billing.holds.models import RunningCall
from tests.factories.calls import cdr, charged, charges, waits
from tests.support.sabotage import plant
from tests.support.switching import SWITCH, answered, asked
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
# The switch was two seconds late to end it: what was granted is paid.
GOOD = cdr("c-1", at=NOON, seconds=62, phone="8801819000001")
OTHER = {**GOOD, "cause": "17"}
OF_ONE_MINUTE = [Decimal(one) for one in ("0.06", "0.04", "0.03")]
NOTHING = [Decimal(0)] * 3


@pytest.fixture
def up(switched: Switched, time_machine: Any) -> Switched:
    time_machine.move_to(NOON)
    assert asked()["allowed"]
    answered()
    time_machine.move_to(NOON.replace(minute=2))
    return switched


def amounts() -> list[Decimal]:
    return [amount for _account, _prefix, amount in charges()]


def assert_ended_as_granted(up: Switched) -> None:
    assert amounts() == OF_ONE_MINUTE
    assert Leg.objects.get().granted == 60
    assert up.held() == NOTHING
    assert not RunningCall.objects.exists()
    assert calls_found().is_sound, calls_found().lines


def test_one_that_was_not_answered_costs_nothing_and_holds_nothing(
    switched: Switched, time_machine: Any
) -> None:
    time_machine.move_to(NOON)
    asked()
    assert switched.held() != NOTHING
    charged(cdr("c-1", at=NOON, seconds=0, phone="8801819000001"), source=SWITCH)
    assert amounts() == []
    assert switched.held() == NOTHING
    assert calls_found().is_sound, calls_found().lines


@pytest.mark.parametrize("second", [GOOD, OTHER], ids=["the same", "another"])
def test_of_two_in_one_batch_the_first_is_charged_as_it_was_granted(
    up: Switched, second: dict[str, str]
) -> None:
    charged(GOOD, second, source=SWITCH)
    assert_ended_as_granted(up)


@pytest.fixture
def waiting(up: Switched) -> CallRecord:
    """Its record came while its account was closed."""
    plant(up.tree.customer, status="closed")
    charged(GOOD, source=SWITCH)
    plant(up.tree.customer, status="active")
    assert [reason for reason, _level in waits()] == ["closed"]
    return CallRecord.objects.get()


def test_said_again_while_the_first_waits_its_call_stays(up: Switched, waiting: CallRecord) -> None:
    charged(GOOD, source=SWITCH)
    assert up.held() == OF_ONE_MINUTE
    record_again(actor=SYSTEM, record=waiting)
    assert_ended_as_granted(up)


def test_so_it_does_where_both_come_together(up: Switched) -> None:
    plant(up.tree.customer, status="closed")
    charged(GOOD, GOOD, source=SWITCH)
    assert up.held() == OF_ONE_MINUTE


def test_said_again_when_it_is_charged_it_ends_a_call_let_through_since(up: Switched) -> None:
    charged(GOOD, source=SWITCH)
    assert asked()["allowed"]
    charged(GOOD, source=SWITCH)
    assert up.held() == NOTHING
    assert not RunningCall.objects.exists()


def test_what_differs_is_written_off_without_the_call(up: Switched, waiting: CallRecord) -> None:
    charged(OTHER, source=SWITCH)
    assert RunningCall.objects.get().record_id == waiting.pk
    differs = CallRecord.objects.get(reason="differs")
    record_write_off(actor=SYSTEM, record=differs, reason="The switch told it twice")
    assert up.held() == OF_ONE_MINUTE
    record_again(actor=SYSTEM, record=waiting)
    assert_ended_as_granted(up)


def test_nor_does_it_take_the_call_over_in_one_batch(up: Switched) -> None:
    plant(up.tree.customer, status="closed")
    charged(GOOD, OTHER, source=SWITCH)
    assert RunningCall.objects.get().record_id == CallRecord.objects.get(reason="closed").pk
