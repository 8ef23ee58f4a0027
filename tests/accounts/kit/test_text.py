"""What of a typed text is kept, and which texts are the same."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.text import (
    PLAIN,
    address,
    can_be_stored,
    folded,
    folded_wholly,
    identifier,
    name_key,
    tidied,
    tidied_lines,
)

# What strangers paste: letters of many scripts, marks, joiners, spaces and controls.
TEXT = st.text(
    st.one_of(
        st.characters(blacklist_categories=("Cs",)),
        st.sampled_from("aAßẞİıſΣσςÄäéÉ́̈ \t\n\u00a0\u00ad\u200b\u200d\u202e’“–ﬁＡ１"),
    ),
    max_size=20,
)

SAME = [
    ("Ärzte Süd", "ÄRZTE SÜD"),
    ("Телеком", "ТЕЛЕКОМ"),
    ("Société", "Socie\u0301te\u0301"),
    ("Société", "SOCIE\u0301TE\u0301"),
    ("Straße", "STRASSE"),
    ("Straße", "straẞe"),
    ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
    ("Diyarbakır", "DIYARBAKIR"),
    ("İzmir", "izmir"),
    ("ΐ", "Ϊ\u0301"),
    ("O’Brien", "O'BRIEN"),
    ("“Star” GmbH", '"star" gmbh'),
    ("Dhaka – Retail", "dhaka - retail"),
    ("Müller GmbH", "müller\u00a0gmbh"),
    ("Müller GmbH", "  müller \t gmbh "),
    ("Telecom", "Tele\u200bcom\ufeff"),
    ("Telecom", "\u202aTelecom\u202c"),
    ("ＡＢＣ電話", "abc電話"),
    ("ｶﾞｰﾅ", "ガーナ"),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ("ﬁrst", "FIRST"),
]
OTHERS = [("Ärzte", "Arzte"), ("A B", "AB"), ("Café", "Cafe"), ("コ", "ゴ"), ("ー", "-")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_name_are_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_other_names_stay_others(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(TEXT)
def test_what_is_stored_is_the_same_as_what_was_typed(text: str) -> None:
    assert folded(tidied(text)) == folded(text)


@given(TEXT)
def test_composed_and_decomposed_are_the_same(text: str) -> None:
    assert folded(unicodedata.normalize("NFD", text)) == folded(text)


@given(TEXT)
def test_what_is_stored_stays_as_it_is(text: str) -> None:
    assert tidied(tidied(text)) == tidied(text)
    assert tidied_lines(tidied_lines(text)) == tidied_lines(text)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Acme   Telecom ", "Acme Telecom"),
        ("Acme\u00a0Telecom", "Acme Telecom"),
        ("Socie\u0301te\u0301", "Société"),
        ("zero\u200bwidth", "zerowidth"),
        ("right\u202eleft", "rightleft"),
        ("soft\u00adhyphen\ufeff", "softhyphen"),
        ("two\u2028lines", "two lines"),
        ("\u3164", ""),
        ("bell\x07", "bell"),
        # Kept as they were written: which signs, which case, which width.
        ("O’Brien – “Star”", "O’Brien – “Star”"),
        ("ＡＢＣ", "ＡＢＣ"),
    ],
)
def test_a_name_as_it_is_stored(typed: str, stored: str) -> None:
    assert tidied(typed) == stored


@pytest.mark.parametrize("text", ["می‌خواهم", "র‍্যাব", "👨‍👩‍👧", "❤️", "1️⃣"])
def test_what_a_script_needs_is_kept(text: str) -> None:
    assert tidied(text) == text


@pytest.mark.parametrize("text", ["a\u200db", "\u200da", "a\u200d", "a\ufe0fb", "\ufe0f"])
def test_what_only_hides_there_is_not(text: str) -> None:
    assert tidied(text) == text.translate({0x200D: None, 0xFE0F: None})


def test_lines_keep_their_layout() -> None:
    typed = " Rua A,\u00a01 \r\n\tCafe\u0301  \n\n  2nd\u200b floor "
    assert tidied_lines(typed) == "Rua A, 1\n\tCafé\n\n  2nd floor"


@pytest.mark.parametrize(
    "typed", ["BD-01", " BD-01 ", "BD–01", "BD\u201101", "ＢＤ－０１", "B\u200bD-01", "BD-01\u00a0"]
)
def test_an_identifier_is_one_however_it_is_typed(typed: str) -> None:
    assert identifier(typed) == "BD-01"
    assert name_key(typed) == "bd-01"


@pytest.mark.parametrize("typed", ["", " ", "ä", "a\x00b", "a\nb", "\ud800", "٣"])
def test_what_is_no_identifier_is_compared_with_nothing(typed: str) -> None:
    assert name_key(typed) == ""


def test_of_an_address_only_case_and_what_nobody_sees_go() -> None:
    assert address(" Ann@Mu\u0308nchen.Example\u200b ") == "ann@münchen.example"
    assert address("a@strasse.example") != address("a@straße.example")
    assert address("a@one–two.example") != address("a@one-two.example")


def test_what_no_database_takes() -> None:
    assert [can_be_stored(one) for one in ("a", "a\x00", "\ud800")] == [True, False, False]


PLAIN_LETTERS = [chr(at) for at in range(0x20, 0xD7A4) if re.fullmatch(f"[{PLAIN}]", chr(at))]


def test_plain_letters_are_folded_by_their_capitals_alone() -> None:
    assert len(PLAIN_LETTERS) > 30_000
    for one in PLAIN_LETTERS:
        assert folded_wholly(f"a{one}b") == f"A{one.upper()}B"
        assert len(one.upper()) == 1


@given(st.text(st.sampled_from([one for one in PLAIN_LETTERS if one < "\u3000"]), max_size=8))
def test_plain_text_is_folded_at_once_as_the_long_way(text: str) -> None:
    assert folded(text) == folded_wholly(text)


def test_no_two_plain_letters_are_one() -> None:
    few = [one for one in PLAIN_LETTERS if unicodedata.category(one)[0] == "M"]
    assert few
    assert len(PLAIN_LETTERS) > 2000
    for mark in few:
        for one in PLAIN_LETTERS[:2000]:
            assert folded(one + mark) == folded_wholly(one + mark)
