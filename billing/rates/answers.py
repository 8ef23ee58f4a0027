"""What a number costs an account and every level above it: the rates that were read, asked once or
a thousand times. Pure functions over plain data, no database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from billing.rates.pricing import Bill, amount_of
from billing.rates.rating import Rate, applying, prefixes_of

Fitting = Mapping[str, Sequence[Rate]]


class Problem(Enum):
    """Why a level does not let a number be called, as far as its rates go."""

    NO_GROUP = "no_group"
    UNRATED = "unrated"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Level:
    """An account that pays, and the rate group it buys at (None: it has none). `group_name` is
    empty where whoever asks may not know it; what it charges this account is known all the same.
    `is_group_seen`: whoever asks may look at all of its rates.
    """

    account_pk: int
    account_id: str
    group_pk: int | None = None
    group_name: str = ""
    is_group_seen: bool = False
    zone: ZoneInfo = field(default=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class LevelPrice:
    """What a level pays for a number. Without a rate there is no bill; what is locked has one, for
    it is charged if it was called all the same.
    """

    level: Level
    rate: Rate | None
    bill: Bill | None
    problem: Problem | None

    @property
    def amount(self) -> Decimal | None:
        return self.bill.amount if self.bill else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a number costs at a moment: the account that was asked about, then every level above it
    as far as whoever asks may know, the topmost last.
    """

    number: str
    seconds: int
    at: datetime
    prices: tuple[LevelPrice, ...]
    # Whether a level that is not shown refuses, whatever it is.
    is_refused_above: bool

    @property
    def asked(self) -> LevelPrice:
        """That of the account which was asked about."""
        return self.prices[0]

    @property
    def refusing(self) -> LevelPrice | None:
        """The first level that refuses, the own one before those above."""
        return next((one for one in self.prices if one.problem), None)

    @property
    def may_be_called(self) -> bool:
        """As far as the rates of all levels go."""
        return self.refusing is None and not self.is_refused_above

    def kept_by(self, at: int) -> Decimal | None:
        """What stays with the level at this place: what the one below it pays, less what it pays
        itself. None where nobody below it is asked about, or one of both pays nothing known.
        """
        if at == 0:
            return None
        paid, pays = self.prices[at - 1].amount, self.prices[at].amount
        return None if paid is None or pays is None else paid - pays


@dataclass(frozen=True, slots=True)
class PriceChain:
    """The levels above an account with the rates that may apply to some numbers at a moment.
    `shown` are the levels that whoever asks may know, the account itself first; `hidden` those
    above.
    """

    at: datetime
    shown: tuple[Level, ...]
    hidden: tuple[Level, ...]
    # By the key of the group and the prefix.
    rates: Mapping[int, Fitting]

    def answer(self, number: str, seconds: int) -> Answer:
        """What this number costs for so many seconds of talk."""
        return Answer(
            number,
            seconds,
            self.at,
            tuple(self._price(level, number, seconds) for level in self.shown),
            any(self._price(level, number, seconds).problem for level in self.hidden),
        )

    def candidates(self, level: Level, number: str) -> list[Rate]:
        """The rates of the level's group that fit the number, the longest prefix first; also those
        whose time has yet to come. None of a group that whoever asks may not look at.
        """
        if not level.is_group_seen:
            return []
        fitting = self._fitting(level, number)
        return sorted(fitting, key=lambda one: (-len(one.prefix), one.period is None, one.since))

    def _fitting(self, level: Level, number: str) -> list[Rate]:
        rates = self.rates.get(level.group_pk or 0, {})
        return [one for prefix in prefixes_of(number) for one in rates.get(prefix, ())]

    def _price(self, level: Level, number: str, seconds: int) -> LevelPrice:
        if level.group_pk is None:
            return LevelPrice(level, None, None, Problem.NO_GROUP)
        rate = applying(self._fitting(level, number), number, self.at, level.zone)
        if rate is None:
            return LevelPrice(level, None, None, Problem.UNRATED)
        problem = Problem.LOCKED if rate.is_locked else None
        return LevelPrice(level, rate, amount_of(rate.price, seconds), problem)
