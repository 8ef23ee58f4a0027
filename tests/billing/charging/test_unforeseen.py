"""A record on which the charger fails waits in the queue, and holds up nobody else."""

from typing import Any

import pytest
from django.db import OperationalError

from accounts.core.actor import SYSTEM
from billing.calls.models import CallRecord
from billing.charging.services import charger
from billing.charging.services.queue import record_again
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged, legs, waits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _buying(groups: Groups) -> None:
    """Everybody of the chain buys somewhere."""


@pytest.fixture
def stumbles(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the charger fail on the call "bad"."""
    key_of = charger.key_of

    def at(error: Exception) -> None:
        def fails(source: str, columns: Any) -> bytes:
            if columns["call_id"] == "bad":
                raise error
            return key_of(source, columns)

        monkeypatch.setattr(charger, "key_of", fails)

    return at


def test_it_waits_and_the_others_are_charged(
    stumbles: Any, caplog: pytest.LogCaptureFixture
) -> None:
    stumbles(ZeroDivisionError("nobody thought of it"))
    charged(*(cdr(one, account="Customer-001") for one in ("a", "b", "bad", "c", "d")))
    assert legs() == ["a", "b", "c", "d"]
    assert waits() == [("fault", "")]
    assert "nobody thought of it" in caplog.text
    assert CallRecord.objects.get().detail == "ZeroDivisionError"


def test_charged_again_when_the_cause_is_gone(
    stumbles: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context():
        stumbles(ZeroDivisionError())
        charged(cdr("bad", account="Customer-001"))
    monkeypatch.undo()
    record_again(actor=SYSTEM, record=CallRecord.objects.get())
    assert legs() == ["bad"]


def test_what_a_carrier_is_owed_waits_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: Any) -> None:
        raise ZeroDivisionError

    charged(cdr("good", account="Customer-001", routing_gateway="unknown"))
    assert waits() == [("no_carrier", "")]
    monkeypatch.setattr(charger, "cost_again", fails)
    record_again(actor=SYSTEM, record=CallRecord.objects.get())
    assert waits() == [("fault", "")]
    assert CallRecord.objects.get().part == CallRecord.Part.COST


def test_a_database_that_is_away_is_nobodys_fault(stumbles: Any) -> None:
    stumbles(OperationalError("gone"))
    with pytest.raises(OperationalError):
        charged(cdr("bad", account="Customer-001"))
    assert CallRecord.objects.get().state == CallRecord.State.NEW
