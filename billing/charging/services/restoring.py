"""An archived month comes back: every row as it was, with its keys."""

import gzip
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    BinaryField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Sum,
    TextField,
)
from django.utils import timezone

from accounts.core.many import insert_many
from accounts.kit.batches import batched
from accounts.kit.errors import Refused
from billing.calls.models import ArchivedMonth
from billing.charging.archive_files import (
    MANIFEST,
    Damaged,
    file_of,
    lines_of,
    manifest_of,
    read_back,
)
from billing.charging.models import Charge
from billing.charging.months import Month
from billing.charging.queries.archive import sums_kept
from billing.charging.queries.books import payers_of
from billing.charging.queries.legs import root_charges
from billing.charging.services.adding import cost_counted, totals_added
from billing.charging.services.archiving import MODELS, State, within
from billing.charging.services.partitions import (
    CHARGES,
    KEYS,
    LEGS,
    NOT_OURS,
    TABLES,
    owns_tables,
    part_made,
)
from billing.charging.totals import Totals
from billing.money import to_micros
from billing.wallets.services.standing import hold_charging

_BLOCK = 1 << 20
_AT_ONCE = 5_000


def month_restored(month: Month, folder: Path | None = None) -> ArchivedMonth:
    """Bring an archived month back, from the folder it was written to or the one its files lie in
    today. It stays until it is archived again (`billing.charging.services.archiving`).

    Raises Refused where it is not archived, the files are not those that were written, or this
    role may not make parts of the tables.
    """
    one = ArchivedMonth.objects.filter(month=month.first, state=State.ARCHIVED).first()
    if one is None:
        raise Refused(f"{month} is not archived.", code="not_archived")
    if connection.vendor == "postgresql" and not owns_tables():
        raise Refused(f"This is {NOT_OURS}.", code="not_owner")
    folder = folder or Path(one.folder)
    try:
        said = manifest_of(folder, one.digest)
        if read_back(folder, legs=LEGS, charges=CHARGES, keys=KEYS).accounts != sums_kept(one):
            raise Damaged(f"The files in {folder} do not add up to what is kept of {month}.")
    except Damaged as damaged:
        raise Refused(str(damaged), code="archive_damaged") from damaged
    if connection.vendor == "postgresql":
        # Before the rest, which takes longer than anybody should wait for the tables.
        part_made(month)
    with transaction.atomic():
        one = ArchivedMonth.objects.select_for_update().get(pk=one.pk)
        if one.state != State.ARCHIVED:
            raise Refused(f"{month} is not archived.", code="not_archived")
        for table in TABLES:
            _read(table, folder)
            count = MODELS[table].objects.filter(within(table, month)).count()
            if count != said["files"][file_of(table)]["rows"]:
                raise Refused(f"{file_of(table)} did not come back whole.", code="archive_damaged")
        if not one.sums.filter(bought__gt=0).exists():
            _count_costs(month)
        one.sums.all().delete()
        one.lines.all().delete()
        one.state, one.at = State.RESTORED, timezone.now()
        one.save(update_fields=["state", "at"])
    return one


def _count_costs(month: Month) -> None:
    """What carriers cost of a month by its top-level accounts, where that was not kept yet when it
    was archived.
    """
    # Nobody else makes totals meanwhile.
    hold_charging()
    costs = Charge.objects.filter(within(CHARGES, month), is_cost=True).order_by()
    totals = Totals()
    for legs in batched(costs.values_list("leg_id", flat=True).distinct(), _AT_ONCE):
        amounts = dict(
            costs.filter(leg_id__in=legs).values_list("leg_id").annotate(amount=Sum("amount"))
        )
        roots = root_charges(legs)
        payers = payers_of({one.account_id for one in roots.values()})
        for leg, root in roots.items():
            cost_counted(totals, root, payers[root.account_id].zone, to_micros(amounts[leg]))
    totals_added(totals)


def month_named(text: str) -> tuple[Month, Path | None]:
    """The month that is meant by its name (2024-11), or by its folder or the list in it, and where
    that is. Raises Refused.
    """
    months = {str(Month(one)): one for one in ArchivedMonth.objects.values_list("month", flat=True)}
    if text in months:
        return Month(months[text]), None
    path = Path(text)
    folder = path if path.is_dir() else path.parent
    if not (folder / MANIFEST).is_file():
        raise Refused(
            f"{text} is neither an archived month, such as 2024-11, nor the folder of one.",
            code="not_archived",
        )
    try:
        name = manifest_of(folder)["month"]
    except Damaged as damaged:
        raise Refused(str(damaged), code="archive_damaged") from damaged
    if name not in months:
        raise Refused(f"{name} is not archived.", code="not_archived")
    return Month(months[name]), folder


def _read(table: str, folder: Path) -> None:
    """Columns that are newer than the file take the default of the database."""
    path = folder / file_of(table)
    lines = lines_of(path)
    columns = next(lines)
    fields: list[Any] = [MODELS[table]._meta.get_field(name) for name in columns]
    if connection.vendor == "postgresql":
        texts = [
            name
            for name, one in zip(columns, fields, strict=True)
            if isinstance(one, CharField | TextField) and not one.null
        ]
        options = "FORMAT csv, HEADER" + (f", FORCE_NOT_NULL ({_quoted(texts)})" if texts else "")
        with (
            connection.cursor() as cursor,
            gzip.open(path) as file,
            cursor.copy(f"COPY {table} ({_quoted(columns)}) FROM STDIN ({options})") as to,
        ):
            while block := file.read(_BLOCK):
                to.write(block)
        return
    insert_many(
        MODELS[table],
        columns,
        (
            tuple(_value(one, text) for one, text in zip(fields, line, strict=True))
            for line in lines
        ),
    )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, names))


def _value(field: Any, text: str) -> Any:
    if field.null and not text:
        return None
    if isinstance(field, BooleanField):
        return text == "t"
    if isinstance(field, BinaryField):
        return bytes.fromhex(text.removeprefix("\\x"))
    if isinstance(field, DateTimeField):
        return datetime.fromisoformat(text)
    return text if isinstance(field, CharField | TextField | DateField) else int(text)
