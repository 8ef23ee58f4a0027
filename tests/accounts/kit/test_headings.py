"""Headings of lists that other systems wrote: which are known, where they stand, what is asked."""

from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.headings import Known, find_headings, letters_of

KNOWN = {
    "number": Known(("number", "E164"), ("phone",)),
    "account": Known(("account ID", "customer number"), ("account", "customer")),
    "amount": Known(("amount",)),
}
# As strangers write the same words.
BETWEEN = st.sampled_from(["", " ", "_", "-", ".", " / ", "\u00a0", "\ufeff", "  "])
UNITS = st.sampled_from(["", ":", " (E.164)", " [USD]", ", USD", " in EUR", " USD", "*", " $"])
CASES = st.sampled_from([str.lower, str.upper, str.title])


def columns(*rows: list[str]) -> dict[int, str] | None:
    found = find_headings(rows, KNOWN, "number")
    return dict(found.columns) if found else None


@given(BETWEEN, UNITS, CASES)
def test_case_punctuation_units_and_marks_count_for_nothing(between: str, unit: str, case) -> None:  # type: ignore[no-untyped-def]
    heading = case(f"Account{between}ID") + unit
    assert columns([heading, "Number"]) == {0: "account", 1: "number"}


def test_headings_stand_in_any_order_and_unknown_ones_are_named() -> None:
    found = find_headings([["Colour", "Customer", "E.164"]], KNOWN, "number")
    assert found is not None
    assert (dict(found.columns), found.left_out) == ({1: "account", 2: "number"}, ["Colour"])


def test_a_title_may_stand_above_them() -> None:
    rows = [["Phones of March 2026"], [], ["Printed", "by Ann"], ["Number"], ["8801"]]
    found = find_headings(rows, KNOWN, "number")
    assert found is not None
    assert found.first == 4


def test_nothing_above_them_holds_figures() -> None:
    assert columns(["8801711000001", "C-1"], ["Number", "Account"]) is None
    assert columns(["8801711000001"], ["Number"]) is None


def test_two_rows_of_headings_are_read_together() -> None:
    rows = [["Customer", "", "Phone", ""], ["Number", "Name", "Number", "Colour"], ["1", "x", "2"]]
    assert columns(*rows) == {0: "account", 2: "number"}
    assert columns(["Number", "Price", ""], ["", "amount", "tax"]) == {0: "number", 1: "amount"}


def test_a_surer_word_wins_and_equals_are_left_open() -> None:
    assert columns(["Number", "Phone"]) == {0: "number"}
    found = find_headings([["Number", "E164", "Account"]], KNOWN, "number")
    assert found is not None
    assert found.claimed("number") == ["Number", "E164"]
    assert dict(found.columns) == {2: "account"}


def test_a_word_behind_a_comma_is_no_unit() -> None:
    assert columns(["Number", "Account, name"]) == {0: "number"}


def test_a_list_without_headings_has_none() -> None:
    assert columns(["C-1", "5"], ["C-2", "6"]) is None
    assert columns() is None


@given(st.lists(st.lists(st.text(max_size=20), max_size=6), max_size=14))
def test_any_rows_have_headings_or_none(rows: list[list[str]]) -> None:
    found = find_headings(rows, KNOWN, "number")
    assert found is None or 0 < found.first <= len(rows)


@given(st.text(max_size=40))
def test_letters_of_letters_are_the_same(text: str) -> None:
    once = letters_of(text)
    assert letters_of(once) == once
