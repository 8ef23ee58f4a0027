"""Which of the gateways that carry a number a call may go out by, and in which order: plain
functions over what was read (docs/domain.md 7). No database.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

from billing.carriers.mapping import Rules
from billing.money import to_micros
from billing.rates.pricing import Price, micros_of

# A switch tries so many at most.
MOST = 8
_MINUTE = 60
_ALL = 2**64


class Skip(StrEnum):
    """Why a gateway that carries the number is not tried, in the order in which it is asked."""

    LOCKED = "locked"
    CARRIER_STOPPED = "carrier_stopped"
    NO_ADDRESS = "no_address"
    MAPPED = "mapped"
    FULL = "full"
    NO_MONEY = "no_money"
    RATE_LOCKED = "rate_locked"
    UNPRICED = "unpriced"
    AT_A_LOSS = "at_a_loss"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class Way:
    """A gateway that carries the number. `left` is what its clearing account has (None: without
    end), in micro-units; `price` that of its rate group, None where it has none.
    """

    gateway: int
    name: str
    carrier: int
    priority: int
    weight: int
    prefix: str = ""
    is_locked: bool = False
    is_stopped: bool = False
    has_address: bool = True
    calls: int = 0
    room: int = 0
    left: int | None = None
    price: Price | None = None
    is_price_locked: bool = False


@dataclass(frozen=True, slots=True)
class Considered:
    """What became of it; `by` is the account whose rule keeps the call from it."""

    way: Way
    skip: Skip | None = None
    by: int | None = None


def in_order(
    ways: Iterable[Way], rules: Rules, paid: Price | None, call_id: str
) -> list[Considered]:
    """Those that are tried, in their order, then the others with the reason. `paid` is what the
    root pays for the number.
    """
    found = [_considered(one, rules, paid) for one in ways]
    taken = sorted((one for one in found if one.skip is None), key=_key(call_id))
    beyond = [replace(one, skip=Skip.BEYOND) for one in taken[MOST:]]
    skipped = sorted(
        (one for one in found if one.skip is not None),
        key=lambda one: (one.way.priority, one.way.name),
    )
    return [*taken[:MOST], *beyond, *skipped]


def _considered(way: Way, rules: Rules, paid: Price | None) -> Considered:
    refusing = rules.refusing(way.carrier, way.gateway)
    found = (skip for skip, is_so in _asked(way, refusing is not None) if is_so)
    skip = next(found, None)
    if skip is Skip.MAPPED and refusing is not None:
        return Considered(way, skip, refusing.account)
    if skip is None and rules.is_guarded and rules.guarding is not None:
        by = rules.guarding.account
        if way.price is None or paid is None:
            return Considered(way, Skip.UNPRICED, by)
        if is_at_a_loss(way.price, paid):
            return Considered(way, Skip.AT_A_LOSS, by)
    return Considered(way, skip)


def _asked(way: Way, is_refused: bool) -> Sequence[tuple[Skip, bool]]:
    return (
        (Skip.LOCKED, way.is_locked),
        (Skip.CARRIER_STOPPED, way.is_stopped),
        (Skip.NO_ADDRESS, not way.has_address),
        (Skip.MAPPED, is_refused),
        (Skip.FULL, way.calls >= way.room),
        (Skip.NO_MONEY, way.left is not None and way.left <= 0),
        (Skip.RATE_LOCKED, way.is_price_locked),
    )


def minute_of(price: Price) -> int:
    """What a call of one minute costs, blocks and fee included, in micro-units."""
    per_minute, fee = to_micros(price.per_minute), to_micros(price.connection_fee)
    return micros_of(per_minute, fee, price.first_block, price.increment, _MINUTE)


def is_at_a_loss(cost: Price, paid: Price) -> bool:
    """Whether a call costs more than is paid for it: its first minute, or each further one."""
    return minute_of(cost) > minute_of(paid) or cost.per_minute > paid.per_minute


def _key(call_id: str) -> Callable[[Considered], tuple[int, bool, int, float, str]]:
    """Priority, then cost (unknown ones last), then chance by weight: the same for the same call,
    however often it is asked about.
    """

    def key(one: Considered) -> tuple[int, bool, int, float, str]:
        way = one.way
        cost = 0 if way.price is None else minute_of(way.price)
        turn = _waits(call_id, way.name) / way.weight
        return way.priority, way.price is None, cost, turn, way.name

    return key


def _waits(call_id: str, name: str) -> float:
    """How long a gateway of weight 1 waits for its turn: the shortest wait is first, so that each
    of several is first as often as its share of the weights says.
    """
    digest = blake2b(f"{call_id}\0{name}".encode(), digest_size=8).digest()
    return -math.log((int.from_bytes(digest) + 0.5) / _ALL)
