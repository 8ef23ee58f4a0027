"""Figures, periods and changes by hand, without a platform (docs/domain.md 9)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.reports.figures import NONE, Figures, Income, income_summed, summed
from billing.reports.periods import Period, last_days, so_far
from billing.reports.words import change_cell, change_words, tenths

KATHMANDU, NEW_YORK = ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/New_York")
SOLD = Figures(4, 2, 90, 120, Decimal("0.5"))
BOUGHT = Figures(4, 2, 90, 180, Decimal("0.3"))
OWN = Figures(1, 1, 30, 60, Decimal("0.1"))


def test_figures_are_added_each_to_its_own() -> None:
    assert summed([SOLD, OWN, NONE]) == Figures(5, 3, 120, 180, Decimal("0.6"))


def test_figures_are_taken_off_each_from_its_own() -> None:
    more = Figures(5, 3, 120, 180, Decimal("0.6"), Decimal(4), Decimal(2))
    assert more - OWN == Figures(4, 2, 90, 120, Decimal("0.5"), Decimal(4), Decimal(2))


def test_what_those_below_paid_less_its_price_is_the_margin() -> None:
    income = Income(SOLD, BOUGHT, OWN)
    assert income.margin == Decimal("0.2")
    assert income.margin_share == 40
    assert income.paid == Figures(5, 3, 120, 240, Decimal("0.4"))
    assert income_summed([income, income]) == Income(SOLD + SOLD, BOUGHT + BOUGHT, OWN + OWN)


def test_the_ratio_is_of_those_tried_and_the_length_of_those_answered() -> None:
    assert (SOLD.asr, SOLD.acd) == (50, 45)
    assert (SOLD.minutes, SOLD.billed_minutes, SOLD.per_minute) == (
        Decimal("1.5"), 2, Decimal("0.25"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "until", "before"),
    [
        # Two whole months, ten days from the first on, ten days up to a first.
        ("2027-02-01", "2027-04-01", "2026-12-01"),
        ("2027-03-01", "2027-03-11", "2027-02-19"),
        ("2027-02-19", "2027-03-01", "2027-02-09"),
    ],
)
def test_what_stands_beside_it_is_as_long(first: str, until: str, before: str) -> None:
    period = Period.of_days(date.fromisoformat(first), date.fromisoformat(until), KATHMANDU)
    assert period.before.first == date.fromisoformat(before)
    assert period.before.end == period.begin
    both = period.with_before
    assert (both.begin, both.end) == (period.before.begin, period.end)


def test_part_of_a_day_touches_the_whole_of_it() -> None:
    # 05:45 until 06:00 in Kathmandu.
    begin = datetime(2027, 3, 10, tzinfo=UTC)
    period = Period(begin, begin + timedelta(minutes=15), KATHMANDU)
    assert (period.first, period.until, period.length) == (date(2027, 3, 10), date(2027, 3, 11), 1)
    assert not period.is_of_days
    assert period.before.begin == begin - timedelta(minutes=15)
    # 23:45 until midnight: it ends with a day and begins with none.
    begin = datetime(2027, 3, 10, 18, tzinfo=UTC)
    late = Period(begin, begin + timedelta(minutes=15), KATHMANDU)
    assert (late.until, late.is_of_days) == (date(2027, 3, 11), False)
    # And the other way round.
    early = Period(late.end, late.end + timedelta(minutes=15), KATHMANDU)
    assert (early.first, early.is_of_days) == (date(2027, 3, 11), False)


def test_a_period_may_hold_nothing() -> None:
    begin = datetime(2027, 3, 10, tzinfo=UTC)
    assert Period(begin, begin, KATHMANDU).end == begin


def test_today_goes_up_to_the_end_of_the_quarter_and_yesterday_as_far() -> None:
    # 01:20 of the 11th in Kathmandu.
    today, yesterday = so_far(datetime(2027, 3, 10, 19, 35, tzinfo=UTC), KATHMANDU)
    assert today.begin == datetime(2027, 3, 10, 18, 15, tzinfo=UTC)
    assert today.end == datetime(2027, 3, 10, 19, 45, tzinfo=UTC)
    day = timedelta(days=1)
    assert (yesterday.begin, yesterday.end) == (today.begin - day, today.end - day)


def test_yesterday_ends_with_its_day_even_where_it_was_shorter() -> None:
    # On the 14th of March the clocks of New York went forward; it is 23:50 of the 15th.
    today, yesterday = so_far(datetime(2027, 3, 16, 3, 50, tzinfo=UTC), NEW_YORK)
    assert yesterday.end == today.begin == datetime(2027, 3, 15, 4, tzinfo=UTC)


def test_the_last_days_are_those_before_today() -> None:
    period = last_days(date(2027, 3, 10), 7, KATHMANDU)
    assert (period.first, period.until) == (date(2027, 3, 3), date(2027, 3, 10))


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (3, 2, "+50.0\u00a0%"), (1, 2, "−50.0\u00a0%"), (2, 2, "0\u00a0%"), (2, 0, "new"),
        # A loss that became smaller is more.
        (-1, -2, "+50.0\u00a0%"), (-3, -2, "−50.0\u00a0%"),
    ],
)  # fmt: skip
def test_a_change_is_measured_by_what_there_was(now: int, before: int, words: str) -> None:
    assert change_words(now, before) == words


def test_more_is_good_where_it_is_judged() -> None:
    assert 'class="delta good"' in change_cell(3, 2, is_judged=True)
    assert 'class="delta bad"' in change_cell(1, 2, is_judged=True)
    assert 'class="delta"' in change_cell(3, 2)


def test_halves_are_rounded_up() -> None:
    assert tenths(Decimal("0.25")) == "0.3"
