"""What each figure of calls means (docs/domain.md 9). Plain values, no database: pages, files,
statements and dashboards all take their figures from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Generic, TypeVar

T = TypeVar("T")

_ZERO = Decimal(0)
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Figures:
    """Legs that were tried, those that were answered, seconds spoken and billed, and what was paid
    for them. `sold`, of a routing gateway: what top-level accounts paid, beside the cost. `bought`,
    where it is asked for: what the agent of accounts paid for the same legs, or, of top-level
    accounts, what carriers are owed for them.
    """

    legs: int = 0
    answered: int = 0
    seconds: int = 0
    billed: int = 0
    amount: Decimal = _ZERO
    sold: Decimal = _ZERO
    bought: Decimal = _ZERO

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.legs + other.legs,
            self.answered + other.answered,
            self.seconds + other.seconds,
            self.billed + other.billed,
            self.amount + other.amount,
            self.sold + other.sold,
            self.bought + other.bought,
        )

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(
            self.legs - other.legs,
            self.answered - other.answered,
            self.seconds - other.seconds,
            self.billed - other.billed,
            self.amount - other.amount,
            self.sold - other.sold,
            self.bought - other.bought,
        )

    @property
    def asr(self) -> Decimal | None:
        """The answer-seizure ratio: answered of those tried, in percent. None where none was
        tried.
        """
        return percent(self.answered, self.legs)

    @property
    def acd(self) -> Decimal | None:
        """The average call duration: seconds spoken of an answered leg. None where none was."""
        return Decimal(self.seconds) / self.answered if self.answered else None

    @property
    def minutes(self) -> Decimal:
        """Spoken."""
        return Decimal(self.seconds) / _MINUTE

    @property
    def billed_minutes(self) -> Decimal:
        """In whole blocks, as they are charged."""
        return Decimal(self.billed) / _MINUTE

    @property
    def margin(self) -> Decimal:
        """Of a routing gateway."""
        return self.sold - self.amount

    @property
    def with_price(self) -> "Income":
        """What accounts paid, beside what was paid for the same legs."""
        return Income(replace(self, bought=_ZERO), Figures(amount=self.bought))

    @property
    def per_minute(self) -> Decimal | None:
        """What a billed minute cost on average, connection fees included."""
        return self.amount / self.billed_minutes if self.billed else None


NONE = Figures()


@dataclass(frozen=True, slots=True)
class Income:
    """What calls bring an agent, or the platform.

    `sold`: what those directly below paid: sub-accounts an agent, top-level accounts the platform.
    `bought`: what it paid itself for these very calls: an agent its own price, the platform its
    carriers. `own`: calls of an agent itself, which nobody below pays.
    """

    sold: Figures = NONE
    bought: Figures = NONE
    own: Figures = NONE

    def __add__(self, other: "Income") -> "Income":
        return Income(self.sold + other.sold, self.bought + other.bought, self.own + other.own)

    @property
    def margin(self) -> Decimal:
        """What those directly below paid less what was paid for it."""
        return self.sold.amount - self.bought.amount

    @property
    def margin_share(self) -> Decimal | None:
        """The margin in percent of what those below paid."""
        return percent(self.margin, self.sold.amount)

    @property
    def paid(self) -> Figures:
        """All that it paid itself: for calls of its sub-accounts, and for its own."""
        return self.bought + self.own


@dataclass(frozen=True, slots=True)
class Beside(Generic[T]):
    """The same of a period, and of the one before it."""

    now: T
    before: T


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """So many of a hundred; None of nothing."""
    return 100 * Decimal(part) / Decimal(whole) if whole else None


def summed(figures: Iterable[Figures]) -> Figures:
    return sum(figures, NONE)


def income_summed(incomes: Iterable[Income]) -> Income:
    return sum(incomes, Income())
