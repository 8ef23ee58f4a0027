"""Who pays for a leg, and at which rates: every account of the chain that stood above the caller
when the call was answered, each at the group it bought at then, or nobody (docs/domain.md 7). Plain
functions over what `billing.charging.queries.books` read.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.gateways.rewriting import rewritten
from accounts.numbers.digits import NotANumber
from accounts.numbers.reading import normalised
from billing.calls.reasons import Reason
from billing.calls.records import Record
from billing.charging.tariffs import Priced, Question, Tariff

_MOST_LEVELS = 64
_MOST_DIGITS = 15
# The leg of a Standard call, where its switch gives it a name at all.
_FIRST_LEGS = ("", "a", "1")


@dataclass(frozen=True, slots=True)
class Payer:
    """An account as far as charging has to know it."""

    pk: int
    account_id: str
    is_closed: bool
    is_flow: bool
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Equipment:
    """A gateway: whose it is, and what it makes of the numbers it sends in."""

    name: str
    account: int
    is_routing: bool
    rewrites: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account stood from a moment on: its agent and its rate group."""

    since: datetime
    agent: int | None
    group: int | None


@dataclass(frozen=True)
class Books:
    """What was read to charge a batch. Names are in lower case."""

    accounts: Mapping[str, int]
    payers: Mapping[int, Payer]
    phones: Mapping[str, int]
    gateways: Mapping[str, Equipment]
    places: Mapping[int, Sequence[Place]]

    def place(self, account: int, at: datetime, *, has_waited: bool = False) -> Place:
        """Where it stood at a moment; for one of before it was there, where it stood first. Where
        it had no rate group, a leg that `has_waited` is charged at the first one it got since.
        """
        known = self.places[account]
        if len(known) == 1:
            return known[0]
        index = max(bisect_right(known, at, key=lambda one: one.since) - 1, 0)
        place = known[index]
        if has_waited and place.group is None:
            groups = (one.group for one in known[index:] if one.group is not None)
            return replace(place, group=next(groups, None))
        return place

    def chain(
        self, account: int, at: datetime, *, has_waited: bool = False
    ) -> list[tuple[int, Place]]:
        """The account and every one above it at a moment, the root last."""
        found: list[tuple[int, Place]] = []
        current: int | None = account
        while current is not None and len(found) < _MOST_LEVELS:
            place = self.place(current, at, has_waited=has_waited)
            found.append((current, place))
            current = place.agent
        return found


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a leg cannot be charged, and at which account of its chain."""

    reason: Reason
    level: int | None = None
    detail: str = ""


@dataclass(slots=True)
class Case:
    """A leg on its way to its charges. `assigned`: somebody said whose it is."""

    record: Record
    is_rewritten: bool = False
    assigned: str = ""
    reads_corrections: bool = False
    # What is found out, in this order.
    account: int | None = None
    number: str = ""
    chain: list[tuple[int, Place]] = field(default_factory=list)
    charges: list[Priced | None] = field(default_factory=list)
    carrier: int | None = None
    carrier_place: Place | None = None
    cost: Priced | None = None
    wait: Wait | None = None
    cost_wait: Wait | None = None

    @property
    def is_paid(self) -> bool:
        """Whether there is anything to charge: it was answered, and not for zero seconds."""
        return self.record.seconds > 0

    @property
    def at(self) -> datetime:
        return self.record.at

    @property
    def question(self) -> Question:
        return Question(self.number, self.at, self.record.seconds, self.reads_corrections)


def decide(cases: Iterable[Case], books: Books, tariff: Callable[[int], Tariff | None]) -> None:
    """Find out of each leg who pays what, or why it has to wait. `tariff` gives the rates of a
    group; None where that group is there no more.
    """
    open_ = [one for one in cases if one.wait is None]
    for one in open_:
        one.wait = _placed(one, books)
        _find_carrier(one, books)
    _charge([one for one in open_ if one.wait is None and one.is_paid], tariff)
    _cost([one for one in open_ if one.wait is None and one.is_paid], tariff)


def account_named(case: Case, books: Books) -> int | None:
    """Whose a record is that waits whatever it names; None where that is not known."""
    named = _named(case, books)
    return None if isinstance(named, Wait) else named


def cost_again(cases: Sequence[Case], books: Books, tariff: Callable[[int], Tariff | None]) -> None:
    """The carrier's cost of legs that were charged before; `number` is known."""
    for one in cases:
        _find_carrier(one, books)
    _cost(cases, tariff)


def rate_again(cases: Sequence[Case], books: Books, tariff: Callable[[int], Tariff | None]) -> None:
    """The charges that legs would have by what is known today. `account`, `number` and `carrier`
    are what they were.
    """
    for one in cases:
        if one.account is not None:
            one.chain = books.chain(one.account, one.at, has_waited=True)
        if one.carrier is not None:
            one.carrier_place = books.place(one.carrier, one.at, has_waited=True)
    _charge(cases, tariff)
    _cost(cases, tariff)


def _placed(case: Case, books: Books) -> Wait | None:
    named = _named(case, books)
    if isinstance(named, Wait):
        return named
    case.account = named
    case.chain = books.chain(named, case.at, has_waited=case.reads_corrections)
    number = _number(case, books)
    case.number = number or ""
    if not case.is_paid:
        return None
    payer = books.payers[named]
    if payer.is_closed:
        return Wait(Reason.CLOSED, named)
    if not payer.is_flow and case.record.leg.lower() not in _FIRST_LEGS:
        return Wait(Reason.TWO_LEGS, named, case.record.leg)
    if payer.is_flow and not case.record.session:
        return Wait(Reason.NO_SESSION, named)
    if number is None:
        return Wait(Reason.NO_NUMBER, named, case.record.callee_out or case.record.callee)
    return None


def _named(case: Case, books: Books) -> int | Wait:
    """The account that a record names in up to three ways."""
    record = case.record
    if case.assigned:
        found = books.accounts.get(case.assigned.lower())
        return Wait(Reason.NOBODY, detail=case.assigned) if found is None else found
    named: dict[int, str] = {}
    unknown = ""
    for text, pk in (
        (record.account, books.accounts.get(record.account.lower())),
        (record.phone, books.phones.get(record.phone.lower())),
        (record.gateway, _mapping(record.gateway, books)),
    ):
        if not text:
            continue
        if pk is None:
            unknown = unknown or text
        else:
            named.setdefault(pk, text)
    if unknown or not named:
        return Wait(Reason.NOBODY, detail=unknown)
    if len(named) > 1:
        return Wait(Reason.SEVERAL, detail=", ".join(named.values()))
    return next(iter(named))


def _mapping(name: str, books: Books) -> int | None:
    found = books.gateways.get(name.lower()) if name else None
    return None if found is None or found.is_routing else found.account


def _number(case: Case, books: Books) -> str | None:
    """The number that counts: as dialled, after the rewriting of the gateway it came in by."""
    record = case.record
    text = record.callee_out or record.callee
    if not (record.callee_out or case.is_rewritten) and record.gateway:
        gateway = books.gateways.get(record.gateway.lower())
        if gateway is not None and gateway.rewrites:
            text = rewritten(text, gateway.rewrites)
    if text.isascii() and text.isdigit() and not text.startswith("00"):
        return text if len(text) <= _MOST_DIGITS else None
    try:
        return normalised(text)
    except NotANumber:
        return None


def _find_carrier(case: Case, books: Books) -> None:
    name = case.record.routing_gateway
    if not name:
        return
    gateway = books.gateways.get(name.lower())
    if gateway is None or not gateway.is_routing:
        if case.is_paid:
            case.cost_wait = Wait(Reason.NO_CARRIER, detail=name)
        return
    case.carrier = gateway.account
    case.carrier_place = books.place(gateway.account, case.at, has_waited=case.reads_corrections)


def _charge(cases: Sequence[Case], tariff: Callable[[int], Tariff | None]) -> None:
    """Price every level of each leg, group by group."""
    asked: dict[int, list[tuple[Case, int]]] = {}
    for case in cases:
        case.charges = [None] * len(case.chain)
        for level, (_account, place) in enumerate(case.chain):
            if place.group is not None:
                asked.setdefault(place.group, []).append((case, level))
    for group, some in asked.items():
        for (case, level), price in zip(
            some, _prices(group, tariff, [c for c, _l in some]), strict=True
        ):
            case.charges[level] = price
    for case in cases:
        if None in case.charges:
            case.wait = _first_missing(case)


def _prices(
    group: int, tariff: Callable[[int], Tariff | None], cases: Sequence[Case]
) -> Sequence[Priced | None]:
    rates = tariff(group)
    return rates.price([one.question for one in cases]) if rates else [None] * len(cases)


def _first_missing(case: Case) -> Wait:
    """The level nearest to the caller that lacks a group or a rate."""
    level = case.charges.index(None)
    account, place = case.chain[level]
    if place.group is None:
        return Wait(Reason.NO_GROUP, account)
    return Wait(Reason.NO_RATE, account, case.number)


def _cost(cases: Sequence[Case], tariff: Callable[[int], Tariff | None]) -> None:
    asked: dict[int, list[Case]] = {}
    for case in cases:
        if case.wait is not None or case.carrier is None or case.carrier_place is None:
            continue
        if case.carrier_place.group is None:
            case.cost_wait = Wait(Reason.NO_GROUP, case.carrier)
        else:
            asked.setdefault(case.carrier_place.group, []).append(case)
    for group, some in asked.items():
        for case, price in zip(some, _prices(group, tariff, some), strict=True):
            case.cost = price
            if price is None:
                case.cost_wait = Wait(Reason.NO_RATE, case.carrier, case.number)
