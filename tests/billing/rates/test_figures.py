"""How prices, lengths and shares are written."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.rates.figures import exact, length_words, per_minute, percent, since_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [("0.1", "0.100000"), ("-1204.5", "−1,204.500000"), ("0", "0.000000")],
)
def test_an_amount_has_all_its_decimals(amount: str, words: str) -> None:
    assert exact(Decimal(amount)) == words


@pytest.mark.parametrize(
    ("price", "words"), [("0.02", "0.0200"), ("0.012345", "0.012345"), ("1204", "1,204.0000")]
)
def test_a_price_has_four_decimals_at_least(price: str, words: str) -> None:
    assert per_minute(Decimal(price)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0:00"),
        (59, "0:59"),
        (60, "1:00"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (3723, "1:02:03"),
    ],
)
def test_a_length_is_minutes_and_from_an_hour_on_hours(seconds: int, words: str) -> None:
    assert length_words(seconds) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [("0.0357", "0.144", "24.8 %"), ("-1", "4", "−25.0 %"), ("1", "0", ""), ("0", "4", "0.0 %")],
)
def test_a_share_of_nothing_is_none(part: str, whole: str, words: str) -> None:
    assert percent(Decimal(part), Decimal(whole)) == words
    assert percent(None, Decimal(whole)) == ""
    assert percent(Decimal(part), None) == ""


def test_a_beginning_at_midnight_is_a_day() -> None:
    assert since_words(datetime(2026, 12, 1, tzinfo=UTC)) == "2026-12-01"
    assert since_words(datetime(2026, 12, 1, 8, 30, tzinfo=UTC)) == "2026-12-01 08:30"
