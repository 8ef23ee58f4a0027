"""Decks as carriers send them: headings of many systems, and their ways with prefixes, prices,
blocks and dates. What can be read in two ways is refused by line and column.
"""

import io
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from accounts.kit.sheets_in import BadSheet
from billing.rates.deck_cells import BadCell, prefixes_of_cell, read_date, read_price
from billing.rates.deck_entries import Answers, Entry, Remark
from billing.rates.deck_reading import Deck
from billing.rates.periods import read_period

DHAKA = ZoneInfo("Asia/Dhaka")


def read(content: str | bytes, **answers: Any) -> tuple[Deck, list[Entry], list[Remark]]:
    raw = content.encode() if isinstance(content, str) else content
    deck = Deck(io.BytesIO(raw), DHAKA, Answers(**answers))
    deck.survey()
    said = list(deck.entries())
    entries = [one for one in said if isinstance(one, Entry)]
    return deck, entries, [one for one in said if isinstance(one, Remark)]


def book(*rows: list[Any], **sheets: list[list[Any]]) -> bytes:
    file, made = io.BytesIO(), openpyxl.Workbook()
    made.active.title = "Rates"
    for row in rows:
        made.active.append(row)
    for title, lines in sheets.items():
        sheet = made.create_sheet(title, 0)
        for row in lines:
            sheet.append(row)
    made.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("cell", "country", "prefixes"),
    [
        ("880", None, ["880"]),
        ("+880", None, ["880"]),
        ("00880", None, ["880"]),
        ("880*", None, ["880"]),
        ("880-17,18,19", None, ["88017", "88018", "88019"]),
        ("880-171, 172", None, ["880171", "880172"]),
        ("88017; 88018 / 88019", None, ["88017", "88018", "88019"]),
        ("88017-88019", None, ["88017", "88018", "88019"]),
        ("880\u201317,18-19", None, ["88017", "88018", "88019"]),
        ("17-19,2", "880", ["88017", "88018", "88019", "8802"]),
        ("06", "39", ["3906"]),
        ("", "+880", ["880"]),
    ],
)
def test_prefixes(cell: str, country: str | None, prefixes: list[str]) -> None:
    assert prefixes_of_cell(cell, country) == prefixes


@pytest.mark.parametrize(
    "cell",
    ["", "44-45", "88017-19", "017", "880 17", "8.8017E+11", "=A1", "880,880", "1234567890123456",
     "88000000-88999999", "\u0661\u0662", "-880", "880-", "x"],
)  # fmt: skip
def test_no_prefixes(cell: str) -> None:
    with pytest.raises(BadCell) as refused:
        prefixes_of_cell(cell)
    assert refused.value.code == "cell"


@pytest.mark.parametrize(
    ("cell", "sign", "price"),
    [
        ("0.0125", "", "0.0125"),
        ("0,0125", "", "0.0125"),
        (".05", "", "0.05"),
        ("$0.05", "", "0.05"),
        ("USD 0.05", "", "0.05"),
        ("1,204", "comma", "1.204"),
        ("1,204", "point", "1204"),
        ("1.204,5", "comma", "1204.5"),
    ],
)
def test_prices(cell: str, sign: str, price: str) -> None:
    assert read_price(cell, sign) == Decimal(price)


@pytest.mark.parametrize(
    ("cell", "sign"),
    [("1,204", ""), ("1.204", "comma"), ("0.12345678", ""), ("-1", ""), ("n/a", ""), ("1e3", ""),
     ("100000.01", ""), ("=B2*2", ""), ("0.05 EUR", "")],
)  # fmt: skip
def test_no_prices(cell: str, sign: str) -> None:
    with pytest.raises(BadCell):
        read_price(cell, sign)


@pytest.mark.parametrize(
    ("cell", "order", "moment"),
    [
        ("2026-12-01", "", datetime(2026, 11, 30, 18, tzinfo=UTC)),
        ("2026-12-01 08:00", "", datetime(2026, 12, 1, 2, tzinfo=UTC)),
        ("2026-12-01T00:00:00Z", "", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01 00:00:00+01:00", "", datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ("01.12.2026", "dmy", datetime(2026, 11, 30, 18, tzinfo=UTC)),
        ("12/01/2026", "mdy", datetime(2026, 11, 30, 18, tzinfo=UTC)),
        ("26/12/01", "ymd", datetime(2026, 11, 30, 18, tzinfo=UTC)),
        ("13/12/2026", "", datetime(2026, 12, 12, 18, tzinfo=UTC)),
        ("1-Dec-26", "", datetime(2026, 11, 30, 18, tzinfo=UTC)),
        ("December 1st, 2026", "", datetime(2026, 11, 30, 18, tzinfo=UTC)),
        ("20261201", "", datetime(2026, 11, 30, 18, tzinfo=UTC)),
        ("01/12/2026 12:00 AM", "dmy", datetime(2026, 11, 30, 18, tzinfo=UTC)),
    ],
)
def test_dates(cell: str, order: str, moment: datetime) -> None:
    assert read_date(cell, DHAKA, order) == moment


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("0001-01-01", "The year 1 is none from 2000 to 2099."),
        ("9999-12-31", "The year 9999 is none from 2000 to 2099."),
        ("31.12.9999", "The year 9999 is none from 2000 to 2099."),
        ("01/12/2026", "Which is the day, and which the month, in “01/12/2026”?"),
        ("2026-02-30", "“2026-02-30” is no date: write it like 2026-12-01."),
        ("46357", "“46357” is no date: write it like 2026-12-01."),
        ("2026-12-01 25:00", "“2026-12-01 25:00” is no date: write it like 2026-12-01."),
    ],
)
def test_no_dates(cell: str, said: str) -> None:
    with pytest.raises(BadCell) as refused:
        read_date(cell, DHAKA, "")
    assert refused.value.message == said


def test_a_clock_that_shows_no_such_time() -> None:
    with pytest.raises(BadCell):
        read_date("2027-03-28 02:30", ZoneInfo("Europe/Berlin"), "")


def test_country_and_area_code_in_two_columns_below_a_title() -> None:
    deck, entries, remarks = read(
        "Carrier X, A-Z termination\nDeck No,42\n\n"
        "Country,Operator,Country Code,Area Code,Rate (USD),Billing,Effective Date,Rate Change\n"
        'Bangladesh,GP,880,"17,18","0,0123",60/1,01/12/2026,Increase\n'
        'Bangladesh,,880,,"0,02",1/1,13/12/2026,New\n'
        "Total,,,,3\n"
        "All prices in USD per minute\n"
    )
    assert [(one.line, one.prefix, one.price, one.destination) for one in entries] == [
        (5, "88017", Decimal("0.0123"), "Bangladesh GP"),
        (5, "88018", Decimal("0.0123"), "Bangladesh GP"),
        (6, "880", Decimal("0.02"), "Bangladesh"),
    ]
    assert [(one.first_block, one.increment) for one in entries] == [(60, 1), (60, 1), (1, 1)]
    assert entries[0].since == datetime(2026, 11, 30, 18, tzinfo=UTC)
    assert [one.line for one in remarks] == [7, 8]
    assert deck.columns[2] == ("Country Code", "country")


def test_a_title_with_a_date_is_no_part_of_the_headings() -> None:
    deck, _entries, _none = read("Carrier X\nValid as of,2026-12-15\nCode,Rate (USD)\n880,1\n")
    assert deck.columns == [("Code", "prefix"), ("Rate (USD)", "price")]


def test_groups_of_headings_are_a_part_of_them() -> None:
    text = "Destination,Code,Price,\n,,Peak,Off-peak\nUK,44,0.02,0.01\n"
    deck, entries, _none = read(text, peak=read_period("mon-fri 08:00-20:00"))
    assert deck.names == {"destination", "prefix", "peak", "off_peak"}
    assert [one.price for one in entries] == [Decimal("0.01"), Decimal("0.02")]


def test_our_own_words_of_a_switch() -> None:
    _deck, entries, _none = read(
        "Rate prefix\tArea name\tFee rate\tBilling cycle\tLocked\n+44\tUK\t0.01\t60\tno\n"
        "4477\tUK mobile\t0.03\t30/6\tyes\n"
    )
    assert [(one.prefix, one.first_block, one.increment, one.is_locked) for one in entries] == [
        ("44", 60, 60, False),
        ("4477", 30, 6, True),
    ]


def test_first_block_and_increment_in_two_columns_and_a_fee() -> None:
    _deck, entries, _none = read(
        "Code;Destination;Price;Interval 1;Interval N;Connection fee;Valid from;Valid to\n"
        "880;Bangladesh;0,05;30;6;0,1;2026-12-01;2027-01-01\n"
    )
    (one,) = entries
    assert (one.first_block, one.increment, one.fee) == (30, 6, Decimal("0.1"))
    assert one.until == datetime(2026, 12, 31, 18, tzinfo=UTC)


def test_peak_and_off_peak_are_two_rates_once_the_hours_are_known() -> None:
    text = "Dial code,Peak,Off-Peak\n880,0.10,0.05\n44,0.01,0.01\n"
    deck = Deck(io.BytesIO(text.encode()), DHAKA, Answers())
    assert deck.survey().asks == ["peak"]
    hours = read_period("mon-fri 08:00-20:00")
    _deck, entries, _none = read(text, peak=hours)
    assert [(one.prefix, one.price, one.period) for one in entries] == [
        ("880", Decimal("0.05"), None),
        ("880", Decimal("0.10"), hours),
        ("44", Decimal("0.01"), None),
    ]


def test_dates_are_asked_about_where_none_says_its_order() -> None:
    text = "Prefix,Rate,Effective\n880,0.05,01/12/2026\n"
    deck = Deck(io.BytesIO(text.encode()), DHAKA, Answers())
    assert deck.survey().asks == ["order"]
    _deck, entries, _none = read(text, order="mdy")
    assert entries[0].since == datetime(2026, 1, 11, 18, tzinfo=UTC)


def test_a_year_of_two_digits_might_stand_first_as_well() -> None:
    text = "Prefix,Rate,Effective\n880,0.05,01/12/26\n"
    deck = Deck(io.BytesIO(text.encode()), DHAKA, Answers())
    assert deck.survey().asks == ["order"]
    said = {order: read(text, order=order)[1][0].since for order in ("dmy", "mdy", "ymd")}
    assert said == {
        "dmy": datetime(2026, 11, 30, 18, tzinfo=UTC),
        "mdy": datetime(2026, 1, 11, 18, tzinfo=UTC),
        "ymd": datetime(2001, 12, 25, 18, tzinfo=UTC),
    }


def test_the_dates_of_the_file_need_not_count() -> None:
    text = "Prefix,Rate,Effective\n880,0.05,01/12/2026\n"
    deck, entries, _none = read(text, has_own_dates=False)
    assert deck.survey().asks == []
    assert entries[0].since is None


def test_a_decimal_comma_throughout_is_read_and_a_doubtful_price_alone_is_refused() -> None:
    _deck, entries, _none = read("Prefix;Rate\n880;0,0455\n44;1,204\n")
    assert [one.price for one in entries] == [Decimal("0.0455"), Decimal("1.204")]
    _deck, entries, _none = read("Prefix;Rate\n880;1,204\n")
    assert entries[0].problem == "Rate: Do you mean 1204.00 or 1.204? Write it like this."


def test_what_a_book_keeps_as_a_number_has_a_point() -> None:
    _deck, entries, _none = read(
        book(["Prefix", "Rate", "Effective"], [880, 1.204, datetime(2026, 12, 1)], ["44", "0,05"])
    )
    assert [(one.prefix, one.price) for one in entries] == [
        ("880", Decimal("1.204")),
        ("44", Decimal("0.05")),
    ]
    assert entries[0].since == datetime(2026, 11, 30, 18, tzinfo=UTC)


def test_the_worksheet_that_has_the_headings_is_read() -> None:
    deck, entries, _none = read(book(["Prefix", "Rate"], [880, 0.05], Cover=[["Dear customer"]]))
    assert (deck.sheet.name, [one.prefix for one in entries]) == ("Rates", ["880"])


def test_lines_that_say_that_a_prefix_ends_or_is_locked() -> None:
    _deck, entries, _none = read(
        "Prefix,Rate,Status\n880,0.05,Deleted\n44,0.01,Blocked\n1,0.01,whatever\n"
    )
    assert (entries[0].is_end, entries[1].is_locked) == (True, True)
    assert entries[2].problem == "Status: “whatever” is not known here."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("just,some,words\n", "no_headings"),
        ("Prefix,Price,Rate\n880,1,2\n", "two_columns"),
        ("Prefix,Rate (EUR)\n880,1\n", "other_currency"),
        ("Prefix,Country code,Rate\n88017,880,1\n17,880,1\n", "country_in_some"),
        ("Prefix,Rate\n" + "9" * 300_000, "long_line"),
        ('Prefix,Rate\n880,"0.05\n', "quotes"),
        ("Prefix,Rate\n880,\x00\n", "not_utf8"),
    ],
)
def test_files_that_are_refused_as_a_whole(text: str, code: str) -> None:
    with pytest.raises(BadSheet) as refused:
        read(text)
    assert refused.value.code == code


def test_other_encodings_are_refused_by_line_and_those_that_say_so_are_read() -> None:
    with pytest.raises(BadSheet) as refused:
        read("Prefix,Destination,Rate\n880,Bangladesh,0.05\n262,Réunion,0.1\n".encode("latin-1"))
    assert str(refused.value.message).startswith("Line 3: ")
    for encoding in ("utf-8-sig", "utf-16"):
        _deck, entries, _none = read("Prefix,Rate\n880,0.05\n".encode(encoding))
        assert [one.prefix for one in entries] == ["880"]


def test_a_column_in_another_currency_is_refused_row_by_row() -> None:
    _deck, entries, _none = read("Prefix,Rate,Currency\n880,0.05,EUR\n44,0.01,USD\n")
    assert [one.problem for one in entries] == ["Currency: Prices here are in USD.", ""]


def test_rows_are_refused_with_the_name_of_their_column() -> None:
    _deck, entries, _none = read(
        "Prefix,Destination,Rate,Interval,Effective date\n"
        "880,Bangladesh,,60/60,\n"
        "44,UK,0.01,0/0,\n"
        "abc,UK,0.01,60/60,\n"
        f"1,{'x' * 101},0.01,60/60,\n"
        "7,Russia,0.01,60/60,9999-12-31\n"
    )
    assert [(one.prefix, one.problem) for one in entries] == [
        ("880", "Rate: There is no price."),
        ("44", "Interval: An interval is 1 to 86400 seconds."),
        ("", "Prefix: “abc” is no prefix: digits, with commas between several."),
        ("1", "Destination: A destination has at most 100 characters."),
        ("7", "Effective date: The year 9999 is none from 2000 to 2099."),
    ]


@pytest.mark.wide
def test_memory_does_not_grow_with_the_rows() -> None:
    def peak(count: int) -> int:
        lines = "".join(f"{10_000_000 + at},Somewhere {at},0.01\n" for at in range(count))
        deck = Deck(io.BytesIO(f"Prefix,Name,Rate\n{lines}".encode()), DHAKA, Answers())
        deck.survey()
        tracemalloc.start()
        try:
            assert sum(1 for _one in deck.entries()) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(6_000) < peak(1_000) + 500_000
