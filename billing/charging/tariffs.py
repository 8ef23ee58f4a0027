"""The rates of a group, made ready to charge calls by: which applies, and what it comes to. Plain
data, no database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from billing.money import to_micros
from billing.rates.pricing import amount_of
from billing.rates.rating import UNRATED, Matcher, Rate, amounts_of


@dataclass(frozen=True, slots=True)
class Correction:
    """What a prefix should have cost per minute, from one moment until another."""

    key: int
    prefix: str
    since: datetime
    until: datetime
    price: Decimal


@dataclass(slots=True)
class Priced:
    """A leg at a rate: billed seconds, and in micro-units the amount, the price per minute and the
    connection fee. `correction`: the one that stood beside the rate.
    """

    group: int
    rate: Rate
    billed: int
    amount: int
    price: int
    fee: int
    correction: int | None = None


class Question(Protocol):
    """A leg that is to be priced. `reads_corrections`: it waited, or is rated anew."""

    @property
    def number(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def seconds(self) -> int: ...
    @property
    def reads_corrections(self) -> bool: ...


class Asked(NamedTuple):
    """A question by itself."""

    number: str
    at: datetime
    seconds: int
    reads_corrections: bool


class Tariff:
    """One rate group."""

    def __init__(
        self, key: int, zone: ZoneInfo, rates: Sequence[Rate], corrections: Iterable[Correction]
    ) -> None:
        self.key = key
        self.size = len(rates)
        self._rates = rates
        self._matcher = Matcher(rates, zone)
        self._micros: dict[int, tuple[int, int]] = {}
        self._corrections: dict[str, list[Correction]] = {}
        for one in corrections:
            self._corrections.setdefault(one.prefix, []).append(one)

    def price(self, questions: Sequence[Question]) -> list[Priced | None]:
        """Each leg at the rate that applies; None where no rate does."""
        found = self._matcher.match(
            [one.number for one in questions], [one.at for one in questions]
        )
        rated = np.flatnonzero(found != UNRATED)
        billed, amounts = self._amounts(
            found[rated], [questions[at].seconds for at in rated.tolist()]
        )
        answers: list[Priced | None] = [None] * len(questions)
        rows = zip(rated.tolist(), found[rated].tolist(), billed, amounts, strict=True)
        key, rates, known = self.key, self._rates, self._micros
        for at, place, seconds, amount in rows:
            price, fee = known.get(place) or self._price(place)
            answers[at] = Priced(key, rates[place], seconds, amount, price, fee)
        if self._corrections:
            for at, one in enumerate(questions):
                if one.reads_corrections:
                    answers[at] = self.corrected(one, answers[at])
        return answers

    def _amounts(
        self, places: NDArray[np.int64], seconds: Sequence[int]
    ) -> tuple[list[int], list[int]]:
        used, where = np.unique(places, return_inverse=True)
        prices = [self._rates[place].price for place in used.tolist()]
        billed, amounts = amounts_of(prices, where, seconds)
        return billed.tolist(), amounts.tolist()

    def _price(self, place: int) -> tuple[int, int]:
        price = self._rates[place].price
        found = (to_micros(price.per_minute), to_micros(price.connection_fee))
        self._micros[place] = found
        return found

    def corrected(self, asked: Question, found: Priced | None) -> Priced | None:
        """The price with the correction that stands beside its rate at the moment of the leg."""
        if found is None:
            return None
        for one in self._corrections.get(found.rate.prefix, ()):
            if one.since <= asked.at < one.until:
                price = replace(found.rate.price, per_minute=one.price)
                bill = amount_of(price, asked.seconds)
                return replace(
                    found,
                    billed=bill.billed,
                    amount=to_micros(bill.amount),
                    price=to_micros(one.price),
                    correction=one.key,
                )
        return found
