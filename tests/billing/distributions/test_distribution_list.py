"""Reading a list of account, amount, reference: what is understood, and what is refused."""

import contextlib
import string
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.formulas import guarded
from accounts.kit.text import tidied
from billing.distributions.lines import MOST_LINES, BadList, ListLine, decoded, read, total, written
from billing.money import from_micros

FIRST = string.ascii_letters + string.digits
ACCOUNTS = st.builds(
    "{}{}".format, st.sampled_from(FIRST), st.text(FIRST + "._-", max_size=31)
)  # fmt: skip
AMOUNTS = st.integers(1, 10**15).map(from_micros)
# As a reference is kept: one line, single spaces, none around it.
REFERENCES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=64
).map(tidied)  # fmt: skip
LINES = st.lists(st.tuples(ACCOUNTS, AMOUNTS, REFERENCES), min_size=1, max_size=20)


def plain(lines: list[ListLine]) -> list[tuple[str, Decimal | None, str]]:
    return [(one.account, one.amount, one.reference) for one in lines]


def problem(line: str) -> str:
    (one,) = read(line)
    return one.problem


@given(LINES, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_what_is_written_is_read_again(
    rows: list[tuple[str, Decimal, str]], separator: str, end: str, marked: bool
) -> None:
    lines = [ListLine(0, *row) for row in rows]
    text = written(lines, separator).replace("\n", end)
    raw = text.encode("utf-8-sig" if marked else "utf-8")
    again = read(decoded(raw))
    assert plain(again) == plain(lines)
    assert [one.problem for one in again] == [""] * len(rows)
    assert [one.number for one in again] == list(range(2, len(rows) + 2))
    assert total(again) == sum(amount for _account, amount, _reference in rows)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(BadList):
        lines = read(text)
        assert lines
        for one in lines:
            assert one.problem or (one.account and one.amount and one.amount > 0)


@given(st.binary(max_size=200))
def test_any_file_is_text_or_refused_in_words(raw: bytes) -> None:
    with contextlib.suppress(BadList):
        assert "\x00" not in decoded(raw)


@pytest.mark.parametrize(
    "line",
    ["C-1,5,Slip 7", "C-1;5;Slip 7", "C-1\t5\tSlip 7", " C-1 , 5.00 ,  Slip   7 ",
     '"C-1","5","Slip 7"', "C-1,5,Slip 7,,", '"C-1";"5.000000";Slip 7'],
)  # fmt: skip
def test_commas_semicolons_and_tabs_separate(line: str) -> None:
    assert plain(read(line)) == [("C-1", Decimal(5), "Slip 7")]


def test_each_line_says_how_it_is_separated() -> None:
    lines = read("A;5;a, b\nB,6,c; d\nC\t7\te; f, g")
    assert [one.reference for one in lines] == ["a, b", "c; d", "e; f, g"]


@pytest.mark.parametrize(
    "heading", ["account,amount,reference", "Account ID;Amount;Reference", "ACCOUNT_ID", "account"]
)
def test_headings_are_no_line(heading: str) -> None:
    (one,) = read(f"\n{heading}\n\nA,5\n")
    assert (one.number, one.account) == (4, "A")


def test_an_account_of_that_name_is_one() -> None:
    assert plain(read("account,5\naccount,6")) == [
        ("account", Decimal(5), ""), ("account", Decimal(6), ""),
    ]  # fmt: skip


def test_columns_of_ones_own_are_left_out_where_the_headings_name_them() -> None:
    assert problem("A,5,ref,more")
    (one,) = read("account,amount,reference,line,problem\nA,5,ref,3,There is no such account.")
    assert (one.reference, one.problem) == ("ref", "")


def test_blank_lines_count_and_are_left_out() -> None:
    assert [one.number for one in read("\n \nA,1\n,,\n\t\nB,2\n\n")] == [3, 6]


def test_lines_without_an_amount_take_the_one_for_all() -> None:
    lines = read("A\nB,7\nC,,ref", Decimal("2.5"))
    assert plain(lines) == [
        ("A", Decimal("2.5"), ""), ("B", Decimal(7), ""), ("C", Decimal("2.5"), "ref"),
    ]  # fmt: skip
    assert total(lines) == Decimal(12)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("A", "Enter an amount."),
        ("A,", "Enter an amount."),
        ("A,,ref", "Enter an amount."),
        ("A,0", "Enter an amount above zero."),
        ("A,-5", "Enter an amount above zero."),
        ("A,NaN", "Enter an amount such as 1500.50."),
        ("A,1e5", "Enter an amount such as 1500.50."),
        ("A,0.0000001", "Use at most 6 decimals."),
        ("A,1000000000.01", "This amount is too large."),
        ("A;1,500", "Do you mean 1500.00 or 1.50? Write it like this."),
        ("A;1,5.5", "Write the amount with a point and without commas, such as 1500.50."),
        (",5,ref", "The account is missing."),
        ("A,5,a,b", "Use three columns: account, amount, reference."),
        ("A,5," + "x" * 65, "Use at most 64 characters for the reference."),
        ('A,5,"open', "The quotation marks of this line do not match."),
        ('A,"5"0,x', "The quotation marks of this line do not match."),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: str, words: str) -> None:
    assert problem(line) == words


@pytest.mark.parametrize(
    "line",
    [
        "A,1,500",
        "A,1,500.00",
        "A,5,50",
        "A,0,5",
        "A,1 204,50",
        "A,+5,50",
        "A,1'204,5",
        "A,USD 5,50",
    ],
)
def test_an_amount_cut_by_its_own_comma_is_never_guessed_at(line: str) -> None:
    assert problem(line)


@pytest.mark.parametrize("line", ["A,1.00,500", "A;1;500", 'A,"1",500', "A,50,4711", "A,5,R-50"])
def test_a_number_is_a_reference_where_nothing_else_can_be_meant(line: str) -> None:
    assert problem(line) == ""


@pytest.mark.parametrize(
    "line", ['A,"1,234.50",x', "A;1234,5;x", "A;1.234,50;x", "A\t1 234,50\tx", 'A,"1\u00a0234,5",x']
)
def test_an_amount_is_read_as_forms_read_it(line: str) -> None:
    assert plain(read(line)) == [("A", Decimal("1234.5"), "x")]


@pytest.mark.parametrize("reference", ["=1+1", "'=1", "+49 170", "-1", "@x", "\u00a0=1"])
def test_the_mark_of_our_own_files_comes_off_a_reference(reference: str) -> None:
    assert read(f"A,5,{guarded(reference)}")[0].reference == " ".join(reference.split())


@pytest.mark.parametrize("text", ["", " \n\n", "account,amount\n", "﻿", ",,,\n;;"])
def test_a_list_without_a_line_is_refused(text: str) -> None:
    with pytest.raises(BadList) as refused:
        read(text)
    assert refused.value.code == "empty"


@pytest.mark.wide
def test_ten_thousand_lines_are_read_and_one_more_is_refused() -> None:
    lines = [f"A-{n},0.01" for n in range(MOST_LINES)]
    assert total(read("\n".join(lines))) == Decimal(100)
    with pytest.raises(BadList, match="more than 10,000 lines"):
        read("\n".join([*lines, "B,1"]))


@pytest.mark.parametrize(
    "raw", [b"\xff\xfeA", "Ä,5".encode("latin-1"), b"A,5\x00", b"PK\x03\x04\xff\xfe"]
)
def test_a_file_that_is_no_utf8_text_is_refused(raw: bytes) -> None:
    with pytest.raises(BadList):
        decoded(raw)


def test_a_very_long_line_is_shown_cut() -> None:
    (one,) = read("A,5," + "x" * 5000)
    assert len(one.text) < 300
