"""Months of calls that are older than those kept go into files: legs, charges and keys together, as
a whole (docs/scale.md). Nothing leaves the database before its file was written, flushed to the
disk, read back and found to hold what the database does. Killed at any moment nothing is lost, and
the next round begins anew.
"""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BinaryField, BooleanField, Count, DateTimeField, Max, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts.core import guards
from accounts.kit.errors import Refused
from billing.calls.models import ArchivedLine, ArchivedMonth, ArchivedSum, Leg, LegKey
from billing.charging.archive_files import (
    Contents,
    file_of,
    line_of,
    manifest_written,
    read_back,
    written,
)
from billing.charging.models import Charge
from billing.charging.months import Month
from billing.charging.queries.archive import (
    cost_of_roots,
    first_month,
    has_calls_in,
    sums_kept,
    why_not_yet,
)
from billing.charging.queries.legs import names_of
from billing.charging.services.charger import oldest_kept
from billing.charging.services.partitions import (
    CHARGES,
    KEYS,
    LEGS,
    NOT_OURS,
    TABLES,
    bounds,
    owns_tables,
    part_made,
    parts_dropped,
    tables_held,
)
from billing.wallets.models import RateGroup
from billing.wallets.services.standing import hold_charging

State = ArchivedMonth.State
MODELS: dict[str, Any] = {LEGS: Leg, CHARGES: Charge, KEYS: LegKey}
# How long a month that was brought back stays.
KEPT = timedelta(days=30)
_AT_ONCE = 5_000


def months_archived() -> str:
    """Archive the months that are older than those kept, the oldest first; for housekeeping. Says
    what it did, and why a month stays.
    """
    if not settings.ARCHIVE_DIR:
        return "ARCHIVE_DIR is not set: every month stays"
    if connection.vendor == "postgresql" and not owns_tables():
        return NOT_OURS
    now = timezone.now()
    first, said = first_month(), []
    back = ArchivedMonth.objects.filter(state=State.RESTORED, at__gt=now - KEPT)
    stays = set(back.values_list("month", flat=True))
    for month in first.until(oldest_kept(now)) if first else ():
        if month.first in stays or not has_calls_in(month):
            continue
        why = why_not_yet(month)
        said.append(f"{month} stays, {why}" if why else month_archived(month, now))
    return "; ".join(said) or "nothing is due"


def month_archived(month: Month, now: datetime) -> str:
    """Archive one month. Says where it went. Raises Refused where somebody else is at it, or it
    has changed meanwhile; then it is whole and here.
    """
    if connection.vendor == "postgresql":
        part_made(month)
    folder = _begun(month, now)
    for table in TABLES:
        with written(folder / file_of(table)) as out:
            _write(table, month, out)
    contents = read_back(folder, legs=LEGS, charges=CHARGES, keys=KEYS)
    digest = manifest_written(folder, str(month), contents, names_of(contents.accounts))
    with transaction.atomic():
        one = ArchivedMonth.objects.select_for_update().get(month=month.first)
        if one.state != State.WRITING or one.folder != str(folder):
            raise Refused(f"Somebody else is archiving {month}.", code="archived_meanwhile")
        _sum_up(one, month)
        hold_charging()
        if connection.vendor == "postgresql":
            tables_held()
        _check_unchanged(one, month, contents)
        one.state, one.digest, one.at = State.ARCHIVED, digest, now
        one.legs, one.charges, one.keys = (contents.rows[name] for name in (LEGS, CHARGES, KEYS))
        one.save()
        _drop(month)
    return f"{month}: {one.legs} legs and {one.charges} charges archived to {folder}"


def _begun(month: Month, now: datetime) -> Path:
    """A new folder for a month, noted before it is there; what an earlier try left goes."""
    root = Path(settings.ARCHIVE_DIR)
    folder = root / f"calls-{month}-{now:%Y%m%dT%H%M%S%f}"
    with transaction.atomic():
        one, _new = ArchivedMonth.objects.select_for_update().get_or_create(
            month=month.first, defaults={"state": State.WRITING, "folder": "", "at": now}
        )
        if one.state == State.ARCHIVED:
            raise Refused(f"{month} is archived already.", code="archived_meanwhile")
        left = Path(one.folder) if one.state == State.WRITING and one.folder else None
        one.state, one.folder, one.at = State.WRITING, str(folder), now
        one.save()
    if left is not None and left.parent == root:
        shutil.rmtree(left, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


# --- Writing --------------------------------------------------------------------------------------


def within(table: str, month: Month) -> Q:
    """The rows of a table that belong to a month."""
    if TABLES[table] == "month":
        return Q(month=month.first)
    return Q(setup__gte=month.begin, setup__lt=month.end)


def columns_of(table: str) -> list[str]:
    return [one.column for one in MODELS[table]._meta.concrete_fields]


def _write(table: str, month: Month, out: IO[bytes]) -> None:
    """The rows of a month as CSV: amounts in millionths of the currency, nothing where there is
    none, the same on both databases.
    """
    columns = columns_of(table)
    if connection.vendor == "postgresql":
        names = ", ".join(map(connection.ops.quote_name, columns))
        (begin, end), column = bounds(table, month), TABLES[table]
        rows = (
            f"SELECT {names} FROM {table}"  # noqa: S608 - our own names and moments
            f" WHERE {column} >= '{begin}' AND {column} < '{end}' ORDER BY id"
        )
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT csv, HEADER)") as copy,
        ):
            for block in copy:
                out.write(block)
        return
    found = MODELS[table].objects.filter(within(table, month)).order_by("pk")
    out.write(line_of(columns))
    for texts in _texts(table, found.values_list(*columns).iterator(chunk_size=_AT_ONCE)):
        out.write(line_of(texts))


def _texts(table: str, rows: Iterator[Sequence[Any]]) -> Iterator[list[str]]:
    fields = [MODELS[table]._meta.get_field(name) for name in columns_of(table)]
    for row in rows:
        yield [_text(field, value) for field, value in zip(fields, row, strict=True)]


def _text(field: Any, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(field, BooleanField):
        return "t" if value else "f"
    if isinstance(field, BinaryField):
        return f"\\x{bytes(value).hex()}"
    if isinstance(field, DateTimeField):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
    return str(field.get_prep_value(value))


# --- What stays -----------------------------------------------------------------------------------


def _sum_up(one: ArchivedMonth, month: Month) -> None:
    """What a month comes to, by account and rate group, and by movement of the ledger."""
    charges = Charge.objects.filter(within(CHARGES, month)).order_by()
    zones = dict(RateGroup.objects.values_list("pk", "time_zone"))
    for group in charges.values_list("group_id", flat=True).distinct():
        zone = ZoneInfo(zones.get(group, "UTC"))
        sums = (
            charges.filter(group_id=group)
            .values_list("account_id", "is_cost", TruncMonth("at", tzinfo=zone))
            .annotate(seconds=Sum("billed"), money=Sum("amount"))
        )
        ArchivedSum.objects.bulk_create(
            [
                ArchivedSum(
                    archived=one, account_id=account, group_id=group, is_cost=is_cost,
                    group_month=at.date(), billed=billed, amount=amount,
                )
                for account, is_cost, at, billed, amount in sums
            ],
            batch_size=_AT_ONCE,
        )  # fmt: skip
    _sum_up_own(one, month)
    _sum_up_lines(one, month)


def _sum_up_own(one: ArchivedMonth, month: Month) -> None:
    legs = Leg.objects.filter(within(LEGS, month)).order_by()
    rows = legs.values_list("account_id").annotate(
        legs=Count("pk"), answered=Count("answer"), seconds=Sum("duration")
    )
    own = {pk: sums for pk, *sums in rows}
    costs = cost_of_roots(month)
    ArchivedSum.objects.bulk_create(
        [
            ArchivedSum(
                archived=one, account_id=pk, bought=costs.get(pk, 0),
                **dict(zip(("legs", "answered", "seconds"), own.get(pk, (0, 0, 0)), strict=True)),
            )
            for pk in {*own, *costs}
        ],
        batch_size=_AT_ONCE,
    )  # fmt: skip


def _sum_up_lines(one: ArchivedMonth, month: Month) -> None:
    """In the database: a busy portal has millions of movements a month."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ArchivedLine._meta.db_table} (archived_id, transaction_id, account_id,"  # noqa: S608
            " is_cost, posted_at, amount)"
            " SELECT %s, transaction_id, account_id, is_cost, posted_at, SUM(amount)"
            f" FROM {CHARGES} WHERE setup >= %s AND setup < %s"
            " GROUP BY transaction_id, account_id, is_cost, posted_at"
            " HAVING transaction_id IS NOT NULL OR SUM(amount) <> 0",
            [one.pk, *map(connection.ops.adapt_datetimefield_value, (month.begin, month.end))],
        )


def _check_unchanged(one: ArchivedMonth, month: Month, contents: Contents) -> None:
    """Raise Refused where the files are not what the database holds, with nobody writing now."""
    for table, model in MODELS.items():
        rows = model.objects.filter(within(table, month))
        if (rows.aggregate(last=Max("pk"))["last"] or 0) != contents.last[table]:
            raise Refused(f"Calls of {month} came meanwhile.", code="archived_meanwhile")
    if sums_kept(one) != contents.accounts:
        raise Refused(f"The files of {month} do not add up.", code="archive_damaged")


def _drop(month: Month) -> None:
    if connection.vendor == "postgresql":
        parts_dropped(month)
        return
    for table, model in MODELS.items():
        rows = model.objects.filter(within(table, month))
        if model in guards.guarded:
            with guards.set_aside(table):
                rows.delete()
        else:
            rows.delete()
