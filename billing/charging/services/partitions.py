"""The parts of the tables of calls, on PostgreSQL: one a month, made ahead, and one for whatever
has none yet, so that nothing is ever refused. Only the owner of the tables makes and drops them.
"""

from datetime import date
from time import sleep

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from billing.calls.models import Leg, LegKey
from billing.charging.models import Charge
from billing.charging.months import Month
from billing.wallets.services.standing import hold_charging

# The tables by month, and the column that says which: charges before the legs they belong to.
LEGS, CHARGES, KEYS = (one._meta.db_table for one in (Leg, Charge, LegKey))
TABLES = {CHARGES: "setup", LEGS: "setup", KEYS: "month"}
# Months that have their parts before they begin.
AHEAD = 2
# Tables are altered while nobody reads them. Nobody waits in line for that: it is tried so often,
# with a pause (seconds) between.
_TRIES, _PAUSE = 50, 0.1


def parts_made() -> str:
    """Make the parts of this month and those ahead, and of months whose calls lie in none; for
    housekeeping. Says what it did.
    """
    if connection.vendor != "postgresql":
        return "no parts in SQLite"
    if not owns_tables():
        return NOT_OURS
    wanted = {Month.of(timezone.now())}
    for _ahead in range(AHEAD):
        wanted.add(max(wanted, key=lambda one: one.first).next)
    made = 0
    for month in sorted(wanted | strays(), key=lambda one: one.first):
        made += part_made(month)
    return f"{made} made"


NOT_OURS = (
    "left to the owner of the tables, who runs call_months (docs/operations.md, Calls by month)"
)


def owns_tables() -> bool:
    """Whether this role may make and drop parts of the tables of calls."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class"
            " WHERE oid = %s::regclass",
            [LEGS],
        )
        return bool(cursor.fetchone()[0])


def part_made(month: Month) -> bool:
    """Make the parts of a month where they are missing, and put into them what lies elsewhere of
    it. No batch of calls is charged meanwhile. Raises OperationalError where the tables are busy.
    """
    with transaction.atomic():
        hold_charging()
        missing = [table for table in TABLES if not _exists(part_of(table, month))]
        if missing:
            tables_held()
        for table in missing:
            _make(table, month)
        return bool(missing)


def tables_held() -> None:
    """Keep everybody from the tables of calls until the end of the transaction, as soon as nobody
    reads them. Raises OperationalError where that does not come to pass.
    """
    names = ", ".join(f"ONLY {one}" for one in TABLES)
    for tries_left in reversed(range(_TRIES)):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT")
            return
        except OperationalError:
            if not tries_left:
                raise
            sleep(_PAUSE)


def _make(table: str, month: Month) -> None:
    part, rest = part_of(table, month), f"{table}_default"
    begin, end = bounds(table, month)
    with connection.cursor() as cursor:
        # What lies in the rest is neither altered nor deleted while it belongs to the table.
        has_strays = _has_rows(table, rest, month)
        if has_strays:
            cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {rest}")
        cursor.execute(
            f"CREATE TABLE {part} PARTITION OF {table} FOR VALUES FROM ('{begin}') TO ('{end}')"
        )
        if has_strays:
            of_month = f"{TABLES[table]} >= '{begin}' AND {TABLES[table]} < '{end}'"
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {rest} WHERE {of_month}")  # noqa: S608
            cursor.execute(f"DELETE FROM {rest} WHERE {of_month}")  # noqa: S608
            cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {rest} DEFAULT")


def strays() -> set[Month]:
    """The months of which something lies in no part of its own."""
    found: set[Month] = set()
    with connection.cursor() as cursor:
        for table, column in TABLES.items():
            at = column if column == "month" else f"{column} AT TIME ZONE 'UTC'"
            cursor.execute(f"SELECT DISTINCT date_trunc('month', {at}) FROM {table}_default")  # noqa: S608
            found |= {Month(date(one.year, one.month, 1)) for (one,) in cursor.fetchall()}
    return found


def parts_dropped(month: Month) -> None:
    """Drop the parts of a month, in the transaction of the caller, who holds the tables and has
    made sure that everything is kept elsewhere.
    """
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE {part_of(table, month)}")


def part_of(table: str, month: Month) -> str:
    return f"{table}_{month.first:%Y_%m}"


def bounds(table: str, month: Month) -> tuple[str, str]:
    """From where, and before where a month lies in a table, as SQL of PostgreSQL reads it."""
    if TABLES[table] == "month":
        return month.first.isoformat(), month.next.first.isoformat()
    return month.begin.isoformat(), month.end.isoformat()


def _exists(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        return bool(cursor.fetchone()[0])


def _has_rows(table: str, rest: str, month: Month) -> bool:
    begin, end = bounds(table, month)
    column = TABLES[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {rest} WHERE {column} >= %s AND {column} < %s)",  # noqa: S608
            [begin, end],
        )
        return bool(cursor.fetchone()[0])
