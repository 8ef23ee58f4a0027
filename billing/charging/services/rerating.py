"""Re-rating: what legs would cost by what is known today (corrections, prices that were missing)
against what they were charged. Nothing is edited: charges that differ are taken back by charges of
their own, and new ones stand beside them (docs/domain.md 7).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from billing.calls.models import Leg
from billing.calls.reasons import Reason
from billing.calls.records import Record
from billing.charging.deciding import Books, Case, Wait, rate_again
from billing.charging.models import Charge
from billing.charging.queries.archive import archived_within
from billing.charging.queries.books import Tariffs, books, with_former_zones
from billing.charging.queries.legs import Wanted, legs_after, standing_charges
from billing.charging.services.adding import totals_added
from billing.charging.services.authorized import authorized_of
from billing.charging.services.charges import Batch, ChargeLine, posted
from billing.charging.tariffs import Priced, Terms
from billing.charging.totals import Line
from billing.money import to_micros
from billing.rates.pricing import Price
from billing.rates.rating import Rate

# Legs of one part: while it is posted, no batch of calls is charged.
MOST = 2_000


@dataclass
class Differences:
    """What re-rating changes: by account in micro-units (above zero: it pays more), and how many
    legs. `unrated`: something of them cannot be rated today and stays as it is.
    """

    by_account: Counter[int] = field(default_factory=Counter)
    legs: int = 0
    looked_at: int = 0
    unrated: int = 0


@dataclass(slots=True)
class Change:
    """What a leg costs one account, before and after, in micro-units."""

    leg: int
    account: int
    level: int
    is_cost: bool
    is_root: bool
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """A leg that stays as it is, or only the cost of it, and why."""

    leg: int
    is_cost: bool
    wait: Wait


@dataclass
class Compared:
    """A part of the legs, up to the one with the key `last`, and what is different."""

    last: int
    looked_at: int = 0
    legs: int = 0
    changes: list[Change] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    lines: list[ChargeLine] = field(default_factory=list)
    totals: list[tuple[int, list[Line]]] = field(default_factory=list)
    gateways: list[tuple[str, datetime, str, tuple[int, int, int, int, int], int]] = field(
        default_factory=list
    )

    @property
    def digest(self) -> str:
        """Of everything that would be posted."""
        found = sha256()
        for one in self.lines:
            price, terms, rate = one.price, one.price.terms, one.price.terms.rate
            said = (
                one.leg, one.at.isoformat(), one.account, one.agent, one.root, one.level,
                one.is_cost, one.reverses, terms.group, rate.key, terms.correction, rate.prefix,
                rate.destination, rate.is_locked, terms.price, terms.fee,
                price.billed, price.amount,
            )  # fmt: skip
            found.update(repr(said).encode())
        return found.hexdigest()


def check_kept(wanted: Wanted) -> None:
    """Raise Refused where calls of that time are archived: of those nothing can be rated anew."""
    archived = archived_within(wanted.begin, wanted.end)
    if archived:
        words = _(
            "Calls of %(months)s are archived. They cost what they did, until somebody brings"
            " them back (docs/scale.md)."
        ) % {"months": ", ".join(map(str, archived))}
        raise Refused(words, code="archived", field="since")


def rerate_preview(wanted: Wanted, tariffs: Tariffs) -> Differences:
    """What re-rating these legs would change. Raises Refused where some are archived."""
    check_kept(wanted)
    total, after = Differences(), 0
    while (found := compared(wanted, after, tariffs)).looked_at:
        after = found.last
        total.looked_at += found.looked_at
        total.legs += found.legs
        total.unrated += len({one.leg for one in found.left})
        for one in found.changes:
            total.by_account[one.account] += one.after - one.before
    return total


def compared(wanted: Wanted, after: int, tariffs: Tariffs, *, until: int | None = None) -> Compared:
    """The next of these legs behind the key `after`, none behind `until`, against what they were
    charged. With nothing left to look at it says so.
    """
    tariffs.begin()
    legs = legs_after(wanted, after, MOST, until)
    found = Compared(legs[-1].pk if legs else after, len(legs))
    if not legs:
        return found
    charged = standing_charges([one.pk for one in legs])
    costs = {pk: one for pk, some in charged.items() for one in some if one.is_cost}
    cases = [_case(one, costs.get(one.pk)) for one in legs]
    for leg, case in zip(legs, cases, strict=True):
        case.authorized = authorized_of(leg, charged.get(leg.pk, ()))
    known = with_former_zones(books(cases, accounts=_concerned(cases)))
    rate_again(cases, known, tariffs.get)
    for leg, case in zip(legs, cases, strict=True):
        if case.wait is not None:
            found.left.append(Left(leg.pk, False, case.wait))
        else:
            _compare(found, leg, case, charged.get(leg.pk, ()), known)
    return found


def charge_anew(found: Compared, rerating: int) -> None:
    """Post what was found out, in the transaction of the caller, who has kept other batches away
    since before it was.
    """
    batch = Batch(timezone.now())
    for line in found.lines:
        batch.charge(*line, rerating=rerating)
    for sign, lines in found.totals:
        batch.totals.add(lines, sign)
    for change in found.gateways:
        batch.totals.add_gateway(*change)
    if found.lines:
        totals_added(batch.totals)
        posted(batch, batch.lines.lines())


def _concerned(cases: Iterable[Case]) -> set[int]:
    return {pk for one in cases for pk in (one.account, one.carrier) if pk is not None}


def _case(leg: Leg, cost: Charge | None) -> Case:
    """The leg; the carrier whose `cost` was charged, and its gateway, may have been told since."""
    out = (cost and cost.gateway) or leg.routing_gateway
    record = Record(
        leg.call_id, leg.leg, leg.session, "", "", leg.gateway, leg.caller, leg.callee, "",
        out, leg.setup, leg.answer, leg.end, leg.duration, leg.cause,
    )  # fmt: skip
    return Case(
        record,
        reads_corrections=True,
        account=leg.account_id,
        number=leg.number,
        carrier=cost.account_id if cost else leg.carrier_id,
    )


def _compare(
    found: Compared, leg: Leg, case: Case, charged: Collection[Charge], known: Books
) -> None:
    """The charges of a leg that differ, taken back and made anew."""
    before = {(one.is_cost, one.level): one for one in charged}
    after = {(one.is_cost, one.level): one for one in _lines(leg, case, before)}
    owed = to_micros(before[True, 0].amount) if (True, 0) in before else 0
    if (True, 0) not in after:
        # Its cost was never charged, or has no rate today: it waits, or stays, by itself.
        if before.pop((True, 0), None) is not None and case.cost_wait is not None:
            found.left.append(Left(leg.pk, True, case.cost_wait))
    elif (True, 0) not in before:
        after.pop((True, 0))
    changed = [
        key for key in sorted({*before, *after})
        if _signature(before.get(key)) != _signature_of(after.get(key))
    ]  # fmt: skip
    lines: list[ChargeLine] = []
    for key in changed:
        old, new = before.get(key), after.get(key)
        lines += [line for line in (_reversing(leg, old) if old else None, new) if line]
    # The money of an account that is closed was settled.
    closed = [one for one in lines if known.payers[one.account].is_closed]
    if closed:
        wait = Wait(Reason.CLOSED, closed[0].account)
        found.left.append(Left(leg.pk, all(one.is_cost for one in lines), wait))
        return
    found.legs += bool(changed)
    found.lines += lines
    found.changes += _changes(lines)
    if changed:
        back = {key: _reversing(leg, one) for key, one in before.items()}
        _count_anew(found, leg, back, owed, known)
        cost = after.get((True, 0))
        # A cost that is not rated anew stays with whoever is the root.
        is_now = cost.price.amount if cost else owed
        _count_anew(found, leg, after, is_now, known)
    out = case.record.routing_gateway
    for line in lines:
        name = out if line.is_cost else leg.gateway
        gateway = known.gateways.get(name.lower()) if name else None
        if gateway is not None and line.level == 0:
            sums = (0, 0, 0, line.sign * line.price.billed, line.sign * line.price.amount)
            found.gateways.append((gateway.name, leg.setup, leg.cause, sums, 0))
        carrier = known.gateways.get(out.lower()) if out else None
        if carrier is not None and line.account == line.root and not line.is_cost:
            sold = line.sign * line.price.amount
            found.gateways.append((carrier.name, leg.setup, leg.cause, (0, 0, 0, 0, 0), sold))


def _count_anew(
    found: Compared,
    leg: Leg,
    lines: Mapping[tuple[bool, int], ChargeLine],
    owed: int,
    known: Books,
) -> None:
    """The totals of a leg at every level: what an agent pays stands with those below it too, and
    what the carrier is `owed` (micro-units) with the root.
    """
    for (is_cost, level), line in lines.items():
        above = lines.get((False, level + 1))
        bought = above.price.amount if above else owed
        if is_cost:
            bought = 0
        found.totals.append((line.sign, [_total(leg, line, bought, known)]))


def _changes(lines: Iterable[ChargeLine]) -> Iterable[Change]:
    """What lines of one leg come to, for each account."""
    found: dict[tuple[int, int, bool], Change] = {}
    for one in lines:
        key = (one.account, one.level, one.is_cost)
        is_root = one.account == one.root and not one.is_cost
        change = found.setdefault(key, Change(one.leg, *key, is_root))
        if one.reverses is None:
            change.after += one.price.amount
        else:
            change.before += one.price.amount
    return found.values()


def _lines(leg: Leg, case: Case, before: Mapping[tuple[bool, int], Charge]) -> Iterator[ChargeLine]:
    root = case.chain[-1][0]
    for level, ((account, place), price) in enumerate(zip(case.chain, case.charges, strict=True)):
        if price is not None:
            yield ChargeLine(
                leg.pk, leg.setup, case.at, account, place.agent, root, level, False, price
            )  # fmt: skip
    if case.cost is not None and case.carrier is not None:
        carrier, cost = case.carrier, case.cost
        gateway = before[True, 0].gateway if (True, 0) in before else None
        yield ChargeLine(
            leg.pk, leg.setup, case.at, carrier, None, carrier, 0, True, cost, None, gateway
        )


def _reversing(leg: Leg, one: Charge) -> ChargeLine:
    rate = Rate(
        one.rate_id, one.prefix, Price(one.price, one.connection_fee), one.at,
        is_locked=one.was_locked, destination=one.destination,
    )  # fmt: skip
    price, fee = to_micros(one.price), to_micros(one.connection_fee)
    terms = Terms(one.group_id, rate, price, fee, one.correction_id)
    priced = Priced(terms, one.billed, to_micros(one.amount))
    return ChargeLine(
        leg.pk, one.setup, one.at, one.account_id, one.agent_id, one.root_id, one.level,
        one.is_cost, priced, one.pk, one.gateway,
    )  # fmt: skip


def _total(leg: Leg, line: ChargeLine, bought: int, known: Books) -> Line:
    return Line(
        line.account,
        line.agent or 0,
        line.root,
        line.level == 0,
        line.is_cost,
        # Taken back from the day that has it, and counted there anew.
        known.zone(line.account, leg.charged_at),
        leg.setup,
        leg.answer is not None,
        leg.duration,
        line.price.terms.rate.destination,
        line.price.billed,
        line.price.amount,
        bought,
    )


def _signature(one: Charge | None) -> Sequence[object]:
    if one is None:
        return ()
    return (
        one.account_id, one.agent_id, one.group_id, one.rate_id, one.correction_id, one.billed,
        to_micros(one.price), to_micros(one.connection_fee), to_micros(one.amount),
    )  # fmt: skip


def _signature_of(one: ChargeLine | None) -> Sequence[object]:
    if one is None:
        return ()
    price, terms = one.price, one.price.terms
    return (
        one.account, one.agent, terms.group, terms.rate.key, terms.correction, price.billed,
        terms.price, terms.fee, price.amount,
    )  # fmt: skip
