"""Cells of decks at their bounds: the last that is read, and the first that is refused
(docs/domain.md 7).
"""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accounts.kit.sheet_stream import Figure
from billing.rates.deck_cells import (
    BadCell,
    day_orders,
    decimal_sign,
    is_prefix,
    prefixes_of_cell,
    read_blocks,
    read_date,
    read_flag,
    read_price,
)

UTC_ZONE, DHAKA = ZoneInfo("UTC"), ZoneInfo("Asia/Dhaka")


def refusal(call: object, *asked: object) -> str:
    with pytest.raises(BadCell) as refused:
        call(*asked)  # type: ignore[operator]
    return str(refused.value.message)


# --- Prefixes


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("1", True), ("9" * 15, True), ("9" * 16, False), ("", False), ("+1", False), ("١", False)],
)
def test_one_prefix_digit_for_digit(text: str, is_one: bool) -> None:
    assert is_prefix(text) is is_one


@pytest.mark.parametrize(
    ("cell", "country", "prefixes"),
    [
        ("880181944220712", None, ["880181944220712"]),
        # A country of up to three digits and what stands behind it.
        ("1-242", None, ["1242"]),
        ("39-06", None, ["3906"]),
        ("44-44", None, ["4444"]),
        ("01-03", "39", ["3901", "3902", "3903"]),
    ],
)
def test_prefixes(cell: str, country: str | None, prefixes: list[str]) -> None:
    assert prefixes_of_cell(cell, country) == prefixes


def test_a_range_has_a_thousand_prefixes_at_most() -> None:
    found = prefixes_of_cell("44000-44999")
    assert (len(found), found[0], found[-1]) == (1000, "44000", "44999")
    assert refusal(prefixes_of_cell, "44000-45000") == (
        "More than 1000 prefixes stand in one cell."
    )
    assert refusal(prefixes_of_cell, "44000-44999, 45000-45001") == (
        "More than 1000 prefixes stand in one cell."
    )


@pytest.mark.parametrize(
    ("cell", "country", "part"),
    [
        # A range backwards, and one of a single prefix.
        ("88019-88017", None, "88019-88017"),
        ("88017-88017", None, "88017-88017"),
        # Behind further prefixes a country would not say whose they are.
        ("44,880-17", None, "880-17"),
        ("1-12", "880", "1-12"),
        ("17-17", "880", "17-17"),
    ],
)
def test_what_can_be_read_in_two_ways(cell: str, country: str | None, part: str) -> None:
    words = f"“{part}” can be read in two ways: write each prefix in full."
    assert refusal(prefixes_of_cell, cell, country) == words


# --- Prices


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("0,05", "comma"),
        (",05", "comma"),
        ("0,123", "comma"),
        ("1.204,5", "comma"),
        ("0.05", "point"),
        (".05", "point"),
        ("0.123", "point"),
        ("1,204.5", "point"),
        # A thousand and more, or a little more than one.
        ("1,204", ""),
        ("1.204", ""),
        ("12", ""),
        ("n/a", ""),
        # The file itself keeps it as a number: that says nothing about its texts.
        (Figure("0.05"), ""),
    ],
)
def test_which_sign_a_price_has_before_its_decimals(text: str, sign: str) -> None:
    assert decimal_sign(text) == sign


@pytest.mark.parametrize(
    ("text", "sign", "price"),
    [("100000", "", "100000"), ("0.05$", "", "0.05"), (Figure("1.204"), "comma", "1.204")],
)
def test_prices(text: str, sign: str, price: str) -> None:
    assert read_price(text, sign) == Decimal(price)


def test_a_price_is_as_large_as_prices_are() -> None:
    assert refusal(read_price, "100000.01", "") == "No price is above 100000.00."


# --- Blocks and flags


@pytest.mark.parametrize(
    ("text", "blocks"),
    [("86400/86400", (86_400, 86_400)), ("1/1", (1, 1)), ("30/6 s", (30, 6)), ("60", (60, 60))],
)
def test_blocks(text: str, blocks: tuple[int, int]) -> None:
    assert read_blocks(text) == blocks


@pytest.mark.parametrize("text", ["0/60", "60/0", "86401", "60/86401", "a minute", ""])
def test_no_blocks(text: str) -> None:
    assert refusal(read_blocks, text)


@pytest.mark.parametrize(("text", "is_set"), [("Yes", True), ("blocked", True), ("no", False)])
def test_yes_and_no(text: str, is_set: bool) -> None:
    assert read_flag(text) is is_set


def test_what_is_neither_is_refused() -> None:
    assert refusal(read_flag, "perhaps") == "“perhaps” is neither yes nor no."


# --- Days


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("13/12/2026", {"dmy"}),
        ("12/13/2026", {"mdy"}),
        ("01/12/2026", {"dmy", "mdy"}),
        ("01/12/26", {"dmy", "mdy", "ymd"}),
        ("32/12/01", {"ymd"}),
        # These say themselves: the year stands first, or it is the same day in any order.
        ("2026-12-01", set()),
        ("0001-01-01", set()),
        ("05/05/2026", set()),
        ("1 Dec 2026", set()),
        ("45/45/2026", set()),
        ("", set()),
    ],
)
def test_in_which_orders_a_day_can_be_read(text: str, orders: set[str]) -> None:
    assert day_orders(text) == orders


@pytest.mark.parametrize(
    ("text", "order", "moment"),
    [
        ("2000-01-01", "", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2099-12-31", "", datetime(2099, 12, 31, tzinfo=UTC)),
        ("05/05/2026", "", datetime(2026, 5, 5, tzinfo=UTC)),
        ("05/05/2026", "mdy", datetime(2026, 5, 5, tzinfo=UTC)),
        ("05/05/2026", "ymd", datetime(2026, 5, 5, tzinfo=UTC)),
        ("01/12/26", "dmy", datetime(2026, 12, 1, tzinfo=UTC)),
        ("01/12/26", "mdy", datetime(2026, 1, 12, tzinfo=UTC)),
        ("26/12/01", "ymd", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01 08:00:30", "", datetime(2026, 12, 1, 8, 0, 30, tzinfo=UTC)),
        ("2026-12-01 08:00:30.5", "", datetime(2026, 12, 1, 8, 0, 30, 500_000, tzinfo=UTC)),
        ("2026-12-01 12:30 pm", "", datetime(2026, 12, 1, 12, 30, tzinfo=UTC)),
        ("2026-12-01 01:30 PM", "", datetime(2026, 12, 1, 13, 30, tzinfo=UTC)),
    ],
)
def test_dates(text: str, order: str, moment: datetime) -> None:
    assert read_date(text, UTC_ZONE, order) == moment


@pytest.mark.parametrize("text", ["01/12/26", "05/06/07", "01/12/2026"])
def test_a_day_that_is_not_sure_is_not_guessed(text: str) -> None:
    words = f"Which is the day, and which the month, in “{text}”?"
    assert refusal(read_date, text, UTC_ZONE, "") == words


@pytest.mark.parametrize(("text", "order"), [("13/12/2026", "mdy"), ("12/13/2026", "dmy")])
def test_a_day_in_another_order_than_the_decks_is_refused(text: str, order: str) -> None:
    assert refusal(read_date, text, UTC_ZONE, order).startswith("Which is the day")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1999-12-31", "The year 1999 is none from 2000 to 2099."),
        ("2100-01-01", "The year 2100 is none from 2000 to 2099."),
        ("2026-12-01 soon", "“2026-12-01 soon” is no date: write it like 2026-12-01."),
        ("2026-12-01 13:00 pm", "“2026-12-01 13:00 pm” is no date: write it like 2026-12-01."),
        ("2026-12-01 00:00 am", "“2026-12-01 00:00 am” is no date: write it like 2026-12-01."),
        ("45/45/2026", "“45/45/2026” is no date: write it like 2026-12-01."),
    ],
)
def test_no_dates(text: str, words: str) -> None:
    assert refusal(read_date, text, DHAKA, "") == words
