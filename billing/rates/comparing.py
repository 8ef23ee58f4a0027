"""Two rate groups side by side: what one sells numbers for, what they cost at the other, and what
is left (docs/domain.md 7). Pure functions, no database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.rates.pricing import amount_of
from billing.rates.rating import Rate


@dataclass(frozen=True, slots=True)
class Pair:
    """What a prefix is sold for and bought at, for a call of one length. `buy` is None where it
    cannot be bought: such calls are refused.
    """

    prefix: str
    sell: Rate
    buy: Rate | None
    sold: Decimal
    bought: Decimal | None

    @property
    def margin(self) -> Decimal | None:
        return None if self.bought is None else self.sold - self.bought

    @property
    def is_below_cost(self) -> bool:
        return self.bought is not None and self.sold < self.bought

    @property
    def destination(self) -> str:
        return self.sell.destination or (self.buy.destination if self.buy else "")

    @property
    def percent(self) -> Decimal | None:
        """The margin as a share of what it is sold for; None where nothing is paid."""
        if self.margin is None or not self.sold:
            return None
        return 100 * self.margin / self.sold


@dataclass(frozen=True)
class Side:
    """The rates of a group, and the zone of its hours."""

    rates: Sequence[Rate]
    zone: ZoneInfo

    def in_effect(self, at: datetime) -> dict[str, Rate]:
        """The rate of each prefix that has one in effect: those of the hour go first."""
        local = at.astimezone(self.zone)
        found: dict[str, Rate] = {}
        for one in self.rates:
            if not one.is_dated(at) or (one.period and not one.period.covers(local)):
                continue
            if one.period or one.prefix not in found:
                found[one.prefix] = one
        return found


def compared(sell: Side, buy: Side, at: datetime, seconds: int) -> list[Pair]:
    """Every prefix at which one of the two changes its price, as far as it is sold: those sold
    below cost first, the largest loss before the others, then by margin; what cannot be bought
    comes last.
    """
    sells, buys = sell.in_effect(at), buy.in_effect(at)
    pairs = []
    prefixes = sorted({*sells, *buys})
    for prefix, ours, theirs in zip(
        prefixes, _longest(prefixes, sells), _longest(prefixes, buys), strict=True
    ):
        if ours is None or ours.is_locked:
            continue
        cost = theirs if theirs and not theirs.is_locked else None
        pairs.append(
            Pair(
                prefix,
                ours,
                cost,
                amount_of(ours.price, seconds).amount,
                amount_of(cost.price, seconds).amount if cost else None,
            )
        )
    return sorted(pairs, key=_rank)


def _rank(pair: Pair) -> tuple[bool, Decimal, str]:
    margin = pair.margin
    return margin is None, margin if margin is not None else Decimal(0), pair.prefix


def _longest(prefixes: Iterable[str], rates: dict[str, Rate]) -> Iterable[Rate | None]:
    """For each of the sorted prefixes the rate of the longest one that it begins with."""
    open_: list[tuple[str, Rate]] = []
    for prefix in prefixes:
        while open_ and not prefix.startswith(open_[-1][0]):
            open_.pop()
        if prefix in rates:
            open_.append((prefix, rates[prefix]))
        yield open_[-1][1] if open_ else None
