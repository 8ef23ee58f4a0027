"""Amounts: read strictly, written exactly, and the same after a round trip."""

import contextlib
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import settings
from django.forms import Form
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import BadAmount
from billing.forms import AmountField, SignedAmountField
from billing.money import (
    MAX_AMOUNT,
    check_amount,
    from_micros,
    parse_amount,
    parse_signed,
    plain,
    rounded,
    shown,
    signed,
    to_micros,
)

amounts = st.decimals(
    min_value=0, max_value=MAX_AMOUNT, places=6, allow_nan=False, allow_infinity=False
)


# However the portal writes an amount: in boxes and files, on pages, before movements, in words.
WRITERS = [
    plain,
    shown,
    signed,
    str,
    lambda amount: f"{amount.normalize():f}",
    lambda amount: f"{shown(amount)} {settings.CURRENCY}",
    lambda amount: f"{settings.CURRENCY} {plain(amount)}",
]


@pytest.mark.parametrize("write", WRITERS)
@given(amount=amounts)
def test_what_the_portal_writes_reads_back_as_the_same(
    write: Callable[[Decimal], str], amount: Decimal
) -> None:
    assert parse_amount(write(amount)) == amount
    assert parse_signed(write(amount)) == amount
    assert parse_signed(write(-amount)) == -amount


@pytest.mark.parametrize("write", WRITERS[:5])
@given(amount=amounts)
def test_a_form_reads_what_it_shows(write: Callable[[Decimal], str], amount: Decimal) -> None:
    for field in (AmountField(), SignedAmountField()):
        assert field.clean(str(field.prepare_value(amount))) == amount
        assert field.clean(write(amount)) == amount


@given(st.text("0123456789., '", max_size=14))
def test_nothing_is_guessed(typed: str) -> None:
    """What is taken has one reading under the conventions there are; but a single point is the sign
    of decimals, as the portal writes it.
    """
    readings = read_by_every_convention(typed.strip())
    point = re.fullmatch(r"\d+\.\d+", typed.strip())
    with contextlib.suppress(BadAmount):
        amount = parse_amount(typed)
        assert readings == {amount} or (point and amount == Decimal(point[0]))


def read_by_every_convention(typed: str) -> set[Decimal]:
    """All amounts that `typed` can mean: thousands grouped by one sign or by none, decimals behind
    another.
    """
    found = set()
    for groups in ("", ",", ".", " ", "'"):
        for decimals in {".", ","} - {groups}:
            whole, mark, behind = typed.partition(decimals)
            grouped = rf"[1-9]\d{{0,2}}(?:{re.escape(groups)}\d{{3}})+" if groups else r"\d+"
            if re.fullmatch(grouped, whole) and (not mark or re.fullmatch(r"\d+", behind)):
                found.add(Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{behind or 0}"))
    return found


@given(amounts)
def test_what_is_stored_comes_back_as_the_same(amount: Decimal) -> None:
    assert from_micros(to_micros(amount)) == amount
    assert from_micros(to_micros(-amount)) == -amount


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_stored_number_is_an_amount(micros: int) -> None:
    assert to_micros(from_micros(micros)) == micros


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1500", "1500"),
        ("0.000001", "0.000001"),
        ("007", "7"),
        ("12.50", "12.50"),
        ("12,50", "12.50"),
        ("1,5", "1.5"),
        ("0,000001", "0.000001"),
        ("0,204", "0.204"),
        ("1,2040", "1.204"),
        # The point is the portal's own sign of decimals.
        ("1.204", "1.204"),
        ("1,204.50", "1204.50"),
        ("1,500,000", "1500000"),
        ("1.204,50", "1204.50"),
        ("1.500,25", "1500.25"),
        ("1.500.000", "1500000"),
        (" 1 500.50 ", "1500.50"),
        ("1 204,50", "1204.50"),
        ("1\u00a0500", "1500"),
        ("1\u202f204,5", "1204.5"),
        ("1\u2009204", "1204"),
        ("1'204.50", "1204.50"),
        ("1\u2019204,50", "1204.50"),
        ("+12", "12"),
        ("USD 12.50", "12.50"),
        ("12,50 usd", "12.50"),
        ("+USD 12", "12"),
        ("\uff11\uff12\uff0e\uff15", "12.5"),
        ("\uff11\uff12\uff0c\uff15", "12.5"),
        ("\u0661\u0662\u066b\u0665", "12.5"),
        ("\u0661\u066c\u0662\u0660\u0664\u066b\u0665", "1204.5"),
        ("\u09e7\u09e8", "12"),
        ("\u200e12.50\u202c", "12.50"),
        ("\ufeff1\u200b2", "12"),
    ],
)
def test_what_people_type(typed: str, amount: str) -> None:
    assert parse_amount(typed) == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("\u200b", "empty"),
        ("USD", "empty"),
        ("1,500", "ambiguous"),
        ("12,204", "ambiguous"),
        ("1204,500", "ambiguous"),
        ("00,500", "ambiguous"),
        ("1 2", "ambiguous"),
        ("1\u00a02", "ambiguous"),
        ("12 50", "ambiguous"),
        ("12 .50", "ambiguous"),
        ("1 204 5", "ambiguous"),
        ("0 204", "ambiguous"),
        ("1 204'500", "ambiguous"),
        ("1'2", "ambiguous"),
        ("1,50,000", "ambiguous"),
        ("1,5.5", "ambiguous"),
        ("12,50,", "ambiguous"),
        ("(12)", "ambiguous"),
        ("1.20.45", "no_number"),
        ("1.5.0", "no_number"),
        ("NaN", "no_number"),
        ("x y", "no_number"),
        ("EUR", "no_number"),
        ("inf", "no_number"),
        ("1e400", "no_number"),
        ("1e3", "no_number"),
        ("0x10", "no_number"),
        ("1_000", "no_number"),
        # Digits that look like others beside those.
        ("1\u0660", "no_number"),
        ("12\u00b2", "no_number"),
        ("\u00bd", "no_number"),
        # Shown as 21.
        ("\u202e12", "no_number"),
        ("12-", "no_number"),
        ("1-2", "no_number"),
        (".5", "no_number"),
        ("5.", "no_number"),
        ("5,", "no_number"),
        ("$12", "other_currency"),
        ("12 EUR", "other_currency"),
        ("US$ 12", "other_currency"),
        ("\u09f312", "other_currency"),
        ("-1", "negative"),
        ("\u22121", "negative"),
        ("- 1", "negative"),
        ("USD -1", "negative"),
        ("1.1234567", "too_many_decimals"),
        ("1.1234561", "too_many_decimals"),
        ("1000000000.01", "too_large"),
        ("9" * 30, "too_large"),
        ("9" * 5000, "too_large"),
        ("9" * 50_000, "too_large"),
    ],
)
def test_what_is_refused(typed: str, code: str) -> None:
    with pytest.raises(BadAmount) as caught:
        parse_amount(typed)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1,204", "Do you mean 1204.00 or 1.204? Write it like this."),
        ("1204,500", "Do you mean 1204500.00 or 1204.50? Write it like this."),
        ("1,00,000", "Do you mean 100000.00? Write it like this."),
        (".5", "Do you mean 0.50? Write it like this."),
        ("12.", "Do you mean 12.00? Write it like this."),
        ("(1 204,5)", "Do you mean \u22121,204.50 or 1,204.50? Write it like this."),
        ("12 EUR", "Amounts are in USD. Write the number alone, such as 1500.50."),
    ],
)
def test_a_question_names_what_can_be_meant(typed: str, words: str) -> None:
    with pytest.raises(BadAmount) as caught:
        parse_signed(typed)
    assert str(caught.value.message) == words


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("-12", "-12"),
        ("\u221212,50", "-12.50"),
        ("\u20131 204.5", "-1204.5"),
        ("\uff0d12", "-12"),
        ("- 12", "-12"),
        ("-USD 12", "-12"),
        ("USD -12", "-12"),
        ("+12", "12"),
    ],
)
def test_a_sign_is_read_where_one_may_stand(typed: str, amount: str) -> None:
    assert parse_signed(typed) == Decimal(amount)


@pytest.mark.parametrize("typed", ["--1", "+-1", "-+1", "-USD-1"])
def test_two_signs_are_no_amount(typed: str) -> None:
    with pytest.raises(BadAmount) as caught:
        parse_signed(typed)
    assert caught.value.code == "no_number"


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(BadAmount):
        assert parse_signed(text) == check_amount(parse_signed(text))


@pytest.mark.parametrize("field", [AmountField, SignedAmountField])
def test_no_browser_refuses_a_comma_before_it_is_read(field: type[AmountField]) -> None:
    html = str(field().get_bound_field(Form({"amount": "12,50"}), "amount"))
    assert 'type="text"' in html
    assert "pattern=" not in html


def test_people_see_a_point_groups_and_a_real_minus_sign() -> None:
    assert shown(Decimal("-1204.5")) == "\u22121,204.50"
    assert shown(Decimal("0.000125")) == "0.000125"
    assert shown(Decimal(0)) == "0.00"
    assert signed(Decimal(5)) == "+5.00"
    assert plain(Decimal("-1204.5")) == "-1204.50"


def test_rounding_is_half_up_at_the_sixth_decimal() -> None:
    assert rounded(Decimal("0.0000005")) == Decimal("0.000001")
    assert rounded(Decimal("-0.0000005")) == Decimal("-0.000001")
    assert rounded(Decimal("0.00000049")) == 0


def test_nothing_is_stored_that_was_not_asked_for() -> None:
    with pytest.raises(BadAmount):
        to_micros(Decimal("0.0000001"))
    with pytest.raises(BadAmount):
        to_micros(Decimal("NaN"))
