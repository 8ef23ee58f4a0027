"""Re-rating: what legs would cost by what is known today (corrections, prices that were missing)
against what they were charged. Nothing is edited: charges that differ are taken back by charges of
their own, and new ones stand beside them (docs/domain.md 7).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor
from accounts.core.record import record
from billing.calls.models import Leg
from billing.calls.records import Record
from billing.charging.deciding import Books, Case, Priced, rate_again
from billing.charging.models import Charge
from billing.charging.queries.books import Tariffs, books
from billing.charging.queries.legs import Wanted, legs_after, standing_charges
from billing.charging.services.adding import totals_added
from billing.charging.services.writing import Batch, ChargeLine, posted
from billing.charging.totals import Line
from billing.money import from_micros, plain, to_micros
from billing.rates.pricing import Price
from billing.rates.rating import Rate
from billing.wallets.rules import required_reason
from billing.wallets.services.standing import hold_charging

# Legs of one part.
MOST = 5_000


@dataclass
class Differences:
    """What re-rating changes: by account in micro-units (above zero: it pays more), and how many
    legs. `unrated`: they lack a rate or a group today and stay as they are.
    """

    by_account: Counter[int] = field(default_factory=Counter)
    legs: int = 0
    looked_at: int = 0
    unrated: int = 0
    # The last leg that was looked at.
    last: int = 0

    def add(self, other: "Differences") -> None:
        """What a further part changes."""
        for pk, amount in other.by_account.items():
            self.by_account[pk] += amount
        self.legs += other.legs
        self.looked_at += other.looked_at
        self.unrated += other.unrated
        self.last = other.last


def rerate_preview(wanted: Wanted, tariffs: Tariffs) -> Differences:
    """What `rerate_part` would change, part after part."""
    total = Differences()
    while (found := _compared(wanted, total.last, tariffs)).part.looked_at:
        total.add(found.part)
    return total


def rerate_part(wanted: Wanted, after: int, tariffs: Tariffs) -> Differences:
    """Charge the next legs behind `after` anew, in the transaction of the caller. With nothing left
    to look at it says so.
    """
    with transaction.atomic():
        hold_charging()
        found = _compared(wanted, after, tariffs)
        batch = Batch(timezone.now(), charges=found.lines)
        for sign, lines in found.totals:
            batch.totals.add(lines, sign)
        for change in found.gateways:
            batch.totals.add_gateway(*change)
        if batch.charges:
            totals_added(batch.totals)
            posted(batch)
        return found.part


def rerate_all(
    wanted: Wanted, tariffs: Tariffs, *, reason: str, actor: Actor = SYSTEM
) -> Differences:
    """Charge all of these legs anew, part after part, each in a transaction of its own; a second
    run finds nothing to change. Raises Refused without a reason.
    """
    text = required_reason(reason)
    total = Differences()
    while (part := rerate_part(wanted, total.last, tariffs)).looked_at:
        total.add(part)
    record(
        actor=actor,
        action="calls.rerate",
        account=None,
        after={
            "since": wanted.begin,
            "until": wanted.end,
            "legs": total.legs,
            "difference": plain(from_micros(sum(total.by_account.values()))),
        },
        reason=text,
    )
    return total


@dataclass
class _Compared:
    part: Differences
    lines: list[ChargeLine] = field(default_factory=list)
    totals: list[tuple[int, list[Line]]] = field(default_factory=list)
    gateways: list[tuple[str, datetime, str, tuple[int, int, int, int, int]]] = field(
        default_factory=list
    )


def _compared(wanted: Wanted, after: int, tariffs: Tariffs) -> _Compared:
    tariffs.begin()
    legs = legs_after(wanted, after, MOST)
    found = _Compared(Differences(looked_at=len(legs), last=legs[-1].pk if legs else after))
    if not legs:
        return found
    cases = [_case(one) for one in legs]
    known = books(cases, accounts=_concerned(legs))
    rate_again(cases, known, tariffs.get)
    charged = standing_charges([one.pk for one in legs])
    for leg, case in zip(legs, cases, strict=True):
        if case.wait is not None:
            found.part.unrated += 1
            continue
        _compare(found, leg, case, charged.get(leg.pk, ()), known)
    return found


def _concerned(legs: Iterable[Leg]) -> set[int]:
    return {pk for one in legs for pk in (one.account_id, one.carrier_id) if pk is not None}


def _case(leg: Leg) -> Case:
    record = Record(
        leg.call_id, leg.leg, leg.session, "", "", leg.gateway, leg.caller, leg.callee, "",
        leg.routing_gateway, leg.setup, leg.answer, leg.end, leg.duration, leg.cause,
    )  # fmt: skip
    return Case(
        record,
        reads_corrections=True,
        account=leg.account_id,
        number=leg.number,
        carrier=leg.carrier_id,
    )


def _compare(
    found: _Compared, leg: Leg, case: Case, charged: Collection[Charge], known: Books
) -> None:
    """The charges of a leg that differ, taken back and made anew."""
    before = {(one.is_cost, one.level): one for one in charged}
    after = {(one.is_cost, one.level): one for one in _lines(leg, case)}
    if (True, 0) not in after:
        # Its cost was never charged, or has no rate today: it waits, or stays, by itself.
        before.pop((True, 0), None)
    elif (True, 0) not in before:
        after.pop((True, 0))
    changed = [
        key for key in sorted({*before, *after})
        if _signature(before.get(key)) != _signature_of(after.get(key))
    ]  # fmt: skip
    found.part.legs += bool(changed)
    for key in changed:
        old, new = before.get(key), after.get(key)
        lines = [line for line in (_reversing(leg, old) if old else None, new) if line]
        found.lines += lines
        for line in lines:
            amount = line.sign * line.price.amount
            found.part.by_account[line.account] += amount
            found.totals.append((line.sign, [_total(leg, line, known)]))
            name = leg.routing_gateway if line.is_cost else leg.gateway
            gateway = known.gateways.get(name.lower()) if name else None
            if gateway is not None and line.level == 0:
                sums = (0, 0, 0, line.sign * line.price.billed, amount)
                found.gateways.append((gateway.name, leg.setup, leg.cause, sums))


def _lines(leg: Leg, case: Case) -> Iterator[ChargeLine]:
    root = case.chain[-1][0]
    for level, ((account, place), price) in enumerate(zip(case.chain, case.charges, strict=True)):
        if price is not None:
            yield ChargeLine(leg.pk, case.at, account, place.agent, root, level, False, price)
    if case.cost is not None and case.carrier is not None:
        yield ChargeLine(leg.pk, case.at, case.carrier, None, case.carrier, 0, True, case.cost)


def _reversing(leg: Leg, one: Charge) -> ChargeLine:
    price = Price(one.price, one.connection_fee)
    rate = Rate(
        one.rate_id, one.prefix, price, one.at,
        is_locked=one.was_locked, destination=one.destination,
    )  # fmt: skip
    priced = Priced(
        one.group_id, rate, one.billed, to_micros(one.amount), to_micros(one.price),
        to_micros(one.connection_fee), one.correction_id,
    )  # fmt: skip
    return ChargeLine(
        leg.pk, one.at, one.account_id, one.agent_id, one.root_id, one.level, one.is_cost, priced,
        one.pk,
    )  # fmt: skip


def _total(leg: Leg, line: ChargeLine, known: Books) -> Line:
    return Line(
        line.account,
        line.agent or 0,
        line.root,
        line.level == 0,
        line.is_cost,
        known.payers[line.account].zone,
        leg.setup,
        leg.answer is not None,
        leg.duration,
        line.price.rate.destination,
        line.price.billed,
        line.price.amount,
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
    price = one.price
    return (
        one.account, one.agent, price.group, price.rate.key, price.correction, price.billed,
        price.price, price.fee, price.amount,
    )  # fmt: skip
