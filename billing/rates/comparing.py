"""Two rate groups side by side: what one sells numbers for, what they cost at the other, and what
is left (docs/domain.md 7). Pure functions, no database.

Both sides come in the order of their prefixes and are read once, so that groups of any size are
compared in little memory. Amounts are micro-units: hundreds of thousands are worked out.
"""

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

import numpy as np

from billing.money import from_micros
from billing.rates.periods import Period
from billing.rates.pricing import micros_of

_NEVER = np.iinfo(np.int64).max


class Offer(NamedTuple):
    """What a group asks for numbers with a prefix; `days` are 0 where it does so at all hours."""

    prefix: str
    destination: str
    per_minute: int
    fee: int
    first_block: int
    increment: int
    is_locked: bool
    days: int = 0
    period_begin: int = 0
    period_end: int = 0

    def of_call(self, seconds: int) -> int:
        """What a call costs that lasted so long."""
        return micros_of(self.per_minute, self.fee, self.first_block, self.increment, seconds)

    @property
    def price(self) -> Decimal:
        return from_micros(self.per_minute)

    @property
    def block(self) -> str:
        return f"{self.first_block}/{self.increment}"


class Pair(NamedTuple):
    """What a prefix is sold for and bought at, for a call of one length. `buy` is None where it
    cannot be bought: such calls are refused.
    """

    prefix: str
    sell: Offer
    buy: Offer | None
    sold_micros: int
    bought_micros: int | None

    @property
    def sold(self) -> Decimal:
        return from_micros(self.sold_micros)

    @property
    def bought(self) -> Decimal | None:
        return None if self.bought_micros is None else from_micros(self.bought_micros)

    @property
    def margin(self) -> Decimal | None:
        left = self.left
        return None if left is None else from_micros(left)

    @property
    def left(self) -> int | None:
        """The margin in micro-units."""
        return None if self.bought_micros is None else self.sold_micros - self.bought_micros

    @property
    def is_below_cost(self) -> bool:
        return self.bought_micros is not None and self.sold_micros < self.bought_micros

    @property
    def destination(self) -> str:
        return self.sell.destination or (self.buy.destination if self.buy else "")

    @property
    def percent(self) -> Decimal | None:
        """The margin as a share of what it is sold for; None where nothing is paid."""
        if self.margin is None or not self.sold_micros:
            return None
        return 100 * self.margin / self.sold


def of_the_hour(offers: Iterable[Offer], local: datetime) -> Iterator[Offer]:
    """Of the offers of a group whose dates fit, in the order of their prefixes, the one of each
    prefix that counts at a moment on the wall of the group's zone: those of the hour go first.
    """
    for _prefix, some in groupby(offers, key=lambda one: one.prefix):
        found: Offer | None = None
        for one in some:
            if not one.days:
                found = found or one
            elif Period(one.days, one.period_begin, one.period_end).covers(local):
                found = one
                break
        if found is not None:
            yield found


def compared(sell: Iterable[Offer], buy: Iterable[Offer], seconds: int) -> Iterator[Pair]:
    """Every prefix at which one of the two changes its price, as far as it is sold, in their order.
    Both sides have one offer a prefix, in that order too.
    """
    for prefix, ours, theirs in _beside(sell, buy):
        if ours is None or ours.is_locked:
            continue
        cost = theirs if theirs and not theirs.is_locked else None
        bought = cost.of_call(seconds) if cost else None
        yield Pair(prefix, ours, cost, ours.of_call(seconds), bought)


def ranked(pairs: Iterable[Pair]) -> list[Pair]:
    """Those sold below cost first, the largest loss before the others, then by margin; what cannot
    be bought comes last. Equal ones stay as they came.
    """
    return sorted(pairs, key=_left)


def ranked_prefixes(pairs: Iterable[Pair]) -> list[int]:
    """Their prefixes, each behind a 1 that keeps its zeros, in the order of `ranked`; in the memory
    of two numbers each.
    """
    margins, prefixes = array("q"), array("q")
    for one in pairs:
        margins.append(_left(one))
        prefixes.append(key_of(one.prefix))
    order = np.argsort(np.array(margins, dtype=np.int64), kind="stable")
    found: list[int] = np.array(prefixes, dtype=np.int64)[order].tolist()
    return found


def key_of(prefix: str) -> int:
    """A prefix as a number, as `ranked_prefixes` has it."""
    return int(f"1{prefix}")


def _left(pair: Pair) -> int:
    return _NEVER if pair.bought_micros is None else pair.sold_micros - pair.bought_micros


def _beside(
    sell: Iterable[Offer], buy: Iterable[Offer]
) -> Iterator[tuple[str, Offer | None, Offer | None]]:
    """Every prefix of one of the two, and for each side the offer of the longest one that it begins
    with.
    """
    ours, theirs = iter(sell), iter(buy)
    one, other = next(ours, None), next(theirs, None)
    open_ours: list[Offer] = []
    open_theirs: list[Offer] = []
    while one is not None or other is not None:
        if one is not None and (other is None or one.prefix <= other.prefix):
            prefix = one.prefix
        else:
            assert other is not None
            prefix = other.prefix
        _close(open_ours, prefix)
        _close(open_theirs, prefix)
        if one is not None and one.prefix == prefix:
            open_ours.append(one)
            one = next(ours, None)
        if other is not None and other.prefix == prefix:
            open_theirs.append(other)
            other = next(theirs, None)
        yield (
            prefix,
            open_ours[-1] if open_ours else None,
            open_theirs[-1] if open_theirs else None,
        )


def _close(open_: list[Offer], prefix: str) -> None:
    """Leave those open that the prefix begins with."""
    while open_ and not prefix.startswith(open_[-1].prefix):
        open_.pop()
