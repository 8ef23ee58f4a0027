"""What people write as numbers: taken where it can be read one way, asked about where it cannot,
and else refused by the name of what is in the way (docs/domain.md 5).
"""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.kit.typed import plain
from accounts.numbers.digits import NotANumber, Question
from accounts.numbers.reading import Box, digits_of, normalised, spans

NUMBER = "8801711000060"
RANGE = "8801711000060–8801711000069"


def asked(text: str, box: Box = Box.LIST) -> Question:
    with pytest.raises(Question) as caught:
        spans(text, box)
    return caught.value


def refused(text: str, box: Box = Box.LIST) -> str:
    with pytest.raises(NotANumber) as caught:
        spans(text, box)
    return str(caught.value.message)


# --- One number -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "+880 1711-000060",
        "00880 1711 000060",
        "\u202a+880\u00a01711\u2011000\u202f060\u202c",
        "\u2066880 1711 000060\u2069",
        "\ufeff8801711\u00ad000060\u200b",
        "８８０１７１１０００060",
        "＋880（1711）－000060",
        "٨٨٠١٧١١٠٠٠٠٦٠",
        "८८०१७११००००६०",
        "880.1711.000.060",
        "880/1711/000060",
        "880–1711–000060",
        "880−1711−000060",
        "(880) [1711] 000060",
        "tel:+880-1711-000060",
        "tel:+880%201711000060",
        "<tel:+8801711000060>",
        "sip:+8801711000060@203.0.113.7:5060;transport=tcp",
        "sips:8801711000060@example.com",
        "'8801711000060",
        '"8801711000060"',
        "8801711000060.0",
        "8801711000060,",
    ],
)
def test_one_number_however_it_is_written(text: str) -> None:
    assert normalised(text) == NUMBER
    assert digits_of(text) == NUMBER


INVISIBLE = [
    *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0x200B, 0x2010), 0xFEFF, 0xAD, 0x61C,
]  # fmt: skip


@pytest.mark.parametrize("mark", [chr(one) for one in INVISIBLE])
def test_marks_that_nobody_sees_are_no_part_of_a_number(mark: str) -> None:
    assert normalised(f"{mark}+{mark}880{mark} 1{mark}") == "8801"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("8801711000060x12", "“x12” is an extension"),
        ("8801711000060 ext. 5", "“ext. 5” is an extension"),
        ("tel:+8801711000060;ext=5", "“ext=5” is an extension"),
        ("tel:1711;phone-context=+880", "“phone-context=+880”"),
        ("8801711000060p5", "“p” is a pause"),
        ("8801711000060 w 5", "“w” is a pause"),
        ("*31#8801711000060", "“*” is a key"),
        ("8801711000060#", "“#” is a key"),
        ("1-800-FLOWERS", "“FLOWERS”"),
        ("Tel. +880", "“Tel”"),
        ("sip:bob@example.com", "“bob”"),
        ("8.80171E+12", "cut this number short"),
        ("8,80171E+12", "“E”"),
        ("8801711\x00", "invisible control character"),
        ("8801711\x1b", "invisible control character"),
        ("+00880", "not with both"),
        ("880+1", "a + stands at the beginning"),
        ("8,801,711,000,060", "write 8801711000060"),
        ("(0)171 123", "country code"),
        ("²", "“²”"),
    ],
)
def test_what_is_in_the_way_is_named(text: str, named: str) -> None:
    assert named in refused(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+359 (0)2 123456", "3592123456"),
        ("0049 [0] 30/123456", "4930123456"),
        ("+880( 0 )1711", "8801711"),
    ],
)
def test_a_zero_in_brackets_is_refused_with_the_number_to_write(text: str, number: str) -> None:
    with pytest.raises(NotANumber) as caught:
        normalised(text)
    assert "inside the country" in str(caught.value.message)
    assert [one.text for one in caught.value.answers] == [number]


def test_a_zero_that_begins_brackets_behind_a_country_code_is_asked_about() -> None:
    """Italians keep it, others do not."""
    assert [one.text for one in asked("+39 (06) 12345").answers] == ["39612345", "390612345"]
    assert normalised("(02) 55-01") == "025501"


# --- Two numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("box", [Box.LIST, Box.RULES])
@pytest.mark.parametrize(
    "text",
    [
        "8801711000060-69",
        "8801711000060–69",
        "8801711000060\u201169",
        "8801711000060 - 069",
        "880-1711-000060-69",
        "+880 1711 000060-69",
        "8801711000060/69",
        "8801711000060..69",
        "8801711000060 … 069",
        "8801711000060 to 69",
        "8801711000060 ~ 69",
        "8801711000060-0069",
    ],
)
def test_a_whole_number_and_a_few_digits_is_a_question(text: str, box: Box) -> None:
    question = asked(text, box)
    assert f"Do you mean {RANGE}?" in str(question.message)
    assert question.answers[0].text == RANGE


@pytest.mark.parametrize("box", [Box.LIST, Box.RULES])
def test_each_answer_can_be_entered(box: Box) -> None:
    first, second = (one.text for one in asked("8801711000060-69", box).answers)
    assert spans(first, box) == [("8801711000060", "8801711000069")]
    assert spans(second, box) == [("880171100006069", "")]


def test_where_only_one_number_fits_the_range_cannot_be_entered() -> None:
    question = asked("8801711000060-69", Box.ONE)
    assert f"Do you mean {RANGE}?" in str(question.message)
    assert [one.text for one in question.answers] == ["880171100006069"]
    with pytest.raises(NotANumber, match="This is a range"):
        normalised(RANGE)
    with pytest.raises(NotANumber, match="several numbers"):
        normalised("8801711000060, 8801711000061")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        # What follows is not greater, longer than four digits, or behind less than a number.
        ("12345678-0", "123456780"),
        ("+49 30 12345678-78", "49301234567878"),
        ("1234567-89", "123456789"),
        ("555-1234", "5551234"),
        ("1-900-555-0100", "19005550100"),
        ("12345678-12399", "1234567812399"),
    ],
)
def test_other_dashes_only_part_a_number(text: str, number: str) -> None:
    assert spans(text) == [(number, "")]


@pytest.mark.parametrize(
    "text",
    [
        "8801711000060-8801711000069",
        "8801711000060 – 8801711000069",
        "880-1711-000060-880-1711-000069",
        "+8801711000060-+8801711000069",
        "008801711000060..008801711000069",
        "8801711000060 through 8801711000069",
    ],
)
@pytest.mark.parametrize("box", Box)
def test_two_whole_numbers_with_a_dash_are_a_range(text: str, box: Box) -> None:
    assert spans(text, box) == [("8801711000060", "8801711000069")]


@pytest.mark.parametrize(
    "text",
    [
        "8801711000060; 8801711000069",
        "8801711000060 / 8801711000069",
        "8801711000060/8801711000069",
        "8801711000060 or 8801711000069",
        "8801711000060 8801711000069",
        "+8801711000060+8801711000069",
        "8801711000060 & 8801711000069",
        "tel:+8801711000060, tel:+8801711000069",
    ],
)
def test_two_whole_numbers_with_anything_else_are_two(text: str) -> None:
    assert spans(text) == [("8801711000060", ""), ("8801711000069", "")]


@pytest.mark.parametrize("text", ["8801711000060,61", "8801711000060;61", "8801711000060,,61"])
def test_a_few_digits_behind_a_comma_are_asked_about(text: str) -> None:
    question = asked(text)
    assert "Do you mean 8801711000061?" in str(question.message)
    assert [one.text for one in question.answers] == ["8801711000060, 8801711000061"]


def test_digits_behind_a_point_are_asked_about() -> None:
    assert [one.text for one in asked("8801711.000000").answers] == ["8801711", "8801711000000"]


# --- All texts ------------------------------------------------------------------------------------


def read(text: str, box: Box) -> tuple[list[tuple[str, str]], NotANumber | None]:
    try:
        return spans(text, box), None
    except NotANumber as error:
        return [], error


@given(st.text(max_size=100), st.sampled_from(Box))
def test_every_text_is_numbers_or_says_why_not(text: str, box: Box) -> None:
    found, error = read(text, box)
    assert bool(found) != bool(error and str(error.message))
    for begin, end in found:
        assert begin.isascii()
        assert begin.isdigit()
        assert not end or (len(end) == len(begin) and begin <= end)


@given(
    st.text("0123456789+-–/. ()x…", max_size=40)
    | st.from_regex(r"\+?[0-9]{6,13} ?[-–/] ?[0-9]{1,13}"),
    st.sampled_from([Box.LIST, Box.RULES]),
)
def test_every_answer_is_read_one_way(text: str, box: Box) -> None:
    _found, error = read(text, box)
    # Those that ask are made below; most of these ask nothing.
    assert all(read(answer.text, box)[0] for answer in (error.answers if error else ()))


@given(
    st.text("123456789", min_size=8, max_size=13), st.integers(1, 4), st.sampled_from("-–/"),
    st.data(),
)  # fmt: skip
def test_nothing_that_reads_as_a_range_becomes_one_number(
    begin: str, length: int, dash: str, data: st.DataObject
) -> None:
    tail = int(begin[-length:])
    assume(tail < 10**length - 1)
    greater = data.draw(st.integers(tail + 1, 10**length - 1))
    text = f"{begin}{dash}{greater:0{length}d}"
    for box in Box:
        asked(text, box)
    for box in (Box.LIST, Box.RULES):
        _found, error = read(text, box)
        assert error
        assert error.answers
        for answer in error.answers:
            assert read(answer.text, box)[0], answer.text


ZEROS = [one for one in range(0x110000) if unicodedata.decimal(chr(one), None) == 0]


@given(st.integers(0, 10**15 - 1), st.sampled_from(ZEROS))
def test_digits_of_every_script_are_digits(number: int, zero: int) -> None:
    written = "".join(chr(zero + int(digit)) for digit in f"1{number % 10**13:013d}")
    assert normalised(written) == f"1{number % 10**13:013d}"


@given(st.text(max_size=60))
def test_plain_signs_stay_plain(text: str) -> None:
    assert plain(plain(text)) == plain(text)
