"""Files for spreadsheets: texts of digits keep every digit, numbers stay numbers."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.kit.sheets_in import read_sheet
from accounts.kit.sheets_out import FORMATS, download, offered, written
from billing.money import from_micros, parse_signed

# Nothing here is a number, whatever it looks like.
CODES = ["007", "0049170", "8801700000060", "12345678901234567890", "1e5", "12.50", "0x1F", "+4930"]


def raw(kind: str, *row: Any) -> bytes:
    answer: Any = download(kind, ["one"] * len(row), [row], "list")
    return b"".join(answer.streaming_content)


def xlsx_cells(*row: Any) -> list[Any]:
    return list(load_workbook(io.BytesIO(raw("xlsx", *row))).worksheets[0][2])


def csv_cells(*row: Any) -> list[str]:
    return list(csv.reader(io.StringIO(raw("csv", *row).decode("utf-8-sig"))))[1]


def test_the_file_that_keeps_every_digit_is_offered_first() -> None:
    assert offered("?format={}".format) == [("XLSX", "?format=xlsx"), ("CSV", "?format=csv")]


@pytest.mark.parametrize("code", CODES)
def test_digits_that_are_no_number_are_a_cell_of_text(code: str) -> None:
    (cell,) = xlsx_cells(code)
    assert (cell.data_type, cell.value) == ("s", code)
    # It stays text when somebody edits it.
    assert cell.number_format == "@"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("code", CODES)
def test_they_come_back_with_every_digit(code: str, kind: str) -> None:
    assert read_sheet(raw(kind, code), 10)[1] == [code]


def test_negative_numbers_are_numbers() -> None:
    values = (Decimal("-12.50"), -3, Decimal("-0.000001"))
    assert csv_cells(*values) == ["-12.5", "-3", "-0.000001"]
    cells = xlsx_cells(*values)
    assert [cell.data_type for cell in cells] == ["n"] * 3
    assert [cell.value for cell in cells] == [-12.5, -3, -0.000001]


@pytest.mark.wide
@pytest.mark.parametrize("kind", FORMATS)
@given(micros=st.integers(min_value=-(10**18), max_value=10**18))
def test_every_amount_comes_back_as_the_same(kind: str, micros: int) -> None:
    # A second column, for blank rows are no rows.
    amount = from_micros(micros)
    (text, _end) = read_sheet(raw(kind, amount, "end"), 10)[1]
    assert Decimal(text) == amount


@pytest.mark.wide
@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_what_a_file_says_of_an_amount_is_read_by_forms(micros: int) -> None:
    for kind in FORMATS:
        assert parse_signed(read_sheet(raw(kind, from_micros(micros)), 10)[1][0]) == from_micros(
            micros
        )


def test_a_number_that_a_spreadsheet_would_round_is_text() -> None:
    exact, long = xlsx_cells(Decimal("123456789.123456"), Decimal("1234567890123.123456"))
    assert (exact.data_type, long.data_type, long.value) == ("n", "s", "1234567890123.123456")


def test_a_text_longer_than_a_cell_is_cut_and_not_lost() -> None:
    (cell,) = xlsx_cells("x" * 40_000)
    assert (len(cell.value), cell.value[-1]) == (32_767, "…")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_that_breaks_off_leaves_nothing_on_the_disk(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def rows() -> Iterator[list[str]]:
        yield ["secret"]
        assert kind == "csv" or list(tmp_path.iterdir())
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        written(kind, ["PIN"], rows())
    assert list(tmp_path.iterdir()) == []


def test_a_csv_begins_with_the_mark_of_utf_8() -> None:
    """Spreadsheets read it as something else otherwise."""
    assert raw("csv", "Ä").startswith(b"\xef\xbb\xbfone")


@pytest.mark.parametrize("kind", FORMATS)
def test_it_says_how_many_rows_it_holds(kind: str) -> None:
    for count in (0, 1, 3):
        file, said = written(kind, ["PIN"], [["x"]] * count)
        with file:
            assert said == count
