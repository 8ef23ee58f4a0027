"""Encrypt anew, with the newest key, what was encrypted with a former one.

Safe to run at any time, beside the work of others and any number of times: a batch of rows is read
again under its lock, and what changed meanwhile is left as it was written.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.kit.encryption import Unreadable, decrypted, encrypted, is_current, lookup_hash
from accounts.kit.secret_columns import SecretColumn

_BATCH = 500


@dataclass
class Rotated:
    """How many secrets of a column were encrypted anew, were right already, or no key can read."""

    changed: int = 0
    current: int = 0
    unreadable: int = 0


def rotate(column: SecretColumn) -> Rotated:
    """Give every secret of `column`, and its look-up hash, the newest key; batch by batch, each in
    a short transaction of its own.
    """
    rotated, last = Rotated(), None
    while True:
        rows: Any = _with_secret(column).order_by("pk")
        if last is not None:
            rows = rows.filter(pk__gt=last)
        some = list(rows.values_list("pk", column.column)[:_BATCH])
        if not some:
            return rotated
        last = some[-1][0]
        stale = [pk for pk, stored in some if not is_current(stored)]
        rotated.current += len(some) - len(stale)
        if stale:
            _rotate_some(column, stale, rotated)


def _with_secret(column: SecretColumn) -> Any:
    rows: Any = column.model._default_manager.exclude(**{column.column: ""})
    return rows.exclude(**{f"{column.column}__isnull": True})


@transaction.atomic
def _rotate_some(column: SecretColumn, pks: list[Any], rotated: Rotated) -> None:
    rows = list(_with_secret(column).select_for_update().filter(pk__in=pks).order_by("pk"))
    changed = []
    for row in rows:
        stored = getattr(row, column.column)
        if is_current(stored):
            rotated.current += 1
            continue
        try:
            secret = decrypted(stored)
        except Unreadable:
            rotated.unreadable += 1
            continue
        setattr(row, column.column, encrypted(secret))
        if column.lookup:
            setattr(row, column.lookup, lookup_hash(secret, column.purpose))
        changed.append(row)
    names = [column.column, *([column.lookup] if column.lookup else [])]
    column.model._default_manager.bulk_update(changed, names)
    rotated.changed += len(changed)
