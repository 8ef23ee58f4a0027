"""An answered call whose record has not come waits for it: what stands in its place ends where what
was granted ends, and is charged only once somebody put its times right (docs/domain.md 7).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.kit.errors import Refused
from billing.calls.models import CallRecord, Leg
from billing.charging.queries.integrity import calls_found
from billing.charging.services.queue import record_again, record_correct, records_again
from billing.holds.models import RunningCall
from tests.factories import StaffFactory
from tests.factories.calls import cdr, charged, charges, legs, waits
from tests.factories.fixtures import signed_in
from tests.support.pages import markup_of, words_of
from tests.support.switching import SWITCH, answered, asked, tick
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
AGAIN = "Charge again"


@pytest.fixture
def missing(switched: Switched, time_machine: Any) -> CallRecord:
    """Of a call of a minute at most, by what is known."""
    time_machine.move_to(NOON, tick=False)
    asked()
    answered()
    time_machine.move_to(NOON.replace(minute=7), tick=False)
    tick()
    assert waits() == [("missing", "")]
    return CallRecord.objects.get()


@pytest.fixture
def staff(db: None) -> Client:
    return signed_in(StaffFactory(administrator=True))


def test_it_is_not_charged_again(missing: CallRecord) -> None:
    with pytest.raises(Refused, match="record is missing") as refused:
        record_again(actor=SYSTEM, record=missing)
    assert refused.value.code == "guessed"
    assert waits() == [("missing", "")]


def test_nor_with_all_that_wait(missing: CallRecord) -> None:
    charged(cdr("other", account="Nobody-9"))
    tried = records_again(actor=SYSTEM, records=CallRecord.objects.waiting())
    assert (tried.count, tried.waiting) == (1, 1)
    assert waits() == [("missing", ""), ("nobody", "")]
    with pytest.raises(Refused) as refused:
        records_again(actor=SYSTEM, records=CallRecord.objects.filter(pk=missing.pk))
    assert refused.value.code == "nothing_waits"


def test_its_record_that_comes_then_is_the_leg(missing: CallRecord, switched: Switched) -> None:
    charged(cdr("other", account="Nobody-9"))
    records_again(actor=SYSTEM, records=CallRecord.objects.waiting())
    charged(cdr("c-1", at=NOON, seconds=30, phone="8801819000001"), source=SWITCH)
    assert Leg.objects.get().duration == 30
    assert waits() == [("nobody", "")]
    assert calls_found().is_sound, calls_found().lines


def test_with_its_times_put_right_it_is_charged(missing: CallRecord, switched: Switched) -> None:
    columns = {"end": NOON.replace(second=42).isoformat(), "duration": "42"}
    record_correct(actor=SYSTEM, record=missing, columns=columns, reason="By the carrier's list")
    assert [amount for _account, _prefix, amount in charges()][0] == Decimal("0.06")
    assert Leg.objects.get().duration == 42
    assert switched.held() == [Decimal(0)] * 3
    assert not RunningCall.objects.exists()


def test_put_right_elsewhere_it_is_as_much_of_a_guess(missing: CallRecord) -> None:
    with pytest.raises(Refused) as refused:
        record_correct(actor=SYSTEM, record=missing, columns={"cause": "16"}, reason="Why")
    assert refused.value.code == "guessed"
    assert legs() == []


def test_no_page_offers_it(missing: CallRecord, staff: Client) -> None:
    page = words_of(staff.get(reverse("billing:call-record", args=[missing.pk])))
    assert "It is charged when its record comes" in page
    assert AGAIN not in page
    queue = reverse("billing:call-queue")
    for address in (queue, f"{queue}?reason=missing"):
        assert reverse("billing:call-queue-again") not in markup_of(staff.get(address))


def test_they_do_of_others(missing: CallRecord, staff: Client) -> None:
    charged(cdr("other", account="Nobody-9"))
    other = CallRecord.objects.get(reason="nobody")
    assert AGAIN in words_of(staff.get(reverse("billing:call-record", args=[other.pk])))
    queue = reverse("billing:call-queue")
    for address in (queue, f"{queue}?reason=nobody"):
        assert reverse("billing:call-queue-again") in markup_of(staff.get(address))


def test_who_asks_all_the_same_is_told_why(missing: CallRecord, staff: Client) -> None:
    answer = staff.post(reverse("billing:call-record-again", args=[missing.pk]))
    assert "Its record is missing" in words_of(answer, 422)
    assert waits() == [("missing", "")]
