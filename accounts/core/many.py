"""Rows by the thousand, written in the time it takes to write them: what they hold was worked out
before. Whoever calls it has checked everything, and holds what has to be held.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.db import connection
from django.db.models import DateTimeField


def insert_many(model: Any, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert `rows`, tuples in the order of `columns`, in the transaction of the caller. Columns
    that are left out take the default of the database. Raises IntegrityError.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The driver's own errors come out of a copy, unless they are taken for Django's here.
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
            return
        given = rows
        if places := _places_of_moments(model, columns):
            given = (_adapted(row, places) for row in rows)
        insert = f"INSERT INTO {table} ({names}) VALUES "  # noqa: S608 - our own names
        _insert_in_portions(cursor, insert, len(columns), given)


def keys_for(model: Any, count: int) -> list[int]:
    """Primary keys for so many new rows, in ascending order, that nobody else will have."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return [row[0] for row in cursor.fetchall()]
        # Nobody else writes: the transaction holds SQLite's only writer lock.
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()[0]
    return list(range(last + 1, last + 1 + count))


def _insert_in_portions(
    cursor: Any, insert: str, width: int, rows: Iterable[tuple[Any, ...]]
) -> None:
    """As many rows a statement as SQLite takes: that is half the time of a statement a row."""
    most = (connection.features.max_query_params or 999) // width
    row_marks = f"({', '.join(['%s'] * width)})"
    waiting, rest = iter(rows), list[Any]()

    def portions() -> Iterator[list[Any]]:
        # One after the other: they are never held together.
        while len(some := list(islice(waiting, most))) == most:
            yield list(chain.from_iterable(some))
        rest.extend(some)

    cursor.executemany(insert + ", ".join([row_marks] * most), portions())
    if rest:
        cursor.execute(insert + ", ".join([row_marks] * len(rest)), list(chain.from_iterable(rest)))


def _places_of_moments(model: Any, columns: Sequence[str]) -> list[int]:
    fields = model._meta.concrete_fields
    moments = {one.column for one in fields if isinstance(one, DateTimeField)}
    return [place for place, column in enumerate(columns) if column in moments]


def _adapted(row: tuple[Any, ...], places: Sequence[int]) -> tuple[Any, ...]:
    adapt, values = connection.ops.adapt_datetimefield_value, list(row)
    for place in places:
        # What was laid aside meanwhile is a text already.
        if isinstance(values[place], datetime):
            values[place] = adapt(values[place])
    return tuple(values)
