"""What is said of a deck, and what its rows say (docs/domain.md 7). Pure, no database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from billing.rates.periods import Period, read_period

# What may have to be asked of a deck.
PEAK, ORDER = "peak", "order"


@dataclass(frozen=True)
class Answers:
    """What was said of a deck by whoever handed it in: its peak hours, the order of its dates, its
    sign of decimals ("": it was not asked), the blocks where it names none, whether its own dates
    count.
    """

    peak: Period | None = None
    order: str = ""
    decimal: str = ""
    first_block: int = 60
    increment: int = 60
    has_own_dates: bool = True

    @property
    def written(self) -> dict[str, Any]:
        return {
            "peak": str(self.peak or ""),
            "order": self.order,
            "decimal": self.decimal,
            "blocks": [self.first_block, self.increment],
            "own_dates": self.has_own_dates,
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Answers":
        first, step = kept["blocks"]
        return cls(
            peak=read_period(kept["peak"]),
            order=kept["order"],
            decimal=kept["decimal"],
            first_block=first,
            increment=step,
            has_own_dates=kept["own_dates"],
        )


class Entry(NamedTuple):
    """What a row says of one prefix. None: the deck has no such column; `since` None: from when it
    is entered. With a `problem` it is refused; its prefix is then "" where that was not readable.
    """

    line: int
    prefix: str
    price: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    first_block: int = 60
    increment: int = 60
    destination: str | None = None
    is_locked: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    period: Period | None = None
    is_end: bool = False
    problem: str = ""

    def packed(self) -> str:
        """As a text that `unpacked` reads."""
        period = self.period
        return json.dumps([
            self.line, self.prefix, str(self.price), str(self.fee), self.first_block,
            self.increment, self.destination, self.is_locked,
            self.since and self.since.isoformat(), self.until and self.until.isoformat(),
            period and [period.days, period.begin, period.end], self.is_end, self.problem,
        ])  # fmt: skip

    @classmethod
    def unpacked(cls, text: str) -> "Entry":
        line, prefix, price, fee, first, step, name, locked, since, until, *rest = json.loads(text)
        period, is_end, problem = rest
        return cls(
            line, prefix, Decimal(price), Decimal(fee), first, step, name, locked,
            datetime.fromisoformat(since) if since else None,
            datetime.fromisoformat(until) if until else None,
            Period(*period) if period else None, is_end, problem,
        )  # fmt: skip


@dataclass
class Survey:
    """What a first reading says of a deck: how many rows it has, how it writes days and decimals,
    and what has to be asked (PEAK, ORDER).
    """

    rows: int = 0
    order: str = ""
    decimal: str = ""
    asks: list[str] = field(default_factory=list)
    # Whether the country code stands before the prefixes of another column; None: in some rows.
    is_joined: bool | None = False


@dataclass(frozen=True)
class Remark:
    """A line without a price: it says something else."""

    line: int
    text: str
