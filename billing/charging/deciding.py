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
from billing.charging.tariffs import Asked, Priced, Questions, Tariff, Terms, priced
from billing.rates.pricing import billed_seconds, micros_of
from billing.rates.rating import Rate, figures_of

_MOST_LEVELS = 64
_MOST_DIGITS = 15
# A switch may be so many seconds late to end a call whose time is up.
_TOO_LATE = 3
# What stands against a leg whose payers and number are known.
_HELD_FOR = (Reason.CLOSED, Reason.TWO_LEGS, Reason.NO_SESSION)
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
    # Those that calls were let through at, by key.
    rates: Mapping[int, Rate] = field(default_factory=dict)
    # Time zones that accounts had, each with the moment until which, the first one first; read for
    # legs that were counted before.
    former_zones: Mapping[int, Sequence[tuple[datetime, ZoneInfo]]] = field(default_factory=dict)
    # The chains of accounts that stood where they stand since they were made, as all above did.
    _fixed: dict[int, "Chain"] = field(default_factory=dict)
    _terms: dict[tuple[int, int], Terms] = field(default_factory=dict)

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

    def zone(self, account: int, at: datetime) -> ZoneInfo:
        """By whose clocks the day is cut of what was counted at a moment."""
        former = (zone for until, zone in self.former_zones.get(account, ()) if at < until)
        return next(former, self.payers[account].zone)

    def chain(self, account: int, at: datetime, *, has_waited: bool = False) -> "Chain":
        """The account and every one above it at a moment, the root last."""
        fixed = self._fixed.get(account)
        if fixed is not None:
            return fixed
        found: list[tuple[int, Place]] = []
        current: int | None = account
        while current is not None and len(found) < _MOST_LEVELS:
            place = self.place(current, at, has_waited=has_waited)
            found.append((current, place))
            current = place.agent
        if all(len(self.places[pk]) == 1 for pk, _place in found):
            self._fixed[account] = found
        return found

    def terms(self, group: int, rate: Rate) -> Terms:
        """Those of a call that was let through at one of the `rates`."""
        found = self._terms.get((group, rate.key))
        if found is None:
            price, fee = figures_of(rate.price)[:2]
            found = self._terms[group, rate.key] = Terms(group, rate, price, fee)
        return found


Chain = Sequence[tuple[int, Place]]


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a leg cannot be charged, and at which account of its chain."""

    reason: Reason
    level: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Authorized:
    """What counts of a call that was let through: who pays, at which groups and rates (by key, one
    a level), for which number, and how many seconds were granted in all.
    """

    at: datetime
    number: str
    granted: int
    chain: Chain
    rates: Sequence[int]

    def paid(self, seconds: int) -> int:
        """What of these seconds is billed to the chain: a switch that ended the call late when its
        time was up is no reason to pay more.
        """
        is_late = self.granted < seconds <= self.granted + _TOO_LATE
        return self.granted if is_late else seconds


@dataclass(slots=True)
class Case:
    """A leg on its way to its charges. `assigned`: somebody said whose it is."""

    record: Record
    is_rewritten: bool = False
    assigned: str = ""
    reads_corrections: bool = False
    authorized: Authorized | None = None
    # The running call that it ends.
    call: int | None = None
    # What is found out, in this order.
    account: int | None = None
    number: str = ""
    chain: Chain = ()
    charges: list[Priced | None] = field(default_factory=list)
    carrier: int | None = None
    carrier_place: Place | None = None
    cost: Priced | None = None
    wait: Wait | None = None
    cost_wait: Wait | None = None
    # Of the record: the moment that counts, whole seconds, and whether they are to be paid: it was
    # answered, and not for zero seconds.
    at: datetime = field(init=False)
    seconds: int = field(init=False)
    is_paid: bool = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.record.at
        self.seconds = self.record.seconds
        self.is_paid = self.seconds > 0


def decide(cases: Iterable[Case], books: Books, tariff: Callable[[int], Tariff | None]) -> None:
    """Find out of each leg who pays what, or why it has to wait. `tariff` gives the rates of a
    group; None where that group is there no more.
    """
    open_ = [one for one in cases if one.wait is None]
    for one in open_:
        one.wait = _placed(one, books)
        _find_carrier(one, books)
    _charge([one for one in open_ if _is_priced(one) and one.is_paid], books, tariff)
    _cost([one for one in open_ if one.wait is None and one.is_paid], tariff)


def _is_priced(case: Case) -> bool:
    """Whether what a leg costs is asked: it is to be charged, or waits at a known account for a
    number, and holds its price meanwhile.
    """
    if case.wait is None:
        return True
    return case.wait.reason in _HELD_FOR and bool(case.number) and case.authorized is None


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
        if one.authorized is not None:
            one.chain = one.authorized.chain
        elif one.account is not None:
            one.chain = books.chain(one.account, one.at, has_waited=True)
        if one.carrier is not None:
            one.carrier_place = books.place(one.carrier, one.at, has_waited=True)
    _charge(cases, books, tariff)
    _cost(cases, tariff)


def _placed(case: Case, books: Books) -> Wait | None:
    if case.assigned:
        # Somebody said that it was another's.
        case.authorized = None
    named: int | Wait
    number: str | None
    if case.authorized is not None:
        case.chain = case.authorized.chain
        named, number = case.chain[0][0], case.authorized.number
    else:
        named = _named(case, books)
        if isinstance(named, Wait):
            return named
        case.chain = books.chain(named, case.at, has_waited=case.reads_corrections)
        number = _number(case, books)
    case.account = named
    case.number = number or ""
    if not case.is_paid:
        return None
    closed = next((pk for pk, _place in case.chain if books.payers[pk].is_closed), None)
    if closed is not None:
        return Wait(Reason.CLOSED, closed)
    payer = books.payers[named]
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
    if record.account and not (record.phone or record.gateway):
        found = books.accounts.get(record.account.lower())
        return Wait(Reason.NOBODY, detail=record.account) if found is None else found
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
    if case.is_paid and books.payers[gateway.account].is_closed:
        case.cost_wait = Wait(Reason.CLOSED, gateway.account)


def _charge(cases: Sequence[Case], books: Books, tariff: Callable[[int], Tariff | None]) -> None:
    """Price every level of each leg; those that were let through at the rates of then."""
    open_ = [one for one in cases if one.authorized is None]
    groups: dict[int, Sequence[int]] = {}
    asked: list[Sequence[int]] = []
    for case in open_:
        levels = groups.get(id(case.chain))
        if levels is None:
            levels = groups[id(case.chain)] = [place.group or 0 for _account, place in case.chain]
        asked.append(levels)
    for case, charges in zip(open_, priced(asked, Questions(open_), tariff), strict=True):
        case.charges = charges
    for case in cases:
        if case.authorized is not None:
            case.charges = _as_authorized(case, case.authorized, books, tariff)
        if None in case.charges and case.wait is None:
            case.wait = _first_missing(case)


def _as_authorized(
    case: Case, given: Authorized, books: Books, tariff: Callable[[int], Tariff | None]
) -> list[Priced | None]:
    seconds = given.paid(case.seconds)
    asked = Asked(case.number, case.at, seconds, case.reads_corrections)
    found: list[Priced | None] = []
    for (_account, place), key in zip(given.chain, given.rates, strict=True):
        rate, group = books.rates.get(key), place.group
        if rate is None or group is None:
            found.append(None)
            continue
        blocks = rate.price.first_block, rate.price.increment
        terms = books.terms(group, rate)
        price = Priced(
            terms,
            billed_seconds(seconds, *blocks),
            micros_of(terms.price, terms.fee, *blocks, seconds),
        )
        rates = tariff(group) if case.reads_corrections else None
        found.append(rates.corrected(asked, price) if rates else price)
    return found


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
        if case.wait is not None or case.cost_wait is not None:
            continue
        if case.carrier is None or case.carrier_place is None:
            continue
        if case.carrier_place.group is None:
            case.cost_wait = Wait(Reason.NO_GROUP, case.carrier)
        else:
            asked.setdefault(case.carrier_place.group, []).append(case)
    for group, some in asked.items():
        prices = priced([(group,)] * len(some), Questions(some), tariff)
        for case, (price,) in zip(some, prices, strict=True):
            case.cost = price
            if price is None:
                case.cost_wait = Wait(Reason.NO_RATE, case.carrier, case.number)
