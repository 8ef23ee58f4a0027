"""What a switch posts is read strictly, and nothing that is posted is a failure of ours."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.switches.services.switches import IssuedKey
from billing.calls.models import CallRecord
from tests.factories.switches import ask
from tests.support.examples import examples
from vosportal.switch.reading import MOST_RECORDS, BadBody, read_body

pytestmark = pytest.mark.django_db

DIGITS = "9" * 10_000


def nested(depth: int) -> bytes:
    """An object that nests so many levels, itself included."""
    return b'{"user": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "not_json"),
    "no JSON": (b"user=1", 400, "not_json"),
    "half of it": (b'{"user": "1"', 400, "not_json"),
    "two of them": (b'{"user": "1"} {}', 400, "not_json"),
    "not UTF-8": (b'{"user": "\xff"}', 400, "not_utf8"),
    "UTF-16": ('{"user": "1"}'.encode("utf-16"), 400, "not_utf8"),
    "a mark before it": (b'\xef\xbb\xbf{"user": "1"}', 400, "not_json"),
    "NaN": (b'{"user": NaN}', 400, "not_json"),
    "infinity": (b'{"user": -Infinity}', 400, "not_json"),
    "a name twice": (b'{"user": "1", "user": "2"}', 400, "twice"),
    "a name twice, deep inside": (b'{"user": {"a": 1, "a": 2}}', 400, "twice"),
    "nine levels": (nested(9), 400, "too_deep"),
    "a hundred thousand levels": (nested(100_000), 400, "too_deep"),
    "a list": (b'[{"user": "1"}]', 422, "not_an_object"),
    "a text": (b'"user"', 422, "not_an_object"),
    "null": (b"null", 422, "not_an_object"),
    "no user": (b"{}", 422, "missing"),
    "an empty user": (b'{"user": ""}', 422, "missing"),
    "a user nobody can see": ('{"user": "\u200b\\u0000\\u0007"}'.encode(), 422, "missing"),
    "a user that is true": (b'{"user": true}', 422, "not_a_text"),
    "a user that is a list": (b'{"user": ["1"]}', 422, "not_a_text"),
    "a number of 10,000 digits": (f'{{"user": {DIGITS}}}'.encode(), 422, "too_long"),
    "a fraction of 10,000 digits": (f'{{"user": 0.{DIGITS}}}'.encode(), 422, "too_long"),
    "a text of 10,000 digits": (f'{{"user": "{DIGITS}"}}'.encode(), 422, "too_long"),
}


@pytest.mark.parametrize(("raw", "status", "error"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_why(key: str, raw: bytes, status: int, error: str) -> None:
    answer = ask(key, "credentials", raw)
    said = json.loads(answer.content)
    assert (answer.status_code, said["error"]) == (status, error)
    assert said["message"].endswith(".")


HOSTILE = {
    "SQL": "'; DROP TABLE accounts_phone; --",
    "HTML": "<script>alert(1)</script>",
    "control characters": "a\x00b\x1b[31m\r\nX-Header: 1",
    "half of a pair": "\ud800",
    "the other way round": "\u202e8801711",
    "a template": "{{ settings.SECRET_KEY }} %(x)s %s {0}",
    "a formula": "=cmd|' /C calc'!A0",
    "digits that are none of ours": "٨٨٠١٧١١",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_nobody(key: str, text: str) -> None:
    answer = ask(key, "credentials", {"user": text})
    if answer.status_code == 200:
        assert json.loads(answer.content) == {"known": False}
    else:
        assert json.loads(answer.content)["error"] == "missing"
    assert text not in answer.content.decode()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_kept_as_what_can_be_shown(issued: IssuedKey, text: str) -> None:
    answer = ask(issued.key.text, "cdr", {"call_id": "c-1", "caller": text, "callee": text})
    assert json.loads(answer.content) == {"taken": 1}
    kept = CallRecord.objects.get().as_it_came
    assert all(value.isprintable() for value in kept.values())


def test_eight_levels_are_read() -> None:
    assert read_body(nested(8))["user"] is not None


def test_texts_are_tidied_wherever_they_stand() -> None:
    raw = json.dumps({"a": " x\x00 ", "b": ["y\r\nz", {"c": "\u202ew"}], "d": 1, "e": None})
    assert read_body(raw.encode()) == {"a": "x", "b": ["y z", {"c": "w"}], "d": 1, "e": None}


def test_numbers_are_what_they_are_where_that_can_be_said() -> None:
    raw = b'{"a": 123456789012345678, "b": 1234567890123456789, "c": 1e999, "d": 1.5, "e": -0}'
    assert read_body(raw) == {
        "a": 123456789012345678, "b": "1234567890123456789", "c": "1e999", "d": 1.5, "e": 0,
    }  # fmt: skip


def test_a_thousand_records_are_taken_and_no_more() -> None:
    assert len(read_body(b"[" + b"{}," * (MOST_RECORDS - 1) + b"{}]", takes_list=True)) == 1000
    with pytest.raises(BadBody, match="At most 1000"):
        read_body(b"[" + b"{}," * MOST_RECORDS + b"{}]", takes_list=True)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


def how_read(raw: bytes) -> int:
    """The status that a body is refused with; 200 where it is read, and can be said again."""
    try:
        found = read_body(raw, takes_list=True)
    except BadBody as error:
        return error.status
    json.dumps(found, allow_nan=False).encode()
    return 200


@pytest.mark.wide
@examples(200)
@given(ANYTHING)
def test_whatever_is_json_is_read_or_refused(value: Any) -> None:
    assert how_read(json.dumps(value).encode()) in (200, 400, 413, 422)


@examples(200)
@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_read_or_refused(raw: bytes) -> None:
    assert how_read(raw) in (200, 400, 413, 422)


def test_a_body_with_bytes_exchanged_is_no_failure(key: str) -> None:
    """As a line that loses bytes would send it."""
    chance = random.Random(5)
    whole = json.dumps([{"call_id": "c", "setup": 1, "caller": "ä"}] * 3).encode()
    for _try in range(60):
        raw = bytearray(whole)
        for _byte in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        assert ask(key, "cdr", bytes(raw)).status_code in (200, 400, 413, 422)
