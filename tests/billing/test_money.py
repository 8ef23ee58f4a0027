"""Amounts: read strictly, written exactly, and the same after a round trip."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import BadAmount
from billing.money import (
    MAX_AMOUNT,
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


@given(amounts)
def test_what_is_shown_reads_back_as_the_same(amount: Decimal) -> None:
    assert parse_amount(shown(amount)) == amount
    assert parse_amount(plain(amount)) == amount
    assert parse_signed(shown(-amount)) == -amount
    assert parse_signed(plain(-amount)) == -amount


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
        (" 1 500.50 ", "1500.50"),
        ("1,500.00", "1500"),
        ("1,500,000", "1500000"),
        ("1\u00a0500", "1500"),
        ("007", "7"),
    ],
)
def test_what_people_type(typed: str, amount: str) -> None:
    assert parse_amount(typed) == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("1,5", "ambiguous"),
        ("1,500", "ambiguous"),
        ("1.500,25", "ambiguous"),
        ("1,50,000", "ambiguous"),
        ("NaN", "no_number"),
        ("inf", "no_number"),
        ("1e400", "no_number"),
        ("1e3", "no_number"),
        ("0x10", "no_number"),
        ("\u0661\u0662", "no_number"),
        ("1_000", "no_number"),
        (".5", "no_number"),
        ("5.", "no_number"),
        ("12 USD", "no_number"),
        ("-1", "negative"),
        ("\u22121", "negative"),
        ("1.1234567", "too_many_decimals"),
        ("1000000000.01", "too_large"),
        ("9" * 30, "too_large"),
        ("9" * 5000, "too_large"),
    ],
)
def test_what_is_refused(typed: str, code: str) -> None:
    with pytest.raises(BadAmount) as caught:
        parse_amount(typed)
    assert caught.value.code == code


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
