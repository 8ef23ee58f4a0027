"""Long sheets are read row by row, and what strangers hand in does no harm."""

import gzip
import io
import zipfile
from typing import Any

import openpyxl
import pytest

from accounts.kit.sheet_stream import MOST_BYTES, Figure, streamed_csv, streamed_sheets
from accounts.kit.sheets_in import BadSheet

pytestmark = pytest.mark.wide

SHEET = "xl/worksheets/sheet1.xml"


def rows(raw: bytes) -> list[tuple[int, list[str]]]:
    return [row for sheet in streamed_sheets(io.BytesIO(raw)) for row in sheet.rows()]


def book(*lines: list[Any]) -> bytes:
    file, made = io.BytesIO(), openpyxl.Workbook()
    for line in lines:
        made.active.append(line)
    made.save(file)
    return file.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """The book with another content of one of its parts."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(raw)) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for one in before.namelist():
            after.writestr(one, content if one == name else before.read(one))
    return file.getvalue()


def sheet(inside: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{inside}</sheetData></worksheet>'.encode()


def code(raw: bytes) -> str:
    with pytest.raises(BadSheet) as refused:
        rows(raw)
    return refused.value.code


def test_lines_keep_their_numbers_and_blank_ones_are_left_out() -> None:
    assert rows(b"a;b\r\n\r\n1;2;\r\n") == [(1, ["a", "b"]), (3, ["1", "2"])]
    assert rows(b"sep=|\na|b\n") == [(2, ["a", "b"])]
    assert rows(b"a,b\r1,2\r") == [(1, ["a", "b"]), (2, ["1", "2"])]
    assert rows(b'a,"x\ny"\n1,2\n') == [(1, ["a", "x y"]), (3, ["1", "2"])]


def test_books_say_which_cells_are_numbers() -> None:
    ((_first, head), (_second, line)) = rows(book(["a", "b"], ["1.2", 1.2]))
    assert head == ["a", "b"]
    assert [isinstance(one, Figure) for one in line] == [False, True]


def test_a_sheet_can_be_read_several_times() -> None:
    (one,) = streamed_sheets(io.BytesIO(b"a,b\n1,2\n"))
    assert list(one.rows()) == list(one.rows())


def test_a_formula_whose_outcome_is_not_said_stays_one() -> None:
    assert rows(book(["a", "b"], ["x", "=1+1"]))[1] == (2, ["x", "=1+1"])


@pytest.mark.parametrize(
    ("raw", "refused"),
    [
        (b"", "empty"),
        (b"a,b\n" + b"x" * 2_000_000, "long_line"),
        (b"a,b\n\xff\xfe\n", "not_utf8"),
        (b'a,"b\n', "quotes"),
        (("a" + ",b" * 300 + "\n").encode(), "too_many_columns"),
        (b"PK\x03\x04 and nothing of a book", "damaged"),
    ],
)
def test_what_is_refused(raw: bytes, refused: str) -> None:
    assert code(raw) == refused


def test_a_file_that_is_too_large() -> None:
    assert code(b"a" * (MOST_BYTES + 1)) == "too_large"


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        # Two million empty cells in one row, and as many behind the rows.
        (sheet(f"<row>{'<c/>' * 500_000}</row><row/>"), "unpacks_too_large"),
        (sheet("<row/>") + b"<a/>" * 1_500_000, "unpacks_too_large"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + sheet("<row/>"), "damaged"),
        (sheet("<row/>").decode().encode("utf-16"), "damaged"),
        (sheet('<row r="99999999"><c r="A99999999"><v>1</v></c></row>'), "damaged"),
        (b"<worksheet", "damaged"),
    ],
)
def test_bombs_and_damaged_books(content: bytes, refused: str) -> None:
    assert code(with_part(book(["a"]), SHEET, content)) == refused


def test_a_book_that_says_that_it_unpacks_to_more_than_a_list_holds() -> None:
    zeros = b"<worksheet>" + b" " * (300 * 1024 * 1024)
    assert code(with_part(book(["a"]), SHEET, zeros)) == "unpacks_too_large"


def test_a_book_of_very_many_parts() -> None:
    file = io.BytesIO(book(["a"]))
    with zipfile.ZipFile(file, "a") as parts:
        for at in range(300):
            parts.writestr(f"part-{at}.bin", b"")
    assert code(file.getvalue()) == "unpacks_too_large"


def lines_of(raw: bytes) -> list[tuple[int, list[str]]]:
    return list(streamed_csv(io.BytesIO(raw)).rows())


def test_texts_may_be_packed_and_as_long_as_a_list_is() -> None:
    row = b"1," + b"2" * 1021 + b"\n"
    text = b"a,b\n" + row * (MOST_BYTES // len(row))
    assert code(text) == "too_large"
    read = streamed_csv(io.BytesIO(gzip.compress(text, 1)))
    assert sum(1 for _row in read.rows()) == MOST_BYTES // len(row) + 1


def test_packed_texts_are_read_as_they_are_unpacked() -> None:
    text = "sep=;\r\na;b\r\n1;é\r\n".encode()
    expected = [(2, ["a", "b"]), (3, ["1", "é"])]
    assert lines_of(text) == lines_of(gzip.compress(text)) == expected
    halves = gzip.compress(text[:9]) + gzip.compress(text[9:])
    assert lines_of(halves) == expected
    wide = gzip.compress(text.decode().encode("utf-16"))
    assert lines_of(wide) == expected


def test_a_row_of_many_lines_is_bounded() -> None:
    quoted = b'a,b\n"\n' + b'","\n' * 500_000
    assert code(quoted) == "quotes"
    with pytest.raises(BadSheet) as refused:
        lines_of(quoted)
    assert refused.value.code == "quotes"
