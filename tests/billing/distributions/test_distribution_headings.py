"""Lists of other systems: headings in any order and words, sums at the end, worksheets, and the
portal's own files, which come back as they were.
"""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.headings import letters_of
from accounts.kit.sheets_out import download
from accounts.kit.text import tidied
from billing.distributions.lines import BadList, ListLine, handed_in, read, read_list
from billing.distributions.list_form import KNOWN
from billing.distributions.services.work import error_row, errors_header
from billing.money import from_micros
from tests.support.sheets import book, raw_of

PLAIN = [("C-1", Decimal(5), "R-1"), ("C-2", Decimal("6.5"), "")]
# One line, single spaces, none around it, and not the mark that spreadsheets need.
REFERENCES = st.text(
    st.characters(min_codepoint=32, exclude_characters="'", exclude_categories=["C", "Z"]),
    max_size=40,
)
ROWS = st.lists(
    st.tuples(
        st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}", fullmatch=True),
        st.integers(1, 10**9).map(from_micros),
        # As the portal stores them.
        REFERENCES.map(tidied),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[0].lower(),
)


def plain(text: str, each: Decimal | None = None) -> list[tuple[str, Decimal | None, str]]:
    lines = read(text, each)
    assert [one.problem for one in lines] == [""] * len(lines)
    return [(one.account, one.amount, one.reference) for one in lines]


@pytest.mark.parametrize(
    "headings",
    [
        "Account ID;Amount;Reference",
        "ACCOUNT_ID ; Amount, USD; Ref.",
        '"Customer";"Top up";"Note"',
        "Login;Sum (USD);Memo",
        "Kundennummer;Betrag in EUR;Verwendungszweck",
        "Клиент;Сумма;Комментарий",
        "\ufeffAccount;Credit $;Invoice no.",
    ],
)
def test_headings_are_known_in_the_words_of_other_systems(headings: str) -> None:
    assert plain(f"{headings}\nC-1;5;R-1\nC-2;6.5") == PLAIN


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_headings_name_the_columns_in_any_order(separator: str) -> None:
    text = "Note,Colour,Amount,Customer\nR-1,red,5,C-1\n,,6.5,C-2\n"
    assert plain(text.replace(",", separator)) == PLAIN


def test_what_separates_the_headings_separates_the_lines_where_the_account_is_not_first() -> None:
    (one,) = read("Reference;Amount;Account\na, b;5;C-1")
    assert (one.account, one.amount, one.reference) == ("C-1", Decimal(5), "a, b")


def test_a_title_above_the_headings_and_unknown_columns_are_named() -> None:
    found = read_list("Payments of March\n\nBranch;Account;Amount\nNorth;C-1;5")
    assert [(one.number, one.account, one.amount) for one in found.lines] == [
        (4, "C-1", Decimal(5))
    ]
    assert found.said == [
        "Nothing is read from these columns: Branch.",
        "Left out above the headings: Payments of March.",
    ]


def test_the_customers_name_stands_back_behind_the_account_id() -> None:
    found = read_list("Customer,Account ID,Amount\nAnn,C-1,5")
    assert (found.lines[0].account, list(found.left_out)) == ("C-1", ["Customer"])


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        ("Account;Sum;Credit", "Several columns could be the amount: Sum, Credit."),
        ("Account;Customer;Amount", "Several columns could be the account: Account, Customer."),
        ("Account;Amount;Ref;Reference", "Several columns could be the reference"),
        ("Account;Branch;Reference", "No heading names the amount."),
    ],
)
def test_nothing_is_guessed_where_headings_leave_it_open(headings: str, words: str) -> None:
    with pytest.raises(BadList, match=words.split(":")[0]) as refused:
        read(f"{headings}\nC-1;5;6;7")
    assert words in str(refused.value.message)


def test_one_amount_for_all_needs_no_column_for_it() -> None:
    assert plain("Note;Account\nx;C-1", Decimal(3)) == [("C-1", Decimal(3), "x")]


def test_headings_nobody_knows_are_named_as_such() -> None:
    first, _second = read("Wer;Wieviel;Wozu\nC-1;5;x")
    assert "reads like headings" in first.problem


@pytest.mark.parametrize("name", ["Customer", "Login", "User", "ID", "Total"])
def test_an_account_of_such_a_name_stays_an_account(name: str) -> None:
    assert plain(f"{name}\nC-2", Decimal(2))[0] == (name, Decimal(2), "")
    assert plain(f"{name},5\nC-2,6")[0] == (name, Decimal(5), "")


@pytest.mark.parametrize("last", ["Total,11.5", ",11.50", "SUM:,11.5,", "Gesamt,11.5"])
def test_the_sum_at_the_end_is_named_and_never_paid(last: str) -> None:
    found = read_list(f"account,amount,reference\nC-1,5,R-1\nC-2,6.5\n{last}\n")
    assert [one.account for one in found.lines] == ["C-1", "C-2"]
    assert "Line 4" in found.said[0]
    assert "is no payment" in found.said[0]


@pytest.mark.parametrize("above", ["C-1,5", "C-1,x", "C-1,5\nC-2,-1"])
@pytest.mark.parametrize(("last", "amount"), [("Total,6", 6), ("total,", None), ("Sum,x", None)])
def test_a_sum_that_is_none_is_a_line_like_any_other(
    above: str, last: str, amount: int | None
) -> None:
    found = read_list(f"{above}\n{last}")
    assert len(found.lines) == len(above.split()) + 1
    assert found.lines[-1].amount == amount
    assert found.sums == []
    assert "is read as a payment: the lines above it add up to" in found.said[0]


def test_nothing_adds_up_what_cannot_be_read() -> None:
    found = read_list("C-1,5\nC-2,x\nTotal,5")
    assert [one.account for one in found.lines] == ["C-1", "C-2", "Total"]


def test_an_account_that_is_called_like_a_sum_is_paid_whatever_the_amount() -> None:
    for amount in (5, 6):
        lines = read(f"C-1,5\nTotal,{amount}", is_account=lambda one: one.account == "Total")
        assert [(one.account, one.amount) for one in lines] == [("C-1", 5), ("Total", amount)]


def test_a_line_further_up_is_no_sum() -> None:
    assert plain("C-1,5\nTotal,5\nC-2,6")[1] == ("Total", Decimal(5), "")


def test_more_cells_than_headings_are_refused() -> None:
    (one,) = read("Note,Account,Branch,Amount\nx,C-1,North,1.5,y")
    assert one.problem == "This line has more columns than the headings."


def test_a_worksheet_is_a_list_with_its_amounts_as_they_are_shown() -> None:
    rows = [["Top up", "Customer", "Note"], [0.1 + 0.2, "C-1", "a, b"], [None], [1500, "C-2", 17]]
    text, said = handed_in(book(March=rows))
    assert said == ""
    assert plain(text) == [("C-1", Decimal("0.3"), "a, b"), ("C-2", Decimal(1500), "17")]
    assert [one.number for one in read(text)] == [2, 4]


def test_of_several_worksheets_the_first_with_anything_is_read_and_named() -> None:
    text, said = handed_in(book(Cover=[], March=[["C-1", 5]], April=[["C-1", 6]], Notes=[]))
    assert plain(text) == [("C-1", Decimal(5), "")]
    assert said == "Only the worksheet “March” was read; not read: April."


def test_unicode_text_as_spreadsheets_save_it_is_read() -> None:
    text, _said = handed_in("Account\tAmount\r\nC-1\t5\r\n".encode("utf-16"))
    assert plain(text) == [("C-1", Decimal(5), "")]


@pytest.mark.wide
@given(ROWS, st.sampled_from(["csv", "xlsx"]))
def test_the_portals_own_file_of_a_list_is_the_same_list(
    rows: list[tuple[str, Decimal, str]], kind: str
) -> None:
    lines = [ListLine(at, *row, problem="x" * (at % 2)) for at, row in enumerate(rows, 1)]
    answer: Any = download(kind, errors_header(), map(error_row, lines), "list")
    text, _said = handed_in(raw_of(answer))
    found = read_list(text)
    assert [(one.account, one.amount, one.reference) for one in found.lines] == rows
    assert found.said == []


def test_a_remark_beside_empty_columns_is_no_line() -> None:
    text = "account,amount,reference,line,problem\nC-1,5,R-1,2,\n,,,,The limit is reached.\n"
    assert plain(text) == [("C-1", Decimal(5), "R-1")]


def test_a_formula_without_what_it_comes_to_is_refused_by_name() -> None:
    text, _said = handed_in(book(March=[["Account", "Amount", "Note"], ["C-1", "=2+3", "x"]]))
    (one,) = read(text)
    assert (one.amount, one.typed) == (None, "=2+3")
    assert one.problem


def test_no_word_means_two_columns() -> None:
    words = {
        (letters_of(word), name)
        for name, known in KNOWN.items()
        for word in (*known.sure, *known.loose)
    }
    assert len({word for word, _name in words}) == len(words)


def test_a_hidden_worksheet_is_read_only_where_there_is_no_other() -> None:
    text, said = handed_in(book(_Settings=[["C-9", 1]], March=[["C-1", 5]]))
    assert plain(text) == [("C-1", Decimal(5), "")]
    assert "not read: _Settings" in said
