"""Calls at size: how many records a second become legs, charges, totals and movements of the
ledger, beside a bare COPY of the rows that came out of it, and how much memory that takes.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter, process_time
from typing import Any

from django.db import connection, transaction
from django.test.utils import override_settings
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.batches import batched
from accounts.tree.services.load import Draft, accounts_load
from billing.calls.models import Leg, LegKey
from billing.calls.services.intake import records_taken
from billing.charging.models import Charge, DayTotal, QuarterTotal
from billing.charging.queries.books import Tariffs
from billing.charging.queries.integrity import calls_found
from billing.charging.services.charger import MOST, Done, charge_all
from billing.ledger.models import Entry, Transaction
from billing.rates.drafts import RateDraft
from billing.rates.services.groups import group_create
from billing.rates.services.loading import rates_load
from billing.wallets.models import RateGroup, Standing, Wallet
from vosportal.benchmarks.measure import columns

# Of a bare COPY of the same rows by processor time, and what of memory may be used.
_AIM, _MOST_MEMORY = 0.4, 1024
# Memory after half of the batches and after all of them.
_FLAT = 1.1
ROOTS = 500
_CUSTOMERS = 17
# As many calls a day as this platform has.
_A_DAY = 1_000_000
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_WRITTEN = (Leg, LegKey, Charge, QuarterTotal, DayTotal, Transaction, Entry)


@dataclass(frozen=True)
class _Cost:
    """Seconds by the clock, and of the processor: of this process, and of the database's."""

    wall: float
    own: float
    database: float

    @property
    def cpu(self) -> float:
        return self.own + self.database


def default_records() -> int:
    """How many records are charged where nobody says it."""
    return 1_000_000 if connection.vendor == "postgresql" else 100_000


def run(*, records: int, accounts: int, prefixes: int, say: Callable[[str], None]) -> list[str]:
    """Charge so many `records` in the connected (scratch) database twice, at decks of so many
    `prefixes`: of accounts below many roots, then of as many below one. `say` hears of progress.
    """
    say(f"Loading 3 decks of {prefixes:,} prefixes …")
    groups = [deck(f"Level {level}", prefixes, level) for level in range(3)]
    roots = max(min(ROOTS, accounts // 20), 1)
    rows = []
    with override_settings(DEBUG=False):
        for name, count in ((f"{roots} roots", roots), ("one root", 1)):
            say(f"Loading {accounts:,} accounts below {name} …")
            names = customers(name, accounts, count, groups)
            rows.append(_measured(name, records, names, prefixes, say))
    found = calls_found()
    if not found.is_sound:
        raise RuntimeError(f"The calls are damaged after all this: {found.lines}")
    head = (
        "records, of accounts below", "records/s", "/s of CPU", "process, database",
        "COPY, /s of CPU", "aim", "memory at most", "aim",
    )  # fmt: skip
    return columns(head, rows)


# --- What there is before -------------------------------------------------------------------------


def deck(name: str, prefixes: int, level: int) -> RateGroup:
    """A group with so many rates, one a prefix."""
    group = group_create(actor=SYSTEM, name=name, is_shared=True)
    drafts = [
        RateDraft(prefix, Decimal(at % 5000 + 1 + level).scaleb(-5), f"Destination {at % 900}",
                  first_block=1, increment=1, since=_SINCE)
        for at, prefix in enumerate(prefixes_of(prefixes))
    ]  # fmt: skip
    rates_load(actor=SYSTEM, group=group, drafts=drafts)
    return group


def prefixes_of(count: int) -> Iterator[str]:
    return (f"8{at:06d}" for at in range(count))


def customers(name: str, accounts: int, roots: int, groups: Sequence[RateGroup]) -> list[str]:
    """Customers of the third level; each level buys at a deck of its own."""
    mark = name.replace(" ", "-")
    agents = max(accounts // (_CUSTOMERS + 3) * 2, 1)
    rest = max(accounts - roots - agents, 1)
    drafts = [Draft(f"{mark}-{at}", "x") for at in range(roots)]
    drafts += [Draft(f"{mark}-A{at}", "x", f"{mark}-{at % roots}") for at in range(agents)]
    names = [f"{mark}-C{at}" for at in range(rest)]
    drafts += [Draft(one, "x", f"{mark}-A{at % agents}") for at, one in enumerate(names)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    below = f"(SELECT id FROM {Account._meta.db_table} WHERE level = %s)"  # noqa: S608 - own names
    with connection.cursor() as cursor:
        for level, group in enumerate(groups):
            # Set for all of them at once, which nobody does on a platform.
            for table in (Wallet._meta.db_table, Standing._meta.db_table):
                cursor.execute(
                    f"UPDATE {table} SET rate_group_id = %s WHERE account_id IN {below}",  # noqa: S608
                    [group.pk, level],
                )
    return names


def _records(count: int, names: Sequence[str], prefixes: int) -> Iterator[dict[str, str]]:
    """Calls in the order of time, all of them answered, which is the most work."""
    dice = random.Random(7)  # noqa: S311 - calls, nothing secret
    begin = timezone.now() - timedelta(days=count / _A_DAY, hours=2)
    for at in range(count):
        setup = begin + timedelta(days=at / _A_DAY)
        answer = setup + timedelta(seconds=dice.randint(2, 20))
        seconds = min(int(dice.expovariate(1 / 150)) + 1, 5000)
        yield {
            "call_id": f"{dice.getrandbits(64):016x}-{at}@203.0.113.5",
            "account": dice.choice(names),
            "caller": f"49405550{dice.randrange(10_000):04d}",
            "callee": f"8{dice.randrange(prefixes):06d}{dice.randrange(10_000):04d}",
            "setup": setup.isoformat(),
            "answer": answer.isoformat(),
            "end": (answer + timedelta(seconds=seconds)).isoformat(),
            "duration": str(seconds),
            "cause": "16",
        }


# --- What is measured -----------------------------------------------------------------------------


def _measured(
    name: str, records: int, customers: Sequence[str], prefixes: int, say: Callable[[str], None]
) -> tuple[str, ...]:
    say(f"Putting {records:,} records into the inbox …")
    for some in batched(_records(records, customers, prefixes), MOST):
        records_taken([(None, one) for one in some], source=name)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    last = {model: _last(model) for model in _WRITTEN}
    say(f"Charging {records:,} records …")
    memory: list[int] = []
    _forget_peak()

    def told(done: Done) -> None:
        memory.append(_peak())
        if done.accepted != done.taken:
            raise RuntimeError(f"Not every record was charged: {done}")

    with _timed() as charging:
        charge_all(Tariffs(), told=told)
    say("Copying the same rows …")
    copying = _copied(last)
    speed, beside = records / charging[0].cpu, records / copying.cpu
    # The first batches make the decks ready.
    early, most = memory[len(memory) // 2], memory[-1]
    is_flat = most <= _MOST_MEMORY and most <= early * _FLAT
    return (
        f"{records:,}, {name}",
        f"{records / charging[0].wall:,.0f}",
        f"{speed:,.0f}",
        f"{charging[0].own:,.1f} s, {charging[0].database:,.1f} s",
        f"{beside:,.0f}",
        f"{'' if speed >= _AIM * beside else 'MISSED '}{speed / beside:.0%} ≥ {_AIM:.0%}",
        f"{most:,} MB",
        f"{'' if is_flat else 'MISSED '}≤ {_MOST_MEMORY:,} MB, {early:,} MB half-way",
    )


@contextmanager
def _timed() -> Iterator[list[_Cost]]:
    """What is done meanwhile costs so much; the list has it afterwards."""
    found: list[_Cost] = []
    began = perf_counter(), process_time(), _database_time()
    yield found
    ended = perf_counter(), process_time(), _database_time()
    found.append(_Cost(*(after - before for before, after in zip(began, ended, strict=True))))


def _database_time() -> float:
    """Seconds of the processor that this connection's process has taken; 0 where there is none, or
    it runs on another machine.
    """
    if connection.vendor != "postgresql":
        return 0.0
    connection.ensure_connection()
    stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _forget_peak() -> None:
    """Let the system forget how much memory this process has used at most."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        # The peak then counts what was loaded before as well.
        return


def _peak() -> int:
    """Memory of this process at most, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(one.split()[1]) // 1024 for one in lines if one.startswith("VmHWM:"))


# --- The same rows, copied ------------------------------------------------------------------------


def _last(model: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {model._meta.db_table}")  # noqa: S608
        found: int = cursor.fetchone()[0]
    return found


def _copied(last: dict[Any, int]) -> _Cost:
    """What it costs to write the rows that are new since, and nothing else, into tables of their
    own with the same indexes and constraints.
    """
    costs = [_copy_of(model._meta.db_table, after) for model, after in last.items()]
    return _Cost(
        sum(one.wall for one in costs),
        sum(one.own for one in costs),
        sum(one.database for one in costs),
    )


def _copy_of(table: str, after: int) -> _Cost:
    bare = f"bare_{table}"
    is_postgresql = connection.vendor == "postgresql"
    with transaction.atomic(), connection.cursor() as cursor, TemporaryFile() as rows:
        _make_beside(cursor, table, bare)
        if is_postgresql:
            with cursor.copy(f"COPY (SELECT * FROM {table} WHERE id > {after}) TO STDOUT") as out:  # noqa: S608
                for block in out:
                    rows.write(block)
            rows.seek(0)
            with _timed() as cost:
                with cursor.copy(f"COPY {bare} FROM STDIN") as into:
                    while block := rows.read(1 << 16):
                        into.write(block)
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        else:
            cursor.execute(f"SELECT * FROM {table} WHERE id > %s", [after])  # noqa: S608
            marks = ", ".join(["%s"] * len(cursor.description))
            found = cursor.fetchall()
            with _timed() as cost:
                cursor.executemany(f"INSERT INTO {bare} VALUES ({marks})", found)  # noqa: S608
        cursor.execute(f"DROP TABLE {bare}")
    return cost[0]


def _make_beside(cursor: Any, table: str, bare: str) -> None:
    """An empty table like another, with the same columns, indexes, checks and foreign keys."""
    if connection.vendor == "postgresql":
        # One in parts is too, and all of it lies in the part for the rest.
        cursor.execute("SELECT pg_get_partkeydef(%s::regclass)", [table])
        (parts,) = cursor.fetchone()
        by = f" PARTITION BY {parts}" if parts else ""
        cursor.execute(f"CREATE TABLE {bare} (LIKE {table} INCLUDING ALL){by}")
        if parts:
            cursor.execute(f"CREATE TABLE {bare}_rest PARTITION OF {bare} DEFAULT")
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        for (rule,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {bare} ADD {rule}")
        return
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = %s AND type IN ('table', 'index')"
        " AND sql IS NOT NULL ORDER BY type DESC",
        [table],
    )
    for name, sql in cursor.fetchall():
        own = sql.replace(f'"{table}"', f'"{bare}"')
        cursor.execute(own if name == table else own.replace(f'"{name}"', f'"bare_{name}"', 1))
