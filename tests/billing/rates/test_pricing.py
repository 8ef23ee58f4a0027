"""What a call costs at a price, by examples worked out by hand and block by block."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rates.pricing import Bill, Price, amount_of
from billing.rates.rating import amounts_of, figures_of
from tests.support.examples import examples
from tests.support.naive_rates import naive_amount


def price(per_minute: str, fee: str = "0", first: int = 60, step: int = 60) -> Price:
    return Price(Decimal(per_minute), Decimal(fee), first, step)


@pytest.mark.parametrize(
    ("of", "seconds", "billed", "amount"),
    [
        # 60/60: every begun minute.
        (price("0.024"), 1, 60, "0.024"),
        (price("0.024"), 60, 60, "0.024"),
        (price("0.024"), 61, 120, "0.048"),
        (price("0.024"), 337, 360, "0.144"),
        # 1/1: by the second; 0.0155 × 337 ÷ 60 = 0.0870583…
        (price("0.0155", first=1, step=1), 337, 337, "0.087058"),
        (price("0.0155", first=1, step=1), 1, 1, "0.000258"),
        # 30/6: 30 s, then every 6 s; 0.019 × 342 ÷ 60 = 0.1083
        (price("0.019", first=30, step=6), 337, 342, "0.1083"),
        (price("0.019", first=30, step=6), 30, 30, "0.0095"),
        (price("0.019", first=30, step=6), 31, 36, "0.0114"),
        (price("0.019", first=30, step=6), 36, 36, "0.0114"),
        # The increment may be longer than the first block.
        (price("0.06", first=6, step=60), 7, 66, "0.066"),
        # The fee is charged once, and not for a call of no seconds.
        (price("0.024", "0.01"), 61, 120, "0.058"),
        (price("0.024", "0.01"), 0, 0, "0"),
        (price("0", "0.01"), 5, 60, "0.01"),
        (price("0"), 5, 60, "0"),
        # Half up: 0.00003 ÷ 60 = 0.0000005 is a millionth, 0.000029 ÷ 60 is nothing.
        (price("0.00003", first=1, step=1), 1, 1, "0.000001"),
        (price("0.000029", first=1, step=1), 1, 1, "0"),
        (price("100000", "100000", 86_400, 1), 1, 86_400, "144100000"),
    ],
)
def test_an_example(of: Price, seconds: int, billed: int, amount: str) -> None:
    assert amount_of(of, seconds) == Bill(billed, Decimal(amount))


@pytest.mark.parametrize(("seconds", "billed"), [("0.2", 1), ("59.999", 60), ("60.001", 61)])
def test_a_duration_is_rounded_up_to_whole_seconds_first(seconds: str, billed: int) -> None:
    assert amount_of(price("0.06", first=1, step=1), Decimal(seconds)).billed == billed


micros = st.integers(0, 100_000_000_000).map(lambda one: Decimal(one).scaleb(-6))
prices = st.builds(Price, micros, micros, st.integers(1, 3600), st.integers(1, 3600))


@examples(300)
@given(prices, st.integers(0, 86_400))
def test_every_price_is_what_counting_blocks_off_gives(of: Price, seconds: int) -> None:
    billed, amount = naive_amount(of, seconds)
    assert amount_of(of, seconds) == Bill(
        billed, Decimal(floor(amount + Fraction(1, 2))).scaleb(-6)
    )


@given(st.lists(st.tuples(prices, st.integers(0, 86_400)), min_size=1, max_size=20))
def test_many_at_once_cost_what_each_costs(calls: list[tuple[Price, int]]) -> None:
    figures = np.array([figures_of(one) for one, _seconds in calls])
    billed, amounts = amounts_of(figures, [seconds for _one, seconds in calls])
    each = [amount_of(one, seconds) for one, seconds in calls]
    assert billed.tolist() == [one.billed for one in each]
    assert amounts.tolist() == [int(one.amount.scaleb(6)) for one in each]
