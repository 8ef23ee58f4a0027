"""A record that waits because of its times is corrected, and its month with them: it is charged
once, whatever comes of the same leg meanwhile (docs/domain.md 7).
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from accounts.kit.errors import Refused
from billing.calls.models import CallRecord, LegKey
from billing.charging.queries.integrity import calls_found
from billing.charging.services.queue import record_again, record_correct
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged, charges, legs, waits

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
APRIL = datetime(2027, 4, 1, 0, 0, 5, tzinfo=UTC)
# The clock of the switch was not set.
WRONG = cdr("x", at=datetime(2000, 1, 1, tzinfo=UTC), account="Customer-001")
RIGHT = cdr("x", at=NOON, account="Customer-001")
TIMES = ("setup", "answer", "end")


@pytest.fixture(autouse=True)
def _prices(groups: Groups, time_machine: Any) -> None:
    time_machine.move_to(datetime(2027, 4, 2, tzinfo=UTC))


def corrected(record: CallRecord, like: dict[str, str], **more: str) -> None:
    columns = {**{name: like[name] for name in TIMES}, **more}
    record_correct(actor=SYSTEM, record=record, columns=columns, reason="Its clock was not set")


@pytest.fixture
def old() -> CallRecord:
    charged(WRONG)
    assert waits() == [("old", "")]
    return CallRecord.objects.get()


def assert_once() -> None:
    assert legs() == ["x"]
    assert len(charges()) == 3
    assert calls_found().is_sound, calls_found().lines


def test_the_right_one_comes_after_it_was_corrected(old: CallRecord) -> None:
    corrected(old, RIGHT)
    done = charged(RIGHT)
    assert (done.repeated, waits()) == (1, [])
    assert_once()


def test_the_right_one_was_charged_before(old: CallRecord) -> None:
    charged(RIGHT)
    corrected(old, RIGHT)
    assert waits() == []
    assert_once()


@pytest.mark.parametrize("at", [NOON, APRIL], ids=["in that month", "in the one beside"])
def test_another_was_charged_before_and_it_differs_from_that(old: CallRecord, at: datetime) -> None:
    charged(cdr("x", at=at, account="Customer-001", cause="31"))
    corrected(old, RIGHT)
    assert waits() == [("differs", "")]
    record_again(actor=SYSTEM, record=CallRecord.objects.get())
    assert waits() == [("differs", "")]
    assert_once()


def test_what_differs_from_a_leg_is_not_corrected_into_another_one() -> None:
    charged(RIGHT)
    charged(cdr("x", at=NOON, account="Customer-001", cause="31"))
    (record,) = CallRecord.objects.waiting()
    in_june = cdr("x", at=datetime(2026, 6, 15, 12, tzinfo=UTC), account="Customer-001")
    with pytest.raises(Refused) as refused:
        corrected(record, in_june)
    assert (refused.value.code, refused.value.field) == ("differs", "setup")
    corrected(record, RIGHT, cause="17")
    assert waits() == [("differs", "")]
    assert_once()


def test_another_that_waits_there_was_first(old: CallRecord) -> None:
    charged(cdr("x", at=NOON, account="Nobody-9"))
    corrected(old, RIGHT)
    assert waits() == [("differs", ""), ("nobody", "")]


def test_what_shares_a_part_of_its_key_is_another_leg(old: CallRecord, groups: Groups) -> None:
    """A call of another switch, another leg, another call."""
    corrected(old, RIGHT, callee="442071838750")
    charged(RIGHT, source="sw-9")
    strange: dict[str, Any] = {"at": NOON, "account": "Nobody-9"}
    charged(cdr("x", **strange, leg="B"), cdr("y", **strange, caller="x"))
    corrected(CallRecord.objects.get(reason="no_rate"), cdr(at=APRIL), callee=RIGHT["callee"])
    assert waits() == [("nobody", "")] * 2
    assert legs() == ["x", "x"]


def test_another_comes_after_it_was_corrected(old: CallRecord) -> None:
    corrected(old, RIGHT)
    charged(cdr("x", at=APRIL, account="Customer-001"))
    assert waits() == [("differs", "")]
    assert_once()


def test_corrected_twice_it_is_still_the_first(old: CallRecord, groups: Groups) -> None:
    """Its month, and what waits for a rate then; the month beside, and back."""
    corrected(old, RIGHT, callee="442071838750")
    assert waits() == [("no_rate", "Customer-001")]
    for like in (cdr(at=APRIL), RIGHT):
        corrected(CallRecord.objects.get(), like)
        assert waits() == [("no_rate", "Customer-001")]
    corrected(CallRecord.objects.get(), RIGHT, callee=RIGHT["callee"])
    assert waits() == []
    assert_once()


def test_what_came_in_its_wrong_month_comes_again_and_changes_nothing(old: CallRecord) -> None:
    corrected(old, RIGHT)
    assert charged(WRONG).repeated == 1
    assert LegKey.objects.count() == 2
    assert_once()
