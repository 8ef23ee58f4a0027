"""Periods of reports: half-open, by the clocks of a zone, beside the one before."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.reports.periods import Period, preset

BERLIN = ZoneInfo("Europe/Berlin")
# A Wednesday.
TODAY = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("name", "first", "until"),
    [
        ("today", "2027-03-31", "2027-04-01"),
        ("yesterday", "2027-03-30", "2027-03-31"),
        ("this-week", "2027-03-29", "2027-04-01"),
        ("last-week", "2027-03-22", "2027-03-29"),
        ("this-month", "2027-03-01", "2027-04-01"),
        ("last-month", "2027-02-01", "2027-03-01"),
    ],
)
def test_named_periods(name: str, first: str, until: str) -> None:
    assert preset(name, TODAY) == (date.fromisoformat(first), date.fromisoformat(until))


@pytest.mark.parametrize(
    ("days", "before"),
    [
        (("2027-02-01", "2027-03-01"), ("2027-01-01", "2027-02-01")),
        (("2027-01-01", "2027-04-01"), ("2026-10-01", "2027-01-01")),
        (("2027-03-01", "2027-03-23"), ("2027-02-07", "2027-03-01")),
        (("2027-03-31", "2027-04-01"), ("2027-03-30", "2027-03-31")),
    ],
)
def test_whole_months_stand_beside_months_and_others_beside_as_many_days(
    days: tuple[str, str], before: tuple[str, str]
) -> None:
    found = Period.of_days(*map(date.fromisoformat, days), BERLIN).before
    assert (found.first, found.until) == tuple(map(date.fromisoformat, before))


def test_a_day_begins_and_ends_by_the_clocks_of_its_zone() -> None:
    """Clocks of Berlin go forward on that Sunday: it has 23 hours."""
    day = Period.of_days(date(2027, 3, 28), date(2027, 3, 29), BERLIN)
    assert day.begin == datetime(2027, 3, 27, 23, tzinfo=UTC)
    assert day.end == datetime(2027, 3, 28, 22, tzinfo=UTC)
    assert list(day.days()) == [date(2027, 3, 28)]
    assert day.is_of_days


def test_moments_are_compared_with_as_much_time() -> None:
    begin, end = datetime(2027, 3, 28, 10, tzinfo=UTC), datetime(2027, 3, 28, 11, 30, tzinfo=UTC)
    period = Period(begin, end, BERLIN)
    assert not period.is_of_days
    assert period.before == Period(datetime(2027, 3, 28, 8, 30, tzinfo=UTC), begin, BERLIN)
    assert period.length == 1


@pytest.mark.parametrize("minute", [1, 14])
def test_a_moment_that_totals_do_not_know_is_refused(minute: int) -> None:
    at = datetime(2027, 3, 28, 10, minute, tzinfo=UTC)
    with pytest.raises(ValueError, match="no quarter"):
        Period(at, at, BERLIN)


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Period.of_days(date(2027, 3, 2), date(2027, 3, 1), BERLIN)
