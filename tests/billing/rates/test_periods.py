"""Periods of the week: how they are written, and which moments of the wall clock they cover."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.errors import Refused
from billing.rates.periods import EVERY_DAY, Period, period_checked, read_period
from tests.support.naive_rates import covers

# A Monday.
MONDAY = datetime(2026, 11, 2)

periods = st.builds(Period, st.integers(1, EVERY_DAY), st.integers(0, 1439), st.integers(1, 1440))


@pytest.mark.parametrize(
    ("text", "days", "begin", "end", "written"),
    [
        ("mon-fri 08:00-20:00", 0b0011111, 480, 1200, "mon-fri 08:00-20:00"),
        ("sat,sun 00:00-24:00", 0b1100000, 0, 1440, "sat-sun 00:00-24:00"),
        ("8:00-20:00", EVERY_DAY, 480, 1200, "mon-sun 08:00-20:00"),
        ("Fri 22:00 \u2013 06:00", 0b0010000, 1320, 360, "fri 22:00-06:00"),
        ("sat-mon 10:00-11:00", 0b1100001, 600, 660, "mon,sat-sun 10:00-11:00"),
        ("monday,wednesday 10:00-00:00", 0b0000101, 600, 1440, "mon,wed 10:00-24:00"),
    ],
)
def test_a_period_is_read_and_written(
    text: str, days: int, begin: int, end: int, written: str
) -> None:
    found = read_period(text)
    assert found == Period(days, begin, end)
    assert str(found) == written


def test_nothing_is_no_period() -> None:
    assert read_period("  ") is None


@pytest.mark.parametrize(
    "text",
    [
        "mon",
        "mon 8-20",
        "xyz 08:00-20:00",
        "08:60-20:00",
        "25:00-26:00",
        "08:00-20:60",
        "mon- 08:00-20:00x",
        "1",
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_period(text)
    assert (refused.value.code, refused.value.field) == ("period", "period")


@pytest.mark.parametrize(
    "wrong", [Period(0, 0, 60), Period(128, 0, 60), Period(1, 1440, 60), Period(1, 0, 1441)]
)
def test_a_period_that_is_none_is_refused(wrong: Period) -> None:
    with pytest.raises(Refused):
        period_checked(wrong)


@given(periods)
def test_what_is_written_is_read_again(period: Period) -> None:
    assert read_period(str(period)) == period


@pytest.mark.parametrize(
    ("text", "day", "clock", "is_covered"),
    [
        ("mon 08:00-20:00", 0, (7, 59), False),
        ("mon 08:00-20:00", 0, (8, 0), True),
        ("mon 08:00-20:00", 0, (19, 59), True),
        ("mon 08:00-20:00", 0, (20, 0), False),
        # Across midnight: the weekday is the one on which it begins.
        ("mon 22:00-06:00", 0, (21, 59), False),
        ("mon 22:00-06:00", 0, (22, 0), True),
        ("mon 22:00-06:00", 1, (5, 59), True),
        ("mon 22:00-06:00", 1, (6, 0), False),
        ("mon 22:00-06:00", 1, (22, 0), False),
        # Across the end of the week.
        ("sun 22:00-06:00", 0, (5, 59), True),
        ("sun 22:00-06:00", 0, (6, 0), False),
        # As long as a day.
        ("wed 06:00-06:00", 3, (5, 59), True),
        ("wed 06:00-06:00", 3, (6, 0), False),
    ],
)
def test_the_edges_of_a_period(
    text: str, day: int, clock: tuple[int, int], is_covered: bool
) -> None:
    period = read_period(text)
    assert period is not None
    at = MONDAY + timedelta(days=day, hours=clock[0], minutes=clock[1])
    assert period.covers(at) is is_covered


@given(periods, st.integers(0, 7 * 1440 * 60 - 1))
def test_every_second_of_the_week_is_covered_as_the_rule_says(period: Period, second: int) -> None:
    at = MONDAY + timedelta(seconds=second)
    assert period.covers(at) is covers(period, at)


@given(periods, periods)
def test_two_meet_where_a_minute_is_covered_by_both(one: Period, other: Period) -> None:
    minutes = [MONDAY + timedelta(minutes=at) for at in range(7 * 1440)]
    both = any(covers(one, at) and covers(other, at) for at in minutes)
    assert one.meets(other) is both
