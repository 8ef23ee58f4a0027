"""Rates as somebody asks for them. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from typing import Any

from billing.rates.periods import Period


@dataclass(frozen=True)
class RateDraft:
    """A rate as somebody asks for it. Without a beginning it counts from now on."""

    prefix: str
    price: Decimal
    destination: str = ""
    connection_fee: Decimal = Decimal(0)
    first_block: int = 60
    increment: int = 60
    since: datetime | None = None
    until: datetime | None = None
    is_locked: bool = False
    period: Period | None = None

    def priced(self, price: Decimal, connection_fee: Decimal) -> "RateDraft":
        return replace(self, price=price, connection_fee=connection_fee)


@dataclass(frozen=True)
class MarkUp:
    """By how much prices change: a percentage (20 is a fifth more), then an amount per minute; then
    they are rounded to so many decimals, half up or (`is_up`) always up. The percentage is that of
    the connection fee as well. Nothing falls below zero.
    """

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    decimals: int = 6
    is_up: bool = False

    @property
    def is_none(self) -> bool:
        return not self.percent and not self.amount

    def of_price(self, price: Decimal) -> Decimal:
        return self._rounded(self._by_percent(price) + self.amount)

    def of_fee(self, fee: Decimal) -> Decimal:
        return self._rounded(self._by_percent(fee))

    def _by_percent(self, value: Decimal) -> Decimal:
        with localcontext(prec=60):
            return value * (100 + self.percent) / 100

    def _rounded(self, value: Decimal) -> Decimal:
        way = ROUND_UP if self.is_up else ROUND_HALF_UP
        with localcontext(prec=60):
            return max(value, Decimal(0)).quantize(Decimal(1).scaleb(-self.decimals), rounding=way)


@dataclass(frozen=True)
class CopyDraft:
    """A copy of a rate group as somebody asks for it."""

    name: str
    mark_up: MarkUp
    memo: str = ""

    @property
    def written(self) -> dict[str, Any]:
        """As a job keeps it."""
        mark_up = self.mark_up
        return {
            "name": self.name,
            "memo": self.memo,
            "percent": str(mark_up.percent),
            "amount": str(mark_up.amount),
            "decimals": mark_up.decimals,
            "is_up": mark_up.is_up,
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "CopyDraft":
        mark_up = MarkUp(
            Decimal(written["percent"]),
            Decimal(written["amount"]),
            written["decimals"],
            written["is_up"],
        )
        return cls(written["name"], mark_up, written["memo"])
