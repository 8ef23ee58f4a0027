"""The charger: a batch of records from the inbox becomes legs, charges, movements of the ledger and
totals in one transaction, or waits in the queue (docs/domain.md 7). It may run in many processes at
once; one batch at a time is written.
"""

import gc
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.core.many import planned_anew
from billing.calls.models import CallRecord, Leg
from billing.calls.queries import Waiting, columns_of, inbox
from billing.calls.reasons import Reason
from billing.calls.records import Record, Unreadable, absurdity, content_of, key_of, read
from billing.charging.deciding import Case, Wait, account_named, cost_again, decide
from billing.charging.queries.archive import archived_until
from billing.charging.queries.books import (
    Tariffs,
    books,
    contents_of,
    months_around,
    with_former_zones,
)
from billing.charging.queries.legs import root_charges
from billing.charging.services.authorized import note_authorized, spare_waiting
from billing.charging.services.writing import Item, Outcome, written
from billing.holds.models import RunningCall
from billing.ledger.services.posting import check_is_now
from billing.wallets.services.standing import hold_charging

_log = logging.getLogger(__name__)

# Records of one batch; while calls are up, as few as keep who asks about a wallet of theirs, locked
# until the batch is committed, from waiting longer than for his answer.
MOST, BESIDE_CALLS = 50_000, 500


@dataclass(frozen=True)
class Done:
    """What became of the records of one batch."""

    taken: int = 0
    accepted: int = 0
    repeated: int = 0
    queued: int = 0


def charge_all(
    tariffs: Tariffs,
    *,
    limit: int | None = None,
    at: datetime | None = None,
    told: Callable[[Done], None] = lambda _done: None,
) -> Done:
    """Charge batch after batch until the inbox is empty; the sum of it. `limit`: records of each;
    None: as many as is good, which calls that are up decide. `told` hears of each. `at` is for
    commands of the operator's shell, which charge as if it were earlier.
    """
    total = Done()
    while (done := charge_batch(tariffs, limit=limit or _most(), at=at)).taken:
        total = Done(*(getattr(total, n) + getattr(done, n) for n in Done.__dataclass_fields__))
        told(done)
    return total


def _most() -> int:
    return BESIDE_CALLS if RunningCall.objects.exists() else MOST


def charge_batch(tariffs: Tariffs, *, limit: int = MOST, at: datetime | None = None) -> Done:
    """Charge the records that have waited longest in the inbox. Killed at any moment, it has done
    all of it or nothing. A record that nobody foresaw is looked for in ever smaller batches and
    waits in the queue: it holds nobody up.
    """
    check_is_now(at)
    try:
        with _uncollected(), ExitStack() as last, transaction.atomic():
            hold_charging()
            _without_waiting_for_the_disk()
            return _charged(inbox(limit), tariffs, at or timezone.now(), last)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        there = CallRecord.objects.inbox()[:limit].count()
        if there > 1:
            return charge_batch(tariffs, limit=there // 2, at=at)
        return _one_set_aside(tariffs, at or timezone.now())


def _charged(
    rows: Sequence[Waiting], tariffs: Tariffs, now: datetime, last: ExitStack | None = None
) -> Done:
    if not rows:
        return Done()
    with planned_anew():
        outcome = _written(rows, tariffs, now, last)
    return Done(len(rows), outcome.accepted, outcome.repeated, outcome.queued)


def _written(
    rows: Sequence[Waiting], tariffs: Tariffs, now: datetime, last: ExitStack | None
) -> Outcome:
    tariffs.begin()
    calls = [Item(one) for one in rows if one.part == CallRecord.Part.CHAIN]
    costs = [Item(one) for one in rows if one.part == CallRecord.Part.COST]
    # What was archived has no keys here: whatever the setting says by now, it is older.
    oldest = max(filter(None, (oldest_kept(now), archived_until())))
    for item, columns in zip(calls, columns_of([one.row for one in calls]), strict=True):
        _understand(item, columns, now, oldest)
    _tell_apart([one for one in calls if not one.row.is_first])
    _charge(calls, tariffs)
    _charge_costs(costs, tariffs)
    return written(calls, costs, now, last)


def _one_set_aside(tariffs: Tariffs, now: datetime) -> Done:
    """Charge the first record of the inbox, or let it wait with what is wrong in the log."""
    with transaction.atomic():
        hold_charging()
        rows = inbox(1)
        try:
            with transaction.atomic():
                return _charged(rows, tariffs, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            _log.exception("Record %s of the inbox cannot be charged.", rows[0].pk)
            wait = Wait(Reason.FAULT, detail=type(error).__name__)
            items = [Item(rows[0], wait=wait)]
            is_call = rows[0].part == CallRecord.Part.CHAIN
            outcome = written(items if is_call else [], [] if is_call else items, now)
            return Done(1, queued=outcome.queued)


def _without_waiting_for_the_disk() -> None:
    """Whoever asks about a wallet of the batch waits until it is committed. Where the database
    falls over before it is on the disk, the records are in the inbox as before; whatever was
    written after it and is on the disk has it there as well.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


@contextmanager
def _uncollected() -> Iterator[None]:
    """A batch is a million objects, none of which points back: looking through them for circles,
    again and again, would take a quarter of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _understand(item: Item, columns: dict[str, str], now: datetime, oldest: datetime) -> None:
    """Read a record, and whether it can be true."""
    row = item.row
    try:
        record = read(columns)
    except Unreadable as error:
        item.wait = Wait(Reason.ABSURD, detail=f"{error.column}: {error}")
        return
    item.key = key_of(row.source, columns)
    item.content = content_of(record, row.is_rewritten)
    item.month = month_of(record.setup.year, record.setup.month)
    item.case = Case(record, row.is_rewritten, columns.get("assigned", ""), row.is_first)
    if word := absurdity(record, now):
        item.wait = Wait(Reason.ABSURD, detail=word)
    elif record.setup < oldest:
        item.wait = Wait(Reason.OLD)


@lru_cache(maxsize=100)
def month_of(year: int, month: int) -> date:
    """The first day of a month; of years that no call was in, the nearest that one could be."""
    return date(min(max(year, 1970), 2199), month, 1)


def oldest_kept(now: datetime) -> datetime:
    """When the oldest month begins whose calls are kept."""
    year, month = divmod(now.year * 12 + now.month - 1 - settings.CALL_MONTHS, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def _tell_apart(items: list[Item]) -> None:
    """Which records are the first of their leg, which say the same again, which something else."""
    known = contents_of(
        months_around({one.month for one in items if one.month}),
        [one.key for one in items if one.key],
    )
    for item in items:
        if item.case is None:
            continue
        first = known.get(item.key)
        if first is None:
            known[item.key] = item.content
            item.is_new = True
        elif first == item.content:
            item.is_repeated, item.wait = True, None
        else:
            item.wait = Wait(Reason.DIFFERS)


def _charge(items: list[Item], tariffs: Tariffs) -> None:
    read_ = [one for one in items if one.case and not one.is_repeated]
    # What becomes the leg, or waits to become it, before what says the same again. What differs
    # from it has nothing to do with the call, and may be written off without it.
    ends = [one for one in items if one.is_accepted or one.is_repeated]
    ends.sort(key=lambda one: one.is_repeated)
    note_authorized([(one.row.source, one.case) for one in ends if one.case])
    spare_waiting([(one.row.source, one.case) for one in items if one.case and one.is_repeated])
    found = books([one.case for one in read_ if one.case])
    decide([one.case for one in read_ if one.case and not one.wait], found, tariffs.get)
    for item in read_:
        assert item.case is not None
        item.books = found
        if item.wait is None:
            item.wait = item.case.wait
        else:
            # Whose it would be: its agents see it, and the account is not closed meanwhile.
            item.case.account = account_named(item.case, found)


def _charge_costs(items: list[Item], tariffs: Tariffs) -> None:
    """What carriers are owed for legs that were charged before."""
    if not items:
        return
    legs: Mapping[int, Leg] = Leg.objects.in_bulk([one.row.leg for one in items if one.row.leg])
    for item in items:
        leg = legs[item.row.leg] if item.row.leg else None
        if leg is not None:
            gateway = item.row.columns.get("routing_gateway") or leg.routing_gateway
            item.case = Case(_record_of(leg, gateway), reads_corrections=True)
            item.case.number = leg.number
            item.leg = leg
    cases = [one.case for one in items if one.case]
    roots = root_charges(legs)
    found = books(
        cases,
        accounts=[one.account_id for one in roots.values()],
        gateways=[one.routing_gateway for one in legs.values()],
    )
    found = with_former_zones(found)
    cost_again(cases, found, tariffs.get)
    for item in items:
        item.root = roots.get(item.row.leg or 0)
        item.wait = item.case.cost_wait if item.case else None
        item.books = found


def _record_of(leg: Leg, gateway: str) -> Record:
    """A leg as the record it was, as far as its cost depends on it."""
    return Record(
        leg.call_id, leg.leg, leg.session, "", "", "", leg.caller, leg.callee, "", gateway,
        leg.setup, leg.answer, leg.end, leg.duration, leg.cause,
    )  # fmt: skip
