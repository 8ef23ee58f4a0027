"""What can be kept and shown at all."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.legible import (
    can_be_stored,
    in_utc,
    is_enterable,
    read_json,
    read_moment,
)
from accounts.kit.moments import FIRST_DAY, LAST_DAY

# Surrogates and NUL among everything else.
TEXTS = st.text(st.characters(), max_size=20)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize("text", ["", "Ärzte", "ТЕЛЕКОМ", "\u202e", "😀", "a\nb", "\x07"])
def test_what_can_be_stored_is_legible(text: str) -> None:
    assert can_be_stored(text)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "a\udfffb", "\ud83d\ud83d"])
def test_an_empty_character_and_half_of_one_are_not_legible(text: str) -> None:
    assert not can_be_stored(text)


@given(TEXTS)
def test_what_is_legible_comes_back_as_it_was(text: str) -> None:
    as_stored = text.encode("utf-8", "replace").decode().partition("\x00")[0]
    assert can_be_stored(text) == (as_stored == text)


@given(st.datetimes(timezones=ZONES))
def test_a_moment_in_utc_is_the_same_moment_or_none(moment: datetime) -> None:
    found = in_utc(moment)
    edge = timedelta(days=1)
    is_inside = datetime.min + edge < moment.replace(tzinfo=None) < datetime.max - edge
    assert found == moment if is_inside else found in (moment, None)


def test_a_moment_without_a_zone_is_none() -> None:
    assert in_utc(datetime(2026, 1, 1)) is None


@given(st.dates(FIRST_DAY, LAST_DAY), st.times(), ZONES)
def test_every_moment_of_a_day_that_can_be_entered_is_fine_in_every_zone(
    day: date, time: Any, zone: timezone
) -> None:
    assert is_enterable(datetime.combine(day, time, tzinfo=zone))


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
        datetime(1999, 12, 30, tzinfo=UTC),
        datetime(2100, 1, 3, tzinfo=UTC),
        datetime(2026, 1, 1),
    ],
)
def test_moments_that_nobody_can_mean_are_not_enterable(moment: datetime) -> None:
    assert not is_enterable(moment)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    )
)
def test_json_is_read_as_it_is_or_not_at_all(value: Any) -> None:
    texts = json.dumps(value, ensure_ascii=False)
    spelled = json.dumps(value)
    if can_be_stored(texts) and "\\u0000" not in texts.replace("\\\\", ""):
        assert read_json(spelled) == value
    else:
        with pytest.raises(ValueError, match="no text"):
            read_json(spelled)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a":' * 100_000, "9" * 5000])
def test_what_json_cannot_say_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_json(text)


@pytest.mark.parametrize(
    "text",
    ["", "forty", "2026-01-01", "2026-01-01T10:00", "2026-13-45T00:00", "2026-01-01T25:00",
     "0001-01-01T00:00:00+14:00",
     "9999-12-31T", "9999-12-31T23:59:59-12:00", "²026-01-01T00:00", "T" * 5000],
)  # fmt: skip
def test_a_text_that_says_no_moment_is_read_as_none(text: str) -> None:
    assert read_moment(text) is None


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=ZONES))
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    assert read_moment(moment.isoformat()) == moment


@given(st.text(max_size=40))
def test_whatever_a_text_says_reading_it_for_a_moment_is_no_failure(text: str) -> None:
    found = read_moment(text)
    assert found is None or is_enterable(found)
