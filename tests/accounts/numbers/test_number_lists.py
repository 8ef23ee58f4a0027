"""Reading pasted lists of numbers."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.kit.errors import Refused
from accounts.numbers.pasted import MOST_NUMBERS, read_numbers
from accounts.numbers.reading import digits_of


def numbers(text: str) -> list[str]:
    return [one.number for one in read_numbers(text) if not one.problem]


def problems(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.problem) for one in read_numbers(text) if one.problem]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("8801", ["8801"]),
        ("+44 20 7946 0000\n008801\r\n(02) 55-01", ["442079460000", "8801", "025501"]),
        ("8801, 8802;8803\t8804", ["8801", "8802", "8803", "8804"]),
        ("8801 - 8803", ["8801", "8802", "8803"]),
        ("8801–8803", ["8801", "8802", "8803"]),
        ("8801 to 8803", ["8801", "8802", "8803"]),
        ("8801..8803", ["8801", "8802", "8803"]),
        ("8801711000000-8801711000002", ["8801711000000", "8801711000001", "8801711000002"]),
        ("098 – 101", ["098", "099", "100", "101"]),
        ("\n\n 8801 \n", ["8801"]),
        ("555-1234", ["5551234"]),
        ("9876-1234", ["98761234"]),
    ],
)
def test_what_people_paste(text: str, found: list[str]) -> None:
    assert numbers(text) == found
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("letters", "digits only"),
        ("1234567890123456", "at most 15"),
        ("1000-1010", "Do you mean 1000–1010?"),
        ("8803 – 8801", "ends before it begins"),
        ("8801 – 88011", "same number of digits"),
        ("8801 – x", "digits only"),
        ("x" * 5000, "digits only"),
        ("1" + " " * 50_000 + "1x", "digits only"),
    ],
)
def test_what_is_no_number_is_said_with_its_line(text: str, words: str) -> None:
    ((line, problem),) = problems(f"8801\n{text}")
    assert line == 2
    assert words in problem


def test_the_same_number_twice_is_said() -> None:
    assert problems("8801\n8800 – 8802") == [(2, "The same number stands in line 1 already.")]


@pytest.mark.parametrize(
    "text", ["", " \n,;", "10000 – 99999", "\n".join(str(n) for n in range(2000))]
)
def test_an_empty_list_and_one_that_is_too_long_are_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_numbers(text)
    assert caught.value.field == "numbers"


@given(st.integers(0, 10**6), st.integers(0, MOST_NUMBERS - 1), st.integers(1, 8))
def test_a_range_is_every_number_from_first_to_last(first: int, more: int, width: int) -> None:
    begin, end = f"1{first:0{width}d}", f"1{first + more:0{width}d}"
    assume(len(begin) == len(end))
    expected = [str(number) for number in range(int(begin), int(end) + 1)]
    assert numbers(f"{begin} – {end}") == expected


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    try:
        found = read_numbers(text)
    except Refused:
        return
    assert found
    for one in found:
        assert one.problem or (one.number.isascii() and one.number.isdigit())


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("0001", "0001"), ("00880171100", "880171100"), ("+880-17", "88017"), ("", ""), ("ab", "")],
)
def test_a_part_of_a_number(typed: str, digits: str) -> None:
    assert digits_of(typed) == digits
