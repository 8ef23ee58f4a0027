"""A batch of decided legs, written: legs, keys, charges, totals, what waits, and last the ledger,
whose wallets are locked latest and by descending key.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.db.models import F

from accounts.core.many import Part, insert_parts, keys_for
from accounts.kit.batches import batched
from accounts.kit.private_doors import delete_unread
from billing.calls.models import CallRecord, Leg, LegKey, RecordFile
from billing.calls.queries import Waiting
from billing.charging.deciding import Books, Case, Chain, Wait
from billing.charging.lines import Lines, Place
from billing.charging.models import Charge
from billing.charging.services.adding import cost_counted, leg_counted, totals_added
from billing.charging.services.charges import Batch, posted
from billing.charging.services.estimating import estimated
from billing.charging.tariffs import Priced
from billing.holds.services.running import (
    call_waits,
    calls_forgotten,
    held_by,
    records_forgotten,
)

_AT_ONCE = 5000


@dataclass(slots=True)
class Item:
    """A record of the inbox and what was found out about it."""

    row: Waiting
    case: Case | None = None
    key: bytes = b""
    content: bytes = b""
    month: date | None = None
    wait: Wait | None = None
    # Nobody met its leg before; its key is entered with it.
    is_new: bool = False
    is_repeated: bool = False
    books: Books | None = None
    # What the root pays for the leg, of a cost that comes by itself.
    root: Charge | None = None
    # And that leg.
    leg: Leg | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it is the first record of its leg, in this batch or since it came."""
        return self.is_new or self.row.is_first

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
class _Batch(Batch):
    """What is gathered before anything is written."""

    legs: list[tuple[Any, ...]] = field(default_factory=list)
    # Chains that were met, and the places of their lines.
    places: dict[int, tuple[Chain, list[int]]] = field(default_factory=dict)
    # Legs whose cost has to wait.
    costs: list[tuple[int, Item]] = field(default_factory=list)


def written(
    calls: Sequence[Item], costs: Sequence[Item], now: datetime, last: ExitStack | None = None
) -> Outcome:
    """Write a batch, in the transaction of the caller, who keeps other batches away. `last`: see
    `post_charges`.
    """
    batch = _Batch(now, last=last)
    done = [one for one in calls if not one.wait and not one.is_repeated]
    for pk, item in zip(keys_for(Leg, len(done)), done, strict=True):
        _add_leg(batch, pk, item)
    for item in costs:
        if item.wait is None:
            _add_cost(batch, item)
    running = (_running(one) for one in calls if not one.wait)
    batch.calls += [one for one in running if one is not None]
    lines = batch.lines.lines()
    lines.counted(batch.totals)
    if batch.legs:
        insert_parts(Leg, _legs(batch, lines))
    # In their order they lie beside each other in the index.
    new = sorted((one for one in calls if one.is_new), key=attrgetter("key"))
    new.sort(key=attrgetter("month"))
    if new:
        insert_parts(LegKey, [Part({name: [getattr(i, name) for i in new] for name in _KEY})])
    _queue_costs(batch.costs)
    _queue([one for one in (*calls, *costs) if one.wait is not None])
    _keep_holding(batch, [one for one in calls if one.wait is not None])
    batch.freed = estimated(
        [one.row.pk for one in calls if one.row.version > 1],
        [(one.row.pk, one.case) for one in calls if one.wait is not None and one.case],
    )
    gone = [one.row.pk for one in (*calls, *costs) if one.wait is None]
    records_forgotten(gone)
    for pks in batched(gone, _AT_ONCE):
        # Read before, they would take longer than all that is made of them.
        delete_unread(CallRecord.objects.filter(pk__among=pks))
    outcome = _counted(calls)
    totals_added(batch.totals)
    batch.freed.update(held_by(batch.calls))
    calls_forgotten(batch.calls)
    posted(batch, lines)
    return outcome


def _add_leg(batch: _Batch, pk: int, item: Item) -> None:
    (case, books), row = item.decided, item.row
    record, chain = case.record, case.chain
    places, prices = _places(batch, chain, books), case.charges
    if case.cost is not None:
        places, prices = [*places, _cost_place(batch, batch.now, case, books)], [*prices, case.cost]
    batch.lines.add(
        pk, record.setup, case.at, places,
        # What costs nothing has no charges.
        prices or [None] * len(chain), is_answered=record.answer is not None, seconds=case.seconds,
    )  # fmt: skip
    batch.legs.append(
        (
            pk, row.source, record.call_id, record.leg, record.session, case.account, chain[-1][0],
            record.phone, record.gateway, record.caller, record.callee, case.number,
            record.routing_gateway, case.carrier, record.setup, record.answer, record.end,
            case.seconds, record.cause, row.kept, *_let_through(case),
        )
    )  # fmt: skip
    if record.gateway or record.routing_gateway:
        own, root = (case.charges[0], case.charges[-1]) if case.charges else (None, None)
        _add_gateways(batch, case, books, own, root)
    if case.cost is None and case.cost_wait is not None:
        batch.costs.append((pk, item))


def _places(batch: _Batch, chain: Chain, books: Books) -> list[int]:
    """The places of the levels of a chain, which many legs have."""
    known = batch.places.get(id(chain))
    if known is None:
        root = chain[-1][0]
        found = [
            batch.lines.number(
                Place(
                    account, place.agent, root, level,
                    counted_for=place.agent or 0, zone=books.payers[account].zone,
                )
            )
            for level, (account, place) in enumerate(chain)
        ]  # fmt: skip
        # The chain itself as well, so that no other has its identity.
        known = batch.places[id(chain)] = (chain, found)
    return known[1]


def _legs(batch: _Batch, lines: Lines) -> list[Part]:
    columns = dict(zip(_LEG, zip(*batch.legs, strict=True), strict=True))
    locked = lines.locked
    return [
        Part(columns),
        Part({"was_locked": [pk in locked for pk in columns["id"]]}),
        Part({"charged_at": [batch.now]}),
    ]


def _let_through(case: Case) -> tuple[datetime | None, int | None]:
    given = case.authorized
    return (None, None) if given is None else (given.at, given.granted)


def _add_gateways(
    batch: Batch, case: Case, books: Books, own: Priced | None, root: Priced | None
) -> None:
    """A leg counts at the gateway it came in by, with what its account pays, and at the one it went
    out by, with its cost and what the root pays.
    """
    record = case.record
    legs = (1, int(record.answer is not None), record.seconds)
    sold = root.amount if root else 0
    for name, price, paid in (
        (record.gateway, own, 0), (record.routing_gateway, case.cost, sold),
    ):  # fmt: skip
        known = books.gateways.get(name.lower()) if name else None
        if known is not None:
            sums = (*legs, price.billed if price else 0, price.amount if price else 0)
            batch.totals.add_gateway(known.name, record.setup, record.cause, sums, paid)


def _cost_place(batch: Batch, at: datetime, case: Case, books: Books) -> int:
    """Where what a carrier is owed stands; `at`: when the leg was charged."""
    carrier, place = case.carrier, case.carrier_place
    assert carrier is not None
    agent, zone = place.agent if place else None, books.zone(carrier, at)
    return batch.lines.number(Place(carrier, None, carrier, 0, True, agent or 0, zone))


def _add_cost(batch: _Batch, item: Item) -> None:
    """The cost of a leg that was charged before. Its accounts counted the leg then, as did its
    gateway where the record named it, and its root did without the cost.
    """
    (case, books), root, leg = item.decided, item.root, item.leg
    if case.cost is None or leg is None:
        return
    assert root is not None
    known = books.gateways[case.record.routing_gateway.lower()]
    is_named = leg.routing_gateway.lower() == known.name.lower()
    at, meant = leg.charged_at, None if is_named else known.name
    if meant is not None:
        batch.odd[len(batch.lines)] = (None, None, meant)
    place = _cost_place(batch, at, case, books)
    batch.lines.add(
        leg.pk, case.record.setup, case.at, (place,), (case.cost,), seconds=case.seconds
    )
    cost_counted(batch.totals, root, books.zone(root.account_id, at), case.cost.amount)
    if not is_named or leg.carrier_id is None:
        former = books.gateways.get(leg.routing_gateway.lower()) if leg.carrier_id else None
        leg_counted(batch.totals, leg, root, known.name, former.name if former else "")
    sums = (0, 0, 0, case.cost.billed, case.cost.amount)
    batch.totals.add_gateway(known.name, case.record.setup, case.record.cause, sums)


def _queue_costs(some: Sequence[tuple[int, Item]]) -> None:
    """The costs of legs, which wait by themselves."""
    for part in batched(some, _AT_ONCE):
        rows = CallRecord.objects.filter(pk__among=[item.row.pk for _leg, item in part])
        received = dict(rows.values_list("pk", "received_at"))
        CallRecord.objects.bulk_create(
            [_cost_record(leg, item, received[item.row.pk]) for leg, item in part],
            batch_size=_AT_ONCE,
        )


def _cost_record(leg: int, item: Item, received_at: datetime) -> CallRecord:
    row, case = item.row, item.case
    assert case is not None
    wait = case.cost_wait
    assert wait is not None
    return CallRecord(
        source=row.source,
        raw=row.raw,
        corrected=row.corrected,
        received_at=received_at,
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
        account = None
        if case is not None:
            account = case.carrier if row.part == CallRecord.Part.COST else case.account
        rows.append(
            CallRecord(
                pk=row.pk,
                state=CallRecord.State.WAITING,
                reason=wait.reason,
                level_id=wait.level,
                detail=wait.detail[:200],
                account_id=account,
                at=case.at if case is not None else None,
                is_first=item.is_accepted,
                version=row.version + 1,
            )
        )
    CallRecord.objects.bulk_update(
        rows,
        ["state", "reason", "level", "detail", "account", "at", "is_first", "version"],
        batch_size=500,
    )


def _keep_holding(batch: Batch, items: Sequence[Item]) -> None:
    """A call whose record waits is over, and holds its money until that is charged; those it was
    let through at hold nothing more where somebody said that it was another's.
    """
    for item in items:
        pk = _running(item)
        if pk is None or item.case is None:
            continue
        if item.case.assigned and item.case.authorized is None:
            batch.calls.append(pk)
        else:
            call_waits(pk, item.row.pk)


def _running(item: Item) -> int | None:
    """The running call that a record ends."""
    return item.case.call if item.case else None


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


_KEY = ("month", "key", "content")
_LEG = (
    "id", "source", "call_id", "leg", "session", "account_id", "root_id", "phone", "gateway",
    "caller", "callee", "number", "routing_gateway", "carrier_id", "setup", "answer", "end",
    "duration", "cause", "raw", "authorized_at", "granted",
)  # fmt: skip
