"""Whole numbers as people type them: what only looks different is taken, nothing is guessed."""

import contextlib
import re

import pytest
from django.utils.formats import number_format
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.figures import NoCount, read_count, tidied


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("5000", 5000),
        (" 5000 ", 5000),
        ("5,000", 5000),
        ("5 000", 5000),
        ("5\u00a0000", 5000),
        ("5\u202f000", 5000),
        ("5'000", 5000),
        ("5\u2019000", 5000),
        ("1,234,567", 1_234_567),
        ("1.234.567", 1_234_567),
        ("12.0", 12),
        ("12.00", 12),
        ("12,0", 12),
        ("0", 0),
        ("007", 7),
        ("+5", 5),
        ("-5", -5),
        ("\u22125", -5),
        ("\uff15\uff10", 50),
        ("\u0665\u0660", 50),
        ("\u09ea\u09eb", 45),
        ("\u200e5\u200b0\ufeff", 50),
    ],
)
def test_what_people_type_for_a_whole_number(typed: str, count: int) -> None:
    assert read_count(typed) == count


@pytest.mark.parametrize(
    "typed",
    ["", "-", "1 2", "1 00", "5,00 0", "1,00,000", "1_000", "1e3", "0x10", "1.5", "1,5", "12.",
     ".5", "1\u0660", "\u00b2", "\u202e12", "5 000,000", "0 500", "9" * 13, "--5", "five"],
)  # fmt: skip
def test_what_is_no_whole_number(typed: str) -> None:
    with pytest.raises(NoCount) as refused:
        read_count(typed)
    assert refused.value.code == "invalid"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("12.000", "Do you mean 12 or 12000? Write it without a point."),
        ("1.204", "Do you mean 1204? Write it without a point."),
    ],
)
def test_a_point_before_three_digits_is_asked_about(typed: str, words: str) -> None:
    with pytest.raises(NoCount) as refused:
        read_count(typed)
    assert (refused.value.code, str(refused.value.message)) == ("ambiguous", words)


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_a_count_as_pages_show_it_reads_back(count: int) -> None:
    assert read_count(str(count)) == count
    assert read_count(number_format(count, force_grouping=True)) == count


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(NoCount):
        found = read_count(text)
        assert str(abs(found)) in re.sub("[^0-9]", "", tidied(text))


@given(st.text(max_size=30))
def test_what_was_tidied_is_tidy(text: str) -> None:
    assert tidied(tidied(text)) == tidied(text)
