"""Database guards of tables that are only ever appended to: no row is altered, deleted, replaced.

Declared once, installed after every migrate, for SQLite drops a table's triggers whenever a later
migration remakes the table. On PostgreSQL the parts of a table have those of the whole. TRUNCATE,
DROP and superusers of PostgreSQL are outside their reach.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

from accounts.core.models import AuditEntry, AuditSeal

# Packages add theirs in their `hooks`. Each table with the conditions, beside the same `id`, on
# which SQLite's INSERT OR REPLACE would find a row to take away: its other unique columns. SQLite
# asks the guard before ON CONFLICT DO NOTHING: who inserts there looks first.
guarded: dict[type[models.Model], tuple[str, ...]] = {
    AuditEntry: (),
    AuditSeal: ("last_id = NEW.last_id",),
}

# What PostgreSQL's catalogue says of a trigger BEFORE … FOR EACH ROW.
_EVENTS = {"update": 19, "delete": 11}
# SQLite's INSERT OR REPLACE takes a row away without asking the guard of deletions.
_ALL_EVENTS = (*_EVENTS, "insert")
_FUNCTION = "portal_refuse_change"
_BODY = """
        BEGIN
            RAISE EXCEPTION '% is only ever appended to', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END """


def _tables() -> list[str]:
    return [one._meta.db_table for one in guarded]


def _name(table: str, event: str) -> str:
    return f"guard_{table}_{event}"


def install() -> None:
    """Make every guard that is missing; harmless when all are there. Tables that do not exist yet
    are left for the migrate that makes them.
    """
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        gone = set(missing())
        # Only what is missing: making a trigger keeps everybody else from the table meanwhile.
        tables = [
            table
            for table in _tables()
            if table in existing and any(_name(table, event) in gone for event in _ALL_EVENTS)
        ]
        statements = _postgresql(tables) if connection.vendor == "postgresql" else _sqlite(tables)
        for statement in statements:
            cursor.execute(statement)


def install_after_migrate(**_: Any) -> None:
    """`install`, as a receiver of `post_migrate`."""
    install()


def remove() -> None:
    """Take all guards away: for test databases that are emptied, and for migrations back."""
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for table in existing.intersection(_tables()):
            for event in _ALL_EVENTS:
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(table, event)}{on}")


@contextmanager
def set_aside(table: str) -> Iterator[None]:
    """SQLite: rows of this table may be deleted inside, by whoever keeps them elsewhere; in the
    transaction of the caller, with which the guard comes back whatever happens. The only door, and
    none on PostgreSQL, where its owner drops a part of the table as a whole.
    """
    name = _name(table, "delete")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}")
        yield
        cursor.execute(_triggers()[name])


def missing() -> list[str]:
    """The names of the guards that are not there, are switched off, or are not what they were made
    as; empty means guarded.
    """
    if connection.vendor == "postgresql":
        wanted, present = {_name(one, event) for one in _tables() for event in _EVENTS}, _in_force()
    else:
        made = _triggers()
        wanted = set(made)
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            present = {name for name, sql in cursor.fetchall() if sql == made.get(name)}
    return sorted(wanted - present)


def _in_force() -> set[str]:
    """PostgreSQL's triggers that fire always, for every row and column, and still refuse."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, relname, tgtype FROM pg_trigger"
            " JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE NOT tgisinternal AND tgenabled = 'A' AND tgqual IS NULL AND tgattr::text = ''"
            " AND prosrc = %s AND relname = ANY(%s) AND pg_table_is_visible(pg_class.oid)",
            [_BODY, _tables()],
        )
        kinds = {kind: event for event, kind in _EVENTS.items()}
        found = {
            name
            for name, table, kind in cursor.fetchall()
            if kind in kinds and name == _name(table, kinds[kind])
        }
        # A part has the guard of the whole, unless somebody switched it off there.
        cursor.execute(
            "SELECT whole.tgname FROM pg_trigger whole JOIN pg_inherits ON inhparent = tgrelid"
            " JOIN pg_class ON pg_class.oid = tgrelid WHERE relname = ANY(%s) AND NOT EXISTS ("
            "SELECT 1 FROM pg_trigger part WHERE part.tgparentid = whole.oid"
            " AND part.tgrelid = inhrelid AND part.tgenabled = 'A')",
            [_tables()],
        )
        return found - {name for (name,) in cursor.fetchall()}


def _postgresql(tables: list[str]) -> list[str]:
    statements = [
        f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$"
    ]
    for table in tables:
        for event in _EVENTS:
            name = _name(table, event)
            statements += [
                f"DROP TRIGGER IF EXISTS {name} ON {table}",
                f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()",
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
            ]
    return statements


def _sqlite(tables: list[str]) -> list[str]:
    made = _triggers()
    return [
        statement
        for table in tables
        for name in (_name(table, event) for event in _ALL_EVENTS)
        for statement in (f"DROP TRIGGER IF EXISTS {name}", made[name])
    ]


def _triggers() -> dict[str, str]:
    """SQLite's triggers by name, each as it is made and as the database keeps it."""
    made = {}
    for model, taken in guarded.items():
        table = model._meta.db_table
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is only ever appended to'); END"
        for event in _EVENTS:
            name = _name(table, event)
            made[name] = f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table} {refuse}"
        # One condition each, so that each is answered by an index.
        conditions = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own names
            for same in ("id = NEW.id", *taken)
        )
        name = _name(table, "insert")
        made[name] = f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {conditions} {refuse}"
    return made
