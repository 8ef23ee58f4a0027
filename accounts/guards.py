"""Database guards of tables that are only ever appended to: no row is altered, deleted, replaced.

Declared once, installed after every migrate, for SQLite drops a table's triggers whenever a later
migration remakes the table. TRUNCATE and superusers of PostgreSQL are outside their reach.
"""

from typing import Any

from django.db import connection, models

from accounts.models import AuditEntry, AuditSeal

# Other apps append theirs in their `AppConfig.ready()`.
guarded: list[type[models.Model]] = [AuditEntry, AuditSeal]

# Unique columns beside the key by which INSERT OR REPLACE would find a row to take away. Not for
# tables that are inserted into with ON CONFLICT DO NOTHING: SQLite asks the guard before that.
_UNIQUE: dict[type[models.Model], tuple[str, ...]] = {AuditSeal: ("last_id",)}

_EVENTS = ("update", "delete")
# SQLite's INSERT OR REPLACE takes a row away without asking the guard of deletions.
_ALL_EVENTS = (*_EVENTS, "insert")
_FUNCTION = "portal_refuse_change"


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
        make = _postgresql if connection.vendor == "postgresql" else _sqlite
        for statement in make(tables):
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


def missing() -> list[str]:
    """The names of the guards that are not there, or are switched off; empty means guarded."""
    events = _EVENTS if connection.vendor == "postgresql" else _ALL_EVENTS
    wanted = {_name(table, event) for table in _tables() for event in events}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # D is a disabled trigger.
            cursor.execute(
                "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                " WHERE NOT tgisinternal AND tgenabled <> 'D' AND relname = ANY(%s)"
                " AND pg_table_is_visible(pg_class.oid)",
                [_tables()],
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return sorted(wanted - {row[0] for row in cursor.fetchall()})


def _postgresql(tables: list[str]) -> list[str]:
    statements = [
        f"""CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is only ever appended to', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END $$"""
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
    statements = []
    for table in tables:
        refuse = f"SELECT RAISE(ABORT, '{table} is only ever appended to');"
        for event in _EVENTS:
            name = _name(table, event)
            statements.append(
                f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event.upper()} ON {table}"
                f" BEGIN {refuse} END"
            )
        name = _name(table, "insert")
        same = " OR ".join(f"{column} = NEW.{column}" for column in ("id", *_unique(table)))
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own names
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {taken} BEGIN {refuse} END",
        ]
    return statements


def _unique(table: str) -> tuple[str, ...]:
    return next((columns for one, columns in _UNIQUE.items() if one._meta.db_table == table), ())
