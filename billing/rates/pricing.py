"""What a call costs at a price (docs/domain.md 7). Pure functions, no database.

The price that is shown before, the hold and the charge come from `amount_of`, and what it comes to
from `micros_of`.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

from billing.money import from_micros, to_micros

# A minute of anything costs less; and a day at it fits the integers that millions are rated with.
MAX_PRICE = Decimal(100_000)
MAX_BLOCK = 86_400


@dataclass(frozen=True, slots=True)
class Price:
    """What a destination costs: per minute, once for an answered call, and in which steps seconds
    are billed (both at least 1).
    """

    per_minute: Decimal
    connection_fee: Decimal = Decimal(0)
    first_block: int = 60
    increment: int = 60


@dataclass(frozen=True, slots=True)
class Bill:
    """What a call of some seconds comes to at a price."""

    billed: int
    amount: Decimal


def billed_seconds(seconds: Decimal | int, first_block: int, increment: int) -> int:
    """The first block, then whole increments; a duration is rounded up to whole seconds first.
    Nothing for no seconds.
    """
    spoken = math.ceil(seconds)
    if spoken <= 0:
        return 0
    beyond = max(spoken - first_block, 0)
    return first_block + -(-beyond // increment) * increment


def amount_of(price: Price, seconds: Decimal | int) -> Bill:
    """What a call costs that was answered and lasted so long: price × billed seconds ÷ 60 +
    connection fee, rounded once, half up, to six decimals. Zero seconds cost nothing.
    """
    blocks = price.first_block, price.increment
    amount = micros_of(
        to_micros(price.per_minute), to_micros(price.connection_fee), *blocks, seconds
    )
    return Bill(billed_seconds(seconds, *blocks), from_micros(amount))


def micros_of(
    per_minute: int, fee: int, first_block: int, increment: int, seconds: Decimal | int
) -> int:
    """The amount in micro-units, of prices in micro-units."""
    billed = billed_seconds(seconds, first_block, increment)
    return (per_minute * billed + 30) // 60 + fee if billed else 0
