"""Days and moments: when a day begins in a zone, and how both are written (docs/domain.md 2)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.moments import (
    FIRST_DAY,
    LAST_DAY,
    as_of,
    asked_now,
    day_begin,
    day_end,
    day_heading,
    day_of_words,
    day_words,
    ends_a_day,
    last_day,
    moment_words,
    second_words,
    today,
    until_value,
    until_words,
)

# Far east, far west, a quarter of an hour off, and clocks that jump at midnight.
ZONES = [
    "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Asia/Dhaka",
    "Europe/Berlin", "America/New_York", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe",
    "America/Santiago", "Asia/Beirut",
]  # fmt: skip
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(FIRST_DAY, LAST_DAY - timedelta(days=1))
moments = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC))


@given(moments, zones)
def test_every_moment_lies_in_one_day_and_it_is_the_one_the_clock_shows(
    at: datetime, zone: ZoneInfo
) -> None:
    day = at.astimezone(zone).date()
    assert day_begin(day, zone) <= at < day_end(day, zone)


@given(days, zones)
def test_a_day_ends_where_the_next_begins(day: date, zone: ZoneInfo) -> None:
    assert day_end(day, zone) == day_begin(day + timedelta(days=1), zone)
    assert last_day(day_end(day, zone), zone) == day
    assert day_begin(day, zone).astimezone(zone).date() == day


@given(days, zones)
def test_the_last_moment_of_a_day_is_in_it_and_the_end_is_not(day: date, zone: ZoneInfo) -> None:
    end = day_end(day, zone)
    assert (end - timedelta(microseconds=1)).astimezone(zone).date() == day
    assert end.astimezone(zone).date() == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 6, 1), 24),
        # Midnight itself is left out, or comes twice.
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("America/Havana", date(2025, 11, 2), 25),
        # By half an hour.
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ],
)
def test_days_on_which_clocks_are_changed_are_longer_or_shorter(
    zone: str, day: date, hours: float
) -> None:
    length = day_end(day, ZoneInfo(zone)) - day_begin(day, ZoneInfo(zone))
    assert length == timedelta(hours=hours)


def test_the_day_is_that_of_the_zone(time_machine) -> None:
    time_machine.move_to(datetime(2026, 3, 10, 11, tzinfo=UTC), tick=False)
    assert today(ZoneInfo("Pacific/Kiritimati")) == date(2026, 3, 11)
    assert today(ZoneInfo("Pacific/Pago_Pago")) == date(2026, 3, 10)
    with timezone.override("Pacific/Kiritimati"):
        assert today() == date(2026, 3, 11)


DHAKA = ZoneInfo("Asia/Dhaka")


@pytest.mark.parametrize(
    ("until", "words"),
    [
        # A day that was entered ends with it; former versions kept its last second.
        (datetime(2026, 3, 11, tzinfo=DHAKA), "2026-03-10"),
        (datetime(2026, 3, 10, 23, 59, 59, tzinfo=DHAKA), "2026-03-10"),
        (datetime(2026, 3, 10, 23, 59, tzinfo=DHAKA), "2026-03-10 23:59"),
        (datetime(2026, 3, 10, 8, 5, tzinfo=DHAKA), "2026-03-10 08:05"),
        (None, ""),
    ],
)
def test_an_end_is_told_as_the_day_it_was_entered_as(until: datetime | None, words: str) -> None:
    assert until_words(until, DHAKA) == words


def test_the_end_of_a_day_elsewhere_is_a_moment_here() -> None:
    until = datetime(2026, 3, 11, tzinfo=DHAKA)
    assert not ends_a_day(until, ZoneInfo("Europe/Berlin"))
    assert until_words(until, ZoneInfo("Europe/Berlin")) == "2026-03-10 19:00"


def test_days_and_moments_are_written_in_one_way() -> None:
    at = datetime(2026, 3, 9, 19, 5, 7, tzinfo=UTC)
    assert day_words(date(2026, 3, 9)) == "2026-03-09"
    assert day_heading(date(2026, 3, 9)) == "Monday, 2026-03-09"
    assert moment_words(at) == "2026-03-09 19:05"
    with timezone.override("Asia/Dhaka"):
        assert moment_words(at) == "2026-03-10 01:05"
        assert second_words(at) == "2026-03-10 01:05:07"


def test_the_day_of_a_moment_is_that_of_the_zone() -> None:
    at = datetime(2026, 3, 9, 19, 5, tzinfo=UTC)
    assert day_of_words(at, UTC) == "2026-03-09"
    assert day_of_words(at, DHAKA) == "2026-03-10"


def test_an_end_in_a_file_is_a_day_or_what_the_clocks_show() -> None:
    assert until_value(datetime(2026, 3, 10, 18, 0, tzinfo=UTC), DHAKA) == date(2026, 3, 10)
    assert until_value(datetime(2026, 3, 10, 2, 5, tzinfo=UTC), DHAKA) == datetime(
        2026, 3, 10, 8, 5
    )
    assert until_value(None, DHAKA) is None


def test_a_list_is_asked_for_now_or_as_of_another_moment() -> None:
    """A minute before midnight in UTC, when the next day has begun in Dhaka."""
    late = datetime(2027, 4, 5, 23, 59, tzinfo=UTC)
    with as_of(late):
        assert asked_now() == late
        assert today(ZoneInfo("UTC")) == date(2027, 4, 5)
        assert today(ZoneInfo("Asia/Dhaka")) == date(2027, 4, 6)
    assert abs(asked_now() - timezone.now()) < timedelta(minutes=1)


def test_another_moment_ends_with_what_breaks_off() -> None:
    with pytest.raises(OSError, match="gone"), as_of(datetime(2000, 1, 1, tzinfo=UTC)):
        raise OSError("gone")
    assert asked_now().year > 2000
