"""The one lock under which the tree changes.

Protocol: read which trees are touched, lock the forest key first if a root appears, vanishes or
changes tree, then the trees in ascending order; read again, and if the trees are no longer the
same, leave the transaction and start over. Only then check and write. PostgreSQL holds
transaction-scoped advisory locks; SQLite is serialised by IMMEDIATE transactions. Global order of
locks: forest, trees, uses of authorizations (GrantUse), addresses of gateways, grants, rate groups,
payment policies, wallets by descending key, cards.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from accounts.core.models.account import STRUCTURE_UNLOCKED, Account
from accounts.kit.errors import Busy, NotInScope
from accounts.kit.prepared import Prepared

_FOREST_KEY = 0
# Namespace of our advisory locks in the database ("VOSP").
_LOCK_CLASS = 0x564F5350
# And of the locks of housekeeping ("VOSH").
_TASK_CLASS = 0x564F5348
# And of the addresses of gateways ("VOSG").
_ADDRESS_CLASS = 0x564F5347
_TRIES = 3
# Seconds after which there is no other try: the person waits, and so does a thread.
_LONGEST = 9.0
_WAIT = "5s"

# pk → (tree_id, is a root)
Placements = Mapping[int, tuple[int, bool]]
T = TypeVar("T")


class _TreesChanged(Exception):
    """Between reading and locking somebody moved an account; start over."""


def in_locked_trees(
    work: Callable[[dict[int, Account]], T],
    *,
    touching: Iterable[int],
    forest: bool | Callable[[Placements], bool] = False,
) -> T:
    """Run `work` in a transaction that holds the trees of the accounts `touching`.

    `work` gets these accounts, read after the locks were granted, by primary key. `forest` says
    whether a root appears, vanishes or changes tree; a callable decides from where the accounts
    stand.

    Raises NotInScope when one of the accounts does not exist (any more), Busy when others hold the
    trees too long or keep moving them.
    """
    pks = sorted(set(touching))
    began = time.monotonic()
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                seen = _placements(pks)
                with_forest = forest(seen) if callable(forest) else forest
                _lock(
                    ([_FOREST_KEY] if with_forest else [])
                    + sorted({t for t, _root in seen.values()})
                )
                if _placements(pks) != seen:
                    raise _TreesChanged
                fresh = {one.pk: one for one in _FRESH.objects((), *pks)}
                token = STRUCTURE_UNLOCKED.set(True)
                try:
                    return work(fresh)
                finally:
                    STRUCTURE_UNLOCKED.reset(token)
        except _TreesChanged:
            pass
        except OperationalError as error:
            if not _is_contention(error):
                raise
            if connection.in_atomic_block:
                break  # The surrounding transaction is lost with this one.
            if time.monotonic() - began >= _LONGEST:
                break
        if attempt + 1 < _TRIES:
            time.sleep(random.uniform(0.01, 0.05) * (attempt + 1))  # noqa: S311
    raise Busy


def _placements(pks: list[int]) -> Placements:
    rows = _PLACEMENTS.rows((), *pks)
    found = {pk: (tree_id, parent_id is None) for pk, tree_id, parent_id in rows}
    if len(found) != len(pks):
        raise NotInScope
    return found


def _placed(_shape: Any, *pks: int) -> "QuerySet[Account, Any]":
    rows = Account._base_manager.filter(pk__in=pks)
    return rows.values_list("pk", "tree_id", "parent_id")


def _locked(_shape: Any, *pks: int) -> "QuerySet[Account]":
    return Account.objects.filter(pk__in=pks)


_PLACEMENTS, _FRESH = Prepared(_placed), Prepared(_locked)


def _lock(keys: list[int]) -> None:
    if connection.vendor != "postgresql" or not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_WAIT])
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, key])


def _is_contention(error: OperationalError) -> bool:
    """Deadlock, lock timeout or serialization failure on PostgreSQL; a locked file on SQLite."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in ("40P01", "40001", "55P03") or "locked" in str(error)


def alone(task: int) -> None:
    """Wait until no other process does the housekeeping `task`; it lasts until the end of the
    transaction. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_TASK_CLASS, task])


def addresses() -> None:
    """Wait until nobody else gives addresses to gateways; it lasts until the end of the
    transaction, and what is read afterwards is what all the others wrote.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ADDRESS_CLASS, 0])


@contextmanager
def said_busy() -> Iterator[None]:
    """Around a whole transaction: raise Busy where the database gave up waiting for others."""
    try:
        yield
    except OperationalError as error:
        if not _is_contention(error):
            raise
        raise Busy from error


def in_locked_forest(work: Callable[[], T]) -> T:
    """Run `work` in a transaction in which nobody else changes any account: for repairs.

    A lock per tree would fill the server's lock table in a large forest, so PostgreSQL locks the
    table against writers instead; readers go on. Raises Busy when others write too long.
    """
    with said_busy(), transaction.atomic():
        _lock([_FOREST_KEY])
        if connection.vendor == "postgresql":
            table = connection.ops.quote_name(Account._meta.db_table)
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        return work()
