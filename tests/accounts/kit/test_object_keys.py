"""Opaque keys: the same for ever, one kind's say nothing to another's, and a guess is nobody's."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from accounts.kit.object_keys import (
    PATTERN,
    object_key,
    object_number,
    sealed,
    typed_number,
    unsealed,
)

NUMBERS = st.integers(min_value=0, max_value=2**48 - 1)
KINDS = ["payment", "request", "entry", "card_batch"]


@given(number=NUMBERS, kind=st.sampled_from(KINDS))
@example(number=0, kind="payment")
@example(number=2**48 - 1, kind="payment")
def test_a_key_leads_back_to_its_number_and_its_number_alone(number: int, kind: str) -> None:
    key = object_key(kind, number)
    assert re.fullmatch(PATTERN, key)
    assert object_number(kind, key) == number
    assert object_key(kind, number) == key


@given(number=NUMBERS)
def test_the_key_of_another_kind_is_nobodys(number: int) -> None:
    key = object_key("payment", number)
    assert [object_number(kind, key) for kind in KINDS[1:]] == [None] * 3


@given(text=st.text(max_size=30) | st.from_regex(PATTERN, fullmatch=True))
def test_a_guess_is_nobodys(text: str) -> None:
    assert object_number("payment", text) is None


@given(number=NUMBERS, at=st.integers(min_value=0, max_value=18), letter=st.sampled_from("07kz"))
def test_a_changed_letter_makes_it_nobodys(number: int, at: int, letter: str) -> None:
    key = object_key("payment", number)
    other = key[:at] + letter + key[at + 1 :]
    assume(other != key)
    assert object_number("payment", other) is None


@pytest.mark.parametrize("number", [-1, 2**48])
def test_what_is_no_number_of_a_row_has_no_key(number: int) -> None:
    with pytest.raises(ValueError, match="no key"):
        object_key("payment", number)


def test_keys_that_follow_one_another_have_nothing_in_common() -> None:
    """Counting up by one changes every place of the key about as often as chance does."""
    keys = [object_key("payment", number).replace("-", "") for number in range(2000)]
    assert len(set(keys)) == len(keys)
    assert keys != sorted(keys)
    for place in range(16):
        same = sum(one[place] == other[place] for one, other in zip(keys, keys[1:], strict=False))
        assert 20 < same < 130, place  # 1 in 32 of 1,999


def test_another_secret_makes_other_keys(settings) -> None:
    key = object_key("payment", 1234)
    settings.OBJECT_KEY_SECRET = "another secret " * 5
    assert object_key("payment", 1234) != key
    assert object_number("payment", key) is None


def test_keys_hang_on_no_other_secret(settings) -> None:
    """They stay the same when the others are changed."""
    key = object_key("payment", 1234)
    settings.SECRET_KEY, settings.ENCRYPTION_KEYS = "x" * 60, []
    assert object_key("payment", 1234) == key


def test_keys_are_the_same_for_ever(settings) -> None:
    """Receipts are printed and bookmarks kept: a change of how keys are made is refused here."""
    settings.OBJECT_KEY_SECRET = "a secret of the tests, the same for ever"
    assert object_key("payment", 1234) == "7hdd-dhez-pfjg-hws8"


def test_people_write_keys_in_their_own_way() -> None:
    key = object_key("payment", 1234)
    spaced = [key.replace("-", other) for other in ("", " ", "–")]
    for typed in (key.upper(), *spaced, f" {key} ", f"\u200b{key}\u00a0"):
        assert typed_number("payment", typed) == 1234
    read_aloud = key.replace("0", "O").replace("1", "l")
    assert typed_number("payment", read_aloud) == 1234
    for wrong in ("", "1234", key[:-1], key + "0", "é" + key[1:]):
        assert typed_number("payment", wrong) is None


@given(text=st.text(alphabet=st.characters(codec="utf-8")).map(lambda one: one.rstrip(" ")))
def test_what_is_sealed_is_read_again_and_is_always_the_same(text: str) -> None:
    assert unsealed(sealed(text)) == text
    assert sealed(text) == sealed(text)


def test_sealed_text_shows_nothing_and_hides_its_length() -> None:
    assert len(sealed("[0, 9, 9]")) == len(sealed("[0, 1234567]"))
    assert "1234567" not in sealed("[0, 1234567]")


@given(text=st.text(max_size=60))
def test_what_was_not_sealed_here_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not sealed here"):
        unsealed(text)
