"""What a record says, what of it cannot be, and which leg it is (docs/cdr.md). Expectations by
hand.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from billing.calls.models import Leg
from billing.calls.records import (
    COLUMNS,
    NEEDED,
    Record,
    Unreadable,
    absurdity,
    content_of,
    key_of,
    moment,
    read,
    seconds,
)

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
SAYS = {
    "call_id": "c-1",
    "callee": "8801711000000",
    "setup": "2027-03-15T11:00:00Z",
    "answer": "2027-03-15T11:00:05Z",
    "end": "2027-03-15T11:01:05Z",
    "duration": "60",
}


def record(**columns: str) -> Record:
    return read({**SAYS, **columns})


def at(**later: float) -> str:
    return (NOON + timedelta(**later)).isoformat()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2027-03-15T12:00:00Z", NOON),
        ("2027-03-15T18:00:00+06:00", NOON),
        ("2027-03-15 12:00:00.25+00:00", NOON + timedelta(milliseconds=250)),
        # 2027-03-15 12:00:00 in UTC; and of 1973, in nine digits.
        ("1805112000", NOON),
        ("1805112000.5", NOON + timedelta(milliseconds=500)),
        ("1805112000.250000000", NOON + timedelta(milliseconds=250)),
        ("100000000", datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
    ],
)
def test_a_moment_has_its_offset_or_counts_seconds(text: str, found: datetime) -> None:
    assert moment("setup", text) == found
    assert moment("setup", text).tzinfo == UTC


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "2027-03-15T12:00:00", "2027-03-15", "1805112000.", "-1805112000",
        "1805112000x", "99999999", "0001-01-01T00:00:00+06:00", "9999-12-31T23:59:59-06:00",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_not_read(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        moment("answer", text)
    assert (caught.value.column, caught.value.args) == ("answer", (text,))


def test_a_day_in_eight_digits_is_the_midnight_of_no_zone() -> None:
    with pytest.raises(Unreadable):
        moment("setup", "20270315")


@pytest.mark.parametrize("text", ["", "a minute", "nan", "inf", "-inf", "1:00"])
def test_what_is_no_duration_is_not_read(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        seconds(text)
    assert caught.value.column == "duration"


def test_each_column_is_read_from_its_own() -> None:
    names = (
        "call_id", "leg", "session", "account", "phone", "gateway", "caller", "callee",
        "callee_out", "routing_gateway", "cause",
    )  # fmt: skip
    found = record(**{name: f"of {name}" for name in names})
    assert {name: getattr(found, name) for name in names} == {one: f"of {one}" for one in names}
    times = (found.setup, found.answer, found.end)
    assert [one and f"{one:%H:%M:%S}" for one in times] == ["11:00:00", "11:00:05", "11:01:05"]
    assert found.duration == 60


@pytest.mark.parametrize("column", [one for one in NEEDED if one in ("setup", "end", "duration")])
def test_the_column_that_cannot_be_read_is_named(column: str) -> None:
    with pytest.raises(Unreadable) as caught:
        record(**{column: "x"})
    assert caught.value.column == column


@pytest.mark.parametrize(("duration", "whole"), [("60", 60), ("60.4", 61), ("60.6", 61), ("0", 0)])
def test_seconds_are_rounded_up(duration: str, whole: int) -> None:
    assert record(duration=duration).seconds == whole


def test_what_was_not_answered_lasted_nothing_and_counts_from_its_setup() -> None:
    unanswered = record(answer="", duration="2")
    assert unanswered.seconds == 0
    assert unanswered.at == unanswered.setup
    assert record().at == record().answer


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({}, ""),
        ({"duration": "-0.5"}, "negative"),
        # At the very moment of the setup it may end, a moment before not.
        ({"answer": "", "duration": "0", "end": SAYS["setup"]}, ""),
        ({"answer": "", "duration": "0", "end": "2027-03-15T10:59:59.9Z"}, "ends_first"),
        # Ten minutes a switch's clock may be ahead.
        ({"answer": "", "duration": "0", "end": at(minutes=10)}, ""),
        ({"answer": "", "duration": "0", "end": at(minutes=10, seconds=1)}, "future"),
        ({"answer": "", "duration": "2"}, ""),
        ({"answer": "", "duration": "2.1"}, "unanswered"),
        ({"answer": SAYS["end"], "duration": "0"}, ""),
        ({"answer": "2027-03-15T11:01:06Z", "duration": "0"}, "ends_first"),
        ({"answer": SAYS["setup"], "duration": "65"}, ""),
        ({"answer": "2027-03-15T10:59:59Z", "duration": "66"}, "answered_first"),
        ({"duration": "62"}, ""),
        ({"duration": "58"}, ""),
        ({"duration": "62.1"}, "apart"),
        ({"duration": "57.9"}, "apart"),
    ],
)
def test_what_cannot_be(columns: dict[str, str], what: str) -> None:
    assert absurdity(record(**columns), NOON) == what


@pytest.mark.parametrize(
    ("lasts", "duration", "what"),
    [(86_400, "86400", ""), (86_401, "86400", "too_long"), (86_400, "86401", "too_long")],
)
def test_no_call_lasts_longer_than_a_day(lasts: int, duration: str, what: str) -> None:
    begin = NOON - timedelta(days=2)
    times = {"setup": begin.isoformat(), "answer": begin.isoformat(),
             "end": (begin + timedelta(seconds=lasts)).isoformat()}  # fmt: skip
    assert absurdity(record(**times, duration=duration), NOON) == what


def test_what_is_kept_of_a_leg_takes_the_longest_value_of_its_column() -> None:
    kept = [one for one in Leg._meta.fields if one.name in COLUMNS and one.max_length]
    assert {one.name: one.max_length for one in kept} == {
        one.name: COLUMNS[one.name] for one in kept
    }
    assert len(kept) == 9


@pytest.mark.parametrize("column", ["call_id", "leg"])
def test_a_leg_is_its_source_its_call_and_its_number(column: str) -> None:
    known = key_of("one", {**SAYS, "leg": "1"})
    assert key_of("one", {**SAYS, "leg": "1", "cause": "17"}) == known
    assert key_of("two", {**SAYS, "leg": "1"}) != known
    assert key_of("one", {**SAYS, "leg": "1", column: "2"}) != known


def test_what_stands_in_one_part_of_a_key_is_not_in_the_next() -> None:
    assert key_of("a", {"call_id": "b", "leg": "c"}) != key_of("a", {"call_id": "bc", "leg": ""})
    assert key_of("ab", {"call_id": "c"}) != key_of("a", {"call_id": "bc"})


@pytest.mark.parametrize(
    "column",
    ["call_id", "leg", "session", "account", "phone", "gateway", "caller", "callee", "callee_out",
     "routing_gateway", "cause"],
)  # fmt: skip
def test_other_words_in_any_column_are_other_content(column: str) -> None:
    assert content_of(record(**{column: "x"}), False) != content_of(record(), False)


@pytest.mark.parametrize(
    "columns",
    [
        {"setup": "2027-03-15T10:59:59Z"},
        {"answer": "2027-03-15T11:00:06Z"},
        {"answer": ""},
        {"end": "2027-03-15T11:01:06Z"},
        {"duration": "61"},
    ],
)
def test_other_times_are_other_content(columns: dict[str, str]) -> None:
    assert content_of(record(**columns), False) != content_of(record(), False)


def test_the_same_moments_in_other_words_are_the_same_content() -> None:
    dhaka = timezone(timedelta(hours=6))
    other: dict[str, Any] = {
        name: datetime.fromisoformat(SAYS[name]).astimezone(dhaka).isoformat()
        for name in ("setup", "answer")
    }
    other["end"] = str(datetime.fromisoformat(SAYS["end"]).timestamp())
    assert content_of(record(**other, duration="60.0"), False) == content_of(record(), False)


def test_whether_its_number_is_rewritten_is_content() -> None:
    assert content_of(record(), True) != content_of(record(), False)


def test_what_stands_in_one_column_is_not_in_the_next() -> None:
    one, other = record(caller="1", account="", phone="x"), record(caller="1", account="x")
    assert content_of(one, False) != content_of(other, False)
