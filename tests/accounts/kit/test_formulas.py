"""Texts that a spreadsheet would take for formulas: marked in every way they can begin, and given
back as they were.
"""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from accounts.kit.formulas import guarded, is_formula, without_guard
from accounts.kit.sheets_in import read_sheet
from accounts.kit.sheets_out import download
from accounts.kit.text import tidied
from tests.support.formulas import BEFORE, SIGNS

# A text as it is kept: no blanks around it, none of what no database takes.
KEPT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")).map(str.strip)
BEGUN = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "'", "''"]),
    st.sampled_from(BEFORE),
    st.sampled_from(SIGNS),
    KEPT,
).map(str.strip)


def raw(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def read_again(kind: str, rows: list[list[Any]]) -> list[list[str]]:
    return read_sheet(raw(download(kind, ["one", "two"], rows, "list")), 100)[1:]


@pytest.mark.parametrize("before", BEFORE, ids=ascii)
@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
def test_a_sign_behind_what_nobody_sees_begins_a_formula(before: str, sign: str) -> None:
    assert is_formula(f"{before}{sign}1")
    assert guarded(f"{before}{sign}1") == f"'{before}{sign}1"


@pytest.mark.parametrize(
    "text", ["", "'", "   ", "abc=1", "1+1", "1-1", "a@b.c", "'tis", "–", "(=)"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text
    assert without_guard(text) == text


@given(st.one_of(st.text(), BEGUN))
def test_the_mark_comes_off_again(text: str) -> None:
    assert without_guard(guarded(text)) == text
    assert guarded(text)[:1] == "'" or not is_formula(guarded(text))


@pytest.mark.wide
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@given(text=st.one_of(KEPT, BEGUN))
def test_a_text_comes_back_from_a_file_as_it_would_be_stored(kind: str, text: str) -> None:
    assert read_again(kind, [[text, "end"]]) == [[tidied(text), "end"]]


def test_half_a_character_in_an_xlsx_is_none() -> None:
    book, file = Workbook(), io.BytesIO()
    book.active.append(["a_xD800_b", "_x0000_c", "_x005F_x0041_"])  # type: ignore[union-attr]
    book.save(file)
    assert read_sheet(file.getvalue(), 10) == [["ab", "c", "_x0041_"]]


@pytest.mark.wide
@pytest.mark.parametrize("before", BEFORE, ids=ascii)
@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
def test_no_heading_is_a_formula(before: str, sign: str) -> None:
    title = f"{before}{sign}1"
    file = raw(download("csv", [title], [], "list")).decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(file, newline="")))[0] == f"'{title}"
    sheet = load_workbook(io.BytesIO(raw(download("xlsx", [title], [], "list")))).worksheets[0]
    assert sheet["A1"].data_type == "s"


@pytest.mark.parametrize(
    "name", ["=1", "-1", "@x", '"; x="', "a\r\nb", "\u00e4\u200bb", "..", "'+1"]
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_called_by_plain_words(name: str, kind: str) -> None:
    answer = download(kind, ["one"], [], f"{name}-list")
    _attachment, _equals, called = answer.headers["Content-Disposition"].partition("filename=")
    assert called.strip('"').removesuffix(f".{kind}").replace("-", "").replace(".", "").isalnum()
    assert called.strip('"')[0].isalnum()
    raw(answer)
