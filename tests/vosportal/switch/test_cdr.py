"""Records that a switch posts: into the inbox at once, charged once, and refused only where they
are none.
"""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts.switches.services.switches import IssuedKey
from billing.calls.models import CallRecord, Leg
from billing.calls.records import COLUMNS
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import Done, charge_all
from tests.factories import AccountFactory
from tests.factories.calls import cdr, charges, legs, waits
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.switches import ask, new_switch
from tests.support.buying import buys_at

pytestmark = pytest.mark.django_db


def post(key: str, body: Any) -> dict[str, Any]:
    answer = ask(key, "cdr", body)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


@pytest.fixture
def payer(db: None) -> None:
    """An account by itself that pays three cents a minute."""
    group = rate_group(None, "Retail")
    rate(group, "880", "0.03")
    buys_at(AccountFactory(account_id="Payer-1"), group, since=LONG_AGO)


def charge() -> Done:
    return charge_all(Tariffs())


def test_a_record_becomes_a_leg_that_is_charged(key: str, payer: None) -> None:
    assert post(key, cdr("c-1", account="Payer-1")) == {"taken": 1}
    assert legs() == []
    assert charge() == Done(1, accepted=1)
    assert charges() == [("Payer-1", "880", Decimal("0.03"))]
    assert Leg.objects.get().source == "sw-1"


def test_many_records_come_together(key: str, payer: None) -> None:
    records = [cdr(f"c-{n}", account="Payer-1") for n in range(1_000)]
    assert post(key, records) == {"taken": 1_000}
    assert charge().accepted == 1_000


def test_nothing_is_charged_twice(key: str, payer: None) -> None:
    one = cdr("c-1", account="Payer-1")
    for _again in range(3):
        post(key, [one, one])
        charge()
    assert len(charges()) == 1
    # The same written in another way is the same.
    post(key, {**one, "duration": 60, "unknown": "x", "leg": None, "cause": 16})
    assert charge() == Done(1, repeated=1)
    assert len(charges()) == 1


def test_call_ids_of_two_switches_may_be_the_same(key: str, payer: None) -> None:
    other = new_switch("sw-2").key.text
    for one in (key, other):
        post(one, cdr("c-1", account="Payer-1"))
    assert charge().accepted == 2


def test_columns_that_are_not_ours_are_left_out(key: str) -> None:
    """One that is written by whoever puts records right is no switch's to say."""
    post(key, {**cdr(), "assigned": "Payer-1", "raw": "x", "source": "sw-9", "sip": {"a": [1]}})
    kept = CallRecord.objects.get()
    assert kept.source == "sw-1"
    assert set(kept.as_it_came) <= set(COLUMNS)


@pytest.mark.parametrize(
    ("record", "column"),
    [
        ({}, "call_id"),
        ({"call_id": ""}, "call_id"),
        ({"call_id": None}, "call_id"),
        ({"call_id": "\u200b "}, "call_id"),
        ({"call_id": "c" * 129}, "call_id"),
        ({"call_id": "c", "leg": "l" * 9}, "leg"),
        ({"call_id": "c", "callee": ["1"]}, "callee"),
        ({"call_id": "c", "answer": True}, "answer"),
        ({"call_id": "c", "setup": {"at": 1}}, "setup"),
        ("c", ""),
        (None, ""),
        ([], ""),
    ],
)
def test_what_is_no_record_is_refused_by_its_place(key: str, record: Any, column: str) -> None:
    said = post(key, [cdr("c-1"), record, cdr("c-2")])
    assert said["taken"] == 2
    (refused,) = said["refused"]
    assert (refused["index"], refused["column"]) == (1, column)
    assert refused["why"].endswith(".")
    assert CallRecord.objects.count() == 2


UNREADABLE = {
    "a call ID alone": {},
    "no setup": {"setup": ""},
    "a setup that is none": {"setup": "yesterday"},
    "a setup without its offset": {"setup": "2026-12-01T10:30:00"},
    "an end before the year 1": {"end": -1e18},
    "a duration that is none": {"duration": "a minute"},
    "a duration of 10,000 digits": {"duration": "9" * 10_000},
    "a duration that JSON cannot say": {"duration": 10**30},
    "a callee of 10,000 digits": {"callee": "9" * 10_000},
    "no callee": {"callee": None},
    "a negative duration": {"duration": -5},
    "nobody who is known": {"account": "Nobody-1"},
    "nobody at all": {"account": ""},
    "an account in a long word": {"account": "Payer-1" + "x" * 100},
}


@pytest.mark.parametrize("wrong", UNREADABLE.values(), ids=UNREADABLE)
def test_what_nobody_can_read_waits_in_the_queue(
    key: str, payer: None, wrong: dict[str, Any]
) -> None:
    """It breaks nothing, and keeps no other from being charged."""
    bad = {**cdr("c-1", account="Payer-1"), **wrong} if wrong else {"call_id": "c-1"}
    assert post(key, [bad, cdr("c-2", account="Payer-1")]) == {"taken": 2}
    done = charge()
    assert (done.taken, done.accepted, done.queued) == (2, 1, 1)
    assert legs() == ["c-2"]
    assert len(waits()) == 1


@pytest.mark.parametrize("answer", ["0", "-", "null", "none", "", 0, None])
def test_an_answer_of_nothing_is_none(key: str, payer: None, answer: Any) -> None:
    post(key, {**cdr("c-1", seconds=0, account="Payer-1"), "answer": answer})
    assert charge().accepted == 1
    assert Leg.objects.get().answer is None


def test_where_no_answer_is_said_it_follows_from_the_duration(key: str, payer: None) -> None:
    record = cdr("c-1", account="Payer-1")
    del record["answer"]
    post(key, record)
    assert charge().accepted == 1
    assert Leg.objects.get().duration == 60


def test_where_no_duration_is_said_it_follows_from_the_answer(key: str, payer: None) -> None:
    post(key, {**cdr("c-1", account="Payer-1"), "duration": None})
    assert charge().accepted == 1
    assert Leg.objects.get().duration == 60


def test_nothing_is_taken_where_the_database_keeps_nothing(
    issued: IssuedKey, monkeypatch: Any
) -> None:
    def away(*_args: Any, **_more: Any) -> None:
        raise OperationalError("no space left")

    monkeypatch.setattr("billing.calls.services.posted.records_taken", away)
    answer = ask(issued.key.text, "cdr", cdr())
    assert answer.status_code == 503
    assert not CallRecord.objects.exists()


@pytest.mark.postgres
def test_the_commit_waits_for_the_disk(key: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        post(key, cdr())
    assert any("synchronous_commit TO on" in one["sql"] for one in queries.captured_queries)
