"""A batch of decided legs, written: legs, keys, charges, totals, what waits, and last the ledger,
whose wallets are locked latest and by descending key.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db.models import F

from accounts.core.actor import SYSTEM
from accounts.core.many import insert_many, keys_for
from accounts.kit.batches import batched
from billing.calls.models import CallRecord, Leg, LegKey, RecordFile
from billing.charging.deciding import Books, Case, Place, Wait
from billing.charging.models import Charge
from billing.charging.services.adding import totals_added
from billing.charging.tariffs import Priced
from billing.charging.totals import Line, Totals
from billing.ledger.models import House, Transaction
from billing.ledger.services.batches import Charge as Posting
from billing.ledger.services.batches import post_charges

_AT_ONCE = 5000


@dataclass(slots=True)
class Item:
    """A record of the inbox and what was found out about it."""

    row: CallRecord
    case: Case | None = None
    key: bytes = b""
    content: bytes = b""
    month: date | None = None
    wait: Wait | None = None
    # Nobody met its leg before; its key is entered with it.
    is_new: bool = False
    is_repeated: bool = False
    books: Books | None = None

    @property
    def decided(self) -> tuple[Case, Books]:
        """The leg, and what it was decided by; of those that are to be charged."""
        assert self.case is not None
        assert self.books is not None
        return self.case, self.books


@dataclass
class Outcome:
    """How many records of a batch became legs, changed nothing, wait in the queue."""

    accepted: int = 0
    repeated: int = 0
    queued: int = 0


@dataclass
class Batch:
    """What is gathered before anything is written."""

    now: datetime
    legs: list[tuple[Any, ...]] = field(default_factory=list)
    charges: list["ChargeLine"] = field(default_factory=list)
    costs: list[CallRecord] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)


@dataclass(slots=True)
class ChargeLine:
    """A charge that is to be written."""

    leg: int
    at: datetime
    account: int
    agent: int | None
    root: int
    level: int
    is_cost: bool
    price: Priced
    # The charge it takes back; then the price is that of the charge.
    reverses: int | None = None

    @property
    def sign(self) -> int:
        return 1 if self.reverses is None else -1

    @property
    def house(self) -> House:
        return House.CALL_COST if self.is_cost else House.CALL_REVENUE


def written(calls: Sequence[Item], costs: Sequence[Item], now: datetime) -> Outcome:
    """Write a batch, in the transaction of the caller, who keeps other batches away."""
    batch = Batch(now)
    done = [one for one in calls if not one.wait and not one.is_repeated]
    for pk, item in zip(keys_for(Leg, len(done)), done, strict=True):
        _add_leg(batch, pk, item)
    for item in costs:
        if item.wait is None:
            _add_cost(batch, item)
    insert_many(Leg, _LEG, batch.legs)
    insert_many(
        LegKey,
        ("month", "key", "content"),
        [(i.month, i.key, i.content) for i in calls if i.is_new],
    )
    CallRecord.objects.bulk_create(batch.costs, batch_size=_AT_ONCE)
    waiting = [one for one in (*calls, *costs) if one.wait is not None]
    gone = [one.row.pk for one in (*calls, *costs) if one.wait is None]
    for pks in batched(gone, _AT_ONCE):
        CallRecord.objects.filter(pk__in=pks).delete()
    outcome = _counted(calls)
    _queue(waiting)
    totals_added(batch.totals)
    posted(batch)
    return outcome


def _add_leg(batch: Batch, pk: int, item: Item) -> None:
    (case, books), row = item.decided, item.row
    record, root = case.record, case.chain[-1][0]
    charges = [one for one in case.charges if one is not None]
    batch.legs.append(
        (
            pk, row.source, record.call_id, record.leg, record.session, case.account, root,
            record.phone, record.gateway, record.caller, record.callee, case.number,
            record.routing_gateway, case.carrier, record.setup, record.answer, record.end,
            max(record.seconds, 0), record.cause,
            any(one.rate.is_locked for one in charges), batch.now, _raw(row),
        )
    )  # fmt: skip
    lines = []
    for level, (account, place) in enumerate(case.chain):
        price = case.charges[level] if case.charges else None
        if price is not None:
            batch.charges.append(
                ChargeLine(pk, case.at, account, place.agent, root, level, False, price)
            )
        lines.append(_total(case, books, account, place, root, level == 0, price))
    batch.totals.add(lines)
    first = charges[0] if charges else None
    _add_gateways(batch, case, books, first)
    if case.cost is not None and case.carrier is not None and case.carrier_place is not None:
        _cost_line(batch, pk, case, books, case.cost)
    elif case.cost_wait is not None:
        batch.costs.append(_cost_record(row, pk, case))


def _raw(row: CallRecord) -> str:
    """What the leg keeps of its record."""
    return row.raw if not row.corrected else row.with_corrections


def _total(
    case: Case,
    books: Books,
    account: int,
    place: Place,
    root: int,
    is_own: bool,
    price: Priced | None,
    *,
    is_cost: bool = False,
) -> Line:
    record = case.record
    return Line(
        account,
        place.agent or 0,
        root,
        is_own,
        is_cost,
        books.payers[account].zone,
        record.setup,
        record.answer is not None,
        record.seconds,
        price.rate.destination if price else "",
        price.billed if price else 0,
        price.amount if price else 0,
    )


def _add_gateways(batch: Batch, case: Case, books: Books, own: Priced | None) -> None:
    """A leg counts at the gateway it came in by, with what its account pays, and at the one it went
    out by, with its cost.
    """
    record = case.record
    legs = (1, int(record.answer is not None), record.seconds)
    for name, price in ((record.gateway, own), (record.routing_gateway, case.cost)):
        known = books.gateways.get(name.lower()) if name else None
        if known is not None:
            sums = (*legs, price.billed if price else 0, price.amount if price else 0)
            batch.totals.add_gateway(known.name, record.setup, record.cause, sums)


def _cost_line(batch: Batch, leg: int, case: Case, books: Books, cost: Priced) -> None:
    assert case.carrier is not None
    assert case.carrier_place is not None
    carrier, place = case.carrier, case.carrier_place
    batch.charges.append(ChargeLine(leg, case.at, carrier, None, carrier, 0, True, cost))
    line = _total(case, books, carrier, place, carrier, True, cost, is_cost=True)
    batch.totals.add([line])


def _add_cost(batch: Batch, item: Item) -> None:
    """The cost of a leg that was charged before. Its gateway counted the leg then."""
    case, books = item.decided
    if case.cost is None or item.row.leg is None:
        return
    _cost_line(batch, item.row.leg, case, books, case.cost)
    known = books.gateways[case.record.routing_gateway.lower()]
    sums = (0, 0, 0, case.cost.billed, case.cost.amount)
    batch.totals.add_gateway(known.name, case.record.setup, case.record.cause, sums)


def _cost_record(row: CallRecord, leg: int, case: Case) -> CallRecord:
    wait = case.cost_wait
    assert wait is not None
    return CallRecord(
        source=row.source,
        raw=row.raw,
        corrected=row.corrected,
        received_at=row.received_at,
        state=CallRecord.State.WAITING,
        part=CallRecord.Part.COST,
        leg=leg,
        reason=wait.reason,
        level_id=wait.level,
        detail=wait.detail[:200],
        account_id=case.carrier,
        at=case.at,
        is_first=True,
    )


def _queue(items: Sequence[Item]) -> None:
    """What cannot be charged waits, with the reason."""
    rows = []
    for item in items:
        row, wait, case = item.row, item.wait, item.case
        assert wait is not None
        row.state = CallRecord.State.WAITING
        row.reason, row.level_id, row.detail = wait.reason, wait.level, wait.detail[:200]
        if case is not None:
            is_cost = row.part == CallRecord.Part.COST
            row.account_id = case.carrier if is_cost else case.account
            row.at = case.at
        row.is_first = row.is_first or item.is_new
        row.version += 1
        rows.append(row)
    CallRecord.objects.bulk_update(
        rows,
        ["state", "reason", "level", "detail", "account", "at", "is_first", "version"],
        batch_size=500,
    )


def _counted(calls: Sequence[Item]) -> Outcome:
    """What became of the records, noted at their files as well."""
    outcome = Outcome()
    files: dict[int, Counter[str]] = {}
    for item in calls:
        what = "repeated" if item.is_repeated else "queued" if item.wait else "accepted"
        setattr(outcome, what, getattr(outcome, what) + 1)
        # A record that waited was counted when it came; waiting made its version grow.
        if item.row.file_id is not None and item.row.version == 1:
            files.setdefault(item.row.file_id, Counter())[what] += 1
    for pk in sorted(files):
        counts = {name: F(name) + count for name, count in files[pk].items()}
        RecordFile.objects.filter(pk=pk).update(**counts)
    return outcome


def posted(batch: Batch) -> None:
    """The charges, and the movements behind which they stand as lines: one for each account and
    house account, none of nothing.
    """
    sums: Counter[tuple[int, House]] = Counter()
    for one in batch.charges:
        sums[one.account, one.house] += one.sign * one.price.amount
    due = sorted((whose for whose, amount in sums.items() if amount), reverse=True)
    name = uuid4().hex
    pks = dict(zip(due, keys_for(Transaction, len(due)), strict=True))
    keys = keys_for(Charge, len(batch.charges))
    insert_many(Charge, _CHARGE, _charge_rows(batch, keys, pks))
    postings = [Posting(pks[whose], whose[0], sums[whose], whose[1]) for whose in due]
    post_charges(SYSTEM, postings, batch=name, at=batch.now)


def _charge_rows(
    batch: Batch, keys: Sequence[int], pks: dict[tuple[int, House], int]
) -> Iterator[tuple[Any, ...]]:
    for pk, one in zip(keys, batch.charges, strict=True):
        price, rate = one.price, one.price.rate
        yield (
            pk, one.leg, one.at, one.account, one.agent, one.root, one.level, one.is_cost,
            price.group, rate.key, price.correction, rate.prefix, rate.destination,
            price.price, price.fee, one.sign * price.billed, one.sign * price.amount,
            rate.is_locked, batch.now, pks.get((one.account, one.house)), one.reverses,
        )  # fmt: skip


_LEG = (
    "id", "source", "call_id", "leg", "session", "account_id", "root_id", "phone", "gateway",
    "caller", "callee", "number", "routing_gateway", "carrier_id", "setup", "answer", "end",
    "duration", "cause", "was_locked", "charged_at", "raw",
)  # fmt: skip
_CHARGE = (
    "id", "leg_id", "at", "account_id", "agent_id", "root_id", "level", "is_cost", "group_id",
    "rate_id", "correction_id", "prefix", "destination", "price", "connection_fee", "billed",
    "amount", "was_locked", "posted_at", "transaction_id", "reverses_id",
)  # fmt: skip
