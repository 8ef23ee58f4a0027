"""Which rate of a group applies to a number at a moment (docs/domain.md 7): for one number, and for
millions of them. Pure functions over plain data, no database.

Of the prefixes of the number that have a rate in effect, the longest counts; on that prefix a rate
with a period that covers the moment goes before the one without. A rate whose period does not cover
the moment is not in effect: a prefix that has no other leaves the number to the next shorter one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from billing.rates.periods import DAY, WEEK, Period
from billing.rates.pricing import Price

MOST_DIGITS = 15
UNRATED = -1

_Ints = NDArray[np.int64]

_NEVER = np.iinfo(np.int64).max
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = 60 * 1_000_000
_QUARTER = 15 * _MINUTE
# So many quarters, about three weeks, are worked out together; and so many such blocks laid side by
# side: what is asked about is mostly a month.
_BLOCK = 2_048
# The calendar has no quarters beyond these in some zone.
_FIRST_QUARTER = (datetime(1, 1, 2, tzinfo=UTC) - EPOCH) // timedelta(minutes=15)
_LAST_QUARTER = (datetime(9999, 12, 30, tzinfo=UTC) - EPOCH) // timedelta(minutes=15)
_MOST_BLOCKS = 32
# 1 January 1970 was a Thursday.
_EPOCH_MINUTE = 3 * DAY
# Digits of a number to the base of eleven, the highest first: what ends sorts before what goes on,
# and all numbers that begin with a prefix stand in a row. One place more than digits is looked at,
# so that what is too long is seen.
_PLACES = MOST_DIGITS + 1
_POWERS = [11**at for at in range(_PLACES - 1, -1, -1)]
# Numbers that begin with the same six digits are looked up together, where a rate is.
_CELL = _POWERS[5]
_CELLS = 11**6
_MIXED = -2
# Of fewer intervals than these a table of cells (14 MB) would take longer to make than it saves.
_FEW = 2_000
# So many at a time that what is worked on stays near the processor.
_CHUNK = 32_768


@dataclass(frozen=True, slots=True)
class Rate:
    """What a group charges for numbers with a prefix, from a moment on and until another one
    (None: without end). `key` is what the caller knows it by.
    """

    key: Any
    prefix: str
    price: Price
    since: datetime
    until: datetime | None = None
    period: Period | None = None
    is_locked: bool = False
    destination: str = ""

    def is_dated(self, at: datetime) -> bool:
        """Whether its dates cover a moment: from the first on, without the last."""
        return self.since <= at and (self.until is None or at < self.until)

    def collides(self, other: "Rate") -> bool:
        """Whether there is a moment at which both could apply, and neither goes before the other.
        Both are of one group.
        """
        if self.prefix != other.prefix or (self.period is None) != (other.period is None):
            return False
        if self.period and other.period and not self.period.meets(other.period):
            return False
        begins_before = other.until is None or self.since < other.until
        return begins_before and (self.until is None or other.since < self.until)


def prefixes_of(number: str) -> list[str]:
    """What a number begins with, the longest first."""
    return [number[:length] for length in range(min(len(number), MOST_DIGITS), 0, -1)]


def candidates(rates: Iterable[Rate], number: str, at: datetime) -> list[Rate]:
    """Those rates of a group whose prefix and dates fit, in the order in which they are asked: the
    longest prefix first, on one prefix those with a period first.
    """
    fitting = [one for one in rates if number.startswith(one.prefix) and one.is_dated(at)]
    return sorted(fitting, key=lambda one: (-len(one.prefix), one.period is None))


def applying(rates: Iterable[Rate], number: str, at: datetime, zone: ZoneInfo) -> Rate | None:
    """The rate that applies to a number at a moment; None: it is unrated, and may not be called."""
    local = at.astimezone(zone)
    for one in candidates(rates, number, at):
        if one.period is None or one.period.covers(local):
            return one
    return None


class Matcher:
    """The rates of one group, made ready for any number of questions.

    The numbers of the world are cut into intervals, each with the longest prefix that covers it; a
    prefix knows the next shorter one. Most prefixes have a single rate in effect all the time that
    is asked about, and answer at once.
    """

    def __init__(self, rates: Sequence[Rate], zone: ZoneInfo) -> None:
        self.rates = rates
        self._zone = zone
        prefixes = sorted({one.prefix for one in rates})
        self._places = {prefix: place for place, prefix in enumerate(prefixes)}
        self._bounds, self._owners, self._shorter = _cut(prefixes)
        is_small = len(self._bounds) < _FEW
        self._cells = None if is_small else _celled(self._bounds, self._owners)
        self._plain = _Dated(rates, self._places, [one.period is None for one in rates])
        self._timed = _Dated(rates, self._places, [one.period is not None for one in rates])
        self._only = self._plain.alone(self._timed)
        self._weeks = _Weeks(rates)
        self._since = micros_of(one.since for one in rates)
        self._until: _Ints = np.array([_until(one) for one in rates], dtype=np.int64)

    def match(self, numbers: Sequence[str], moments: Sequence[datetime] | _Ints) -> _Ints:
        """For each number the place of its rate among `rates`, or UNRATED; `moments` are those of
        the answers, as such or as microseconds since 1970. What is no number of 1 to 15 digits is
        unrated.
        """
        at = moments if isinstance(moments, np.ndarray) else micros_of(moments)
        return self.places(keys_of(numbers), at)

    def places(self, keys: _Ints, at: _Ints) -> _Ints:
        """Likewise, by the keys of the numbers."""
        found: _Ints = np.full(len(keys), UNRATED, dtype=np.int64)
        if self.rates:
            for first in range(0, len(keys), _CHUNK):
                part = slice(first, first + _CHUNK)
                self._match(keys[part], at[part], found[part])
        return found

    def _match(self, keys: _Ints, at: _Ints, found: _Ints) -> None:
        places = self._owned(keys)
        lone = np.where(places >= 0, self._only[places], UNRATED)
        is_sure = (lone >= 0) & (self._since[lone] <= at) & (at < self._until[lone])
        found[is_sure] = lone[is_sure]
        self._climb(np.flatnonzero(~is_sure & (places >= 0)), places, at, found)

    def _owned(self, keys: _Ints) -> _Ints:
        """The place of the longest prefix of each number."""
        cells = None if self._cells is None else self._cells[np.maximum(keys, 0) // _CELL]
        places = np.where(keys >= 0, _MIXED if cells is None else cells, -1)
        mixed = np.flatnonzero(places == _MIXED)
        within = np.searchsorted(self._bounds, keys[mixed], side="right") - 1
        places[mixed] = self._owners[within]
        return places

    def _climb(self, left: _Ints, places: _Ints, at: _Ints, found: _Ints) -> None:
        """Ask the prefix of each number that is left, then the next shorter one."""
        place, moment = places[left], at[left]
        minute = _local_minutes(moment, self._zone) if len(self._timed.rates) else moment
        while len(left):
            answer = self._timed.covering(place, moment, minute, self._weeks)
            rest = answer < 0
            answer[rest] = self._plain.newest(place[rest], moment[rest])
            found[left] = answer
            place = self._shorter[place]
            goes_on = (answer < 0) & (place >= 0)
            left, place = left[goes_on], place[goes_on]
            moment, minute = moment[goes_on], minute[goes_on]


class _Dated:
    """Some rates of a group in the order of their prefixes and of their beginnings."""

    def __init__(
        self, rates: Sequence[Rate], places: Mapping[str, int], is_wanted: Sequence[bool]
    ) -> None:
        rows = sorted(
            (places[one.prefix], _micros(one.since), at)
            for at, one in enumerate(rates)
            if is_wanted[at]
        )
        self.rates: _Ints = np.array([at for _place, _since, at in rows], dtype=np.int64)
        self._place: _Ints = np.array([place for place, _since, _at in rows], dtype=np.int64)
        self._since: _Ints = np.array([since for _place, since, _at in rows], dtype=np.int64)
        self._until: _Ints = np.array(
            [_until(rates[at]) for _place, _since, at in rows], dtype=np.int64
        )
        # Moments by their rank among all beginnings, so that a prefix and a moment are one figure.
        self._moments = np.unique(self._since)
        self._step = len(self._moments) + 1
        ranks = np.searchsorted(self._moments, self._since, side="right")
        self._key = self._place * self._step + ranks
        # Of each prefix: where its rates begin, and how many there are.
        self._count: _Ints = np.bincount(self._place, minlength=len(places))
        self._first: _Ints = np.cumsum(self._count) - self._count

    def alone(self, others: "_Dated") -> _Ints:
        """For each prefix its rate, where it has one only, and none among the others."""
        only = np.full(len(self._count), UNRATED, dtype=np.int64)
        only[self._place] = self.rates
        return np.where((self._count == 1) & (others._count == 0), only, UNRATED)

    def newest(self, place: _Ints, moment: _Ints) -> _Ints:
        """The rate of each prefix that is in effect at a moment; those without a period never meet,
        so that it is the last one that has begun.
        """
        found = np.full(len(place), UNRATED, dtype=np.int64)
        if len(self.rates):
            rank = np.searchsorted(self._moments, moment, side="right")
            last = np.searchsorted(self._key, place * self._step + rank, side="right") - 1
            fits = (last >= self._first[place]) & (moment < self._until[last])
            found[fits] = self.rates[last[fits]]
        return found

    def covering(self, place: _Ints, moment: _Ints, minute: _Ints, weeks: "_Weeks") -> _Ints:
        """The rate of each prefix whose dates and period cover a moment. There is one at most, and
        a prefix has few to ask.
        """
        found = np.full(len(place), UNRATED, dtype=np.int64)
        count = self._count[place]
        for step in range(int(count.max(initial=0))):
            asked = np.flatnonzero((found < 0) & (step < count))
            row = self._first[place[asked]] + step
            is_dated = (self._since[row] <= moment[asked]) & (moment[asked] < self._until[row])
            fits = is_dated & weeks.cover(self.rates[row], minute[asked])
            found[asked[fits]] = self.rates[row[fits]]
        return found


def micros_of(moments: Iterable[datetime]) -> _Ints:
    """Moments as microseconds since 1970."""
    return np.fromiter(map(_micros, moments), dtype=np.int64)


def figures_of(price: Price) -> tuple[int, int, int, int]:
    """A price in whole numbers: micro-units per minute and of the fee, and its blocks."""
    per_minute, fee = int(price.per_minute.scaleb(6)), int(price.connection_fee.scaleb(6))
    return per_minute, fee, price.first_block, price.increment


def amounts_of(figures: _Ints, seconds: Sequence[int] | _Ints) -> tuple[_Ints, _Ints]:
    """(billed seconds, amount in micro-units) of many calls, as `pricing.amount_of` says it of one:
    a row with the figures of each one's price, and its whole seconds.
    """
    per_minute, fee, first, step = figures.T
    spoken = np.asarray(seconds, dtype=np.int64)
    beyond = np.maximum(spoken - first, 0)
    billed = np.where(spoken > 0, first + -(-beyond // step) * step, 0)
    amount = np.where(billed > 0, (per_minute * billed + 30) // 60 + fee, 0)
    return billed, amount


def _micros(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _until(rate: Rate) -> int:
    return _NEVER if rate.until is None else _micros(rate.until)


def _pairs() -> list[_Ints]:
    """What each two letters of a number add to its key, by their place; far below zero for what
    stands in no number.
    """
    letters = np.arange(256, dtype=np.int64)
    digits = np.where((letters >= 48) & (letters <= 57), letters - 47, 0)
    is_end = letters == 0
    second, first = digits[:, np.newaxis], digits[np.newaxis, :]
    is_known = (first > 0) & ((second > 0) | is_end[:, np.newaxis])
    tables = []
    for at in range(0, _PLACES, 2):
        fits = is_known | ((at > 0) & is_end[np.newaxis, :] & is_end[:, np.newaxis])
        if at == _PLACES - 2:
            fits &= is_end[:, np.newaxis]
        value = (first * 11 + second) * _POWERS[at + 1]
        tables.append(np.where(fits, value, -(1 << 59)).ravel())
    return tables


_PAIRS = _pairs()


def keys_of(numbers: Sequence[str]) -> _Ints:
    """Each number as its digits to the base of eleven; below zero for what is none."""
    try:
        texts = np.array(numbers, dtype=f"S{_PLACES}")
    except UnicodeEncodeError:
        return keys_of([one if one.isascii() else "" for one in numbers])
    keys: _Ints = np.zeros(len(numbers), dtype=np.int64)
    pairs = texts.view("<u2").reshape(len(numbers), _PLACES // 2).T
    for table, pair in zip(_PAIRS, pairs, strict=True):
        keys += table[pair]
    return keys


def _celled(bounds: _Ints, owners: _Ints) -> _Ints:
    """For all numbers that begin with the same six digits: whose they are, or _MIXED."""
    numbers = bounds[bounds >= 0]
    begun = np.bincount(-(-numbers // _CELL), minlength=_CELLS + 1)[:_CELLS].cumsum()
    cells = owners[np.count_nonzero(bounds < 0) - 1 + begun]
    cells[numbers[numbers % _CELL > 0] // _CELL] = _MIXED
    return cells


def _cut(prefixes: Sequence[str]) -> tuple[_Ints, _Ints, _Ints]:
    """The intervals of all numbers: where each begins, and the place of the longest prefix that
    covers it; then, for each prefix, the place of the next shorter one. Places are those of
    `prefixes`, which stand in their order; -1 is none.
    """
    begins = keys_of(prefixes)
    bounds, owners = [-1], [-1]
    shorter: list[int] = []
    open_: list[tuple[int, int]] = []

    def owned_from(bound: int, owner: int) -> None:
        if bounds[-1] == bound:
            owners[-1] = owner
        else:
            bounds.append(bound)
            owners.append(owner)

    def closed_until(bound: int) -> None:
        while open_ and open_[-1][0] <= bound:
            end, _place = open_.pop()
            owned_from(end, open_[-1][1] if open_ else -1)

    for place, (prefix, begin) in enumerate(zip(prefixes, begins.tolist(), strict=True)):
        closed_until(begin)
        shorter.append(open_[-1][1] if open_ else -1)
        owned_from(begin, place)
        open_.append((begin + int(_POWERS[len(prefix) - 1]), place))
    closed_until(_NEVER)
    return (
        np.array(bounds, dtype=np.int64),
        np.array(owners, dtype=np.int64),
        np.array(shorter, dtype=np.int64),
    )


class _Weeks:
    """Which minutes of the week the rates of a group cover by their periods."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        known = {one.period: at for at, one in enumerate({r.period: r for r in rates}.values())}
        self._row: _Ints = np.array([known[one.period] for one in rates], dtype=np.int64)
        self._minutes = np.zeros((len(known), WEEK), dtype=np.bool_)
        for period, row in known.items():
            if period is not None:
                bits = np.frombuffer(period.minutes.to_bytes(-(-WEEK // 8), "little"), np.uint8)
                self._minutes[row] = np.unpackbits(bits, count=WEEK, bitorder="little")

    def cover(self, rates: _Ints, minute: _Ints) -> NDArray[np.bool_]:
        return self._minutes[self._row[rates], minute]


def _local_minutes(at: _Ints, zone: ZoneInfo) -> _Ints:
    """The minute of the week on the wall of a zone. Clocks are changed on quarters of an hour."""
    if not len(at):
        return at
    quarter = at // _QUARTER
    first, last = int(quarter.min()) // _BLOCK, int(quarter.max()) // _BLOCK
    if last - first < _MOST_BLOCKS:
        blocks = [_ahead(one, zone) for one in range(first, last + 1)]
        ahead = np.concatenate(blocks)[quarter - first * _BLOCK]
    else:
        known, where = np.unique(quarter // _BLOCK, return_inverse=True)
        blocks = [_ahead(one, zone) for one in known.tolist()]
        ahead = np.stack(blocks)[where, quarter % _BLOCK]
    return ((at + ahead) // _MINUTE + _EPOCH_MINUTE) % WEEK


@lru_cache(maxsize=1_000)
def _ahead(block: int, zone: ZoneInfo) -> _Ints:
    """How far a zone is ahead of UTC in each quarter of an hour of a block, in microseconds."""
    first = block * _BLOCK
    return np.array([_offset(one, zone) for one in range(first, first + _BLOCK)], dtype=np.int64)


def _offset(quarter: int, zone: ZoneInfo) -> int:
    # A block may begin before the calendar, or go on after it.
    quarter = min(max(quarter, _FIRST_QUARTER), _LAST_QUARTER)
    ahead = (EPOCH + timedelta(microseconds=quarter * _QUARTER)).astimezone(zone).utcoffset()
    return 0 if ahead is None else ahead // timedelta(microseconds=1)
