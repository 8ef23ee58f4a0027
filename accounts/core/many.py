"""Rows by the thousand, written in the time it takes to write them: what they hold was worked out
before. Whoever calls it has checked everything, and holds what has to be held.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection


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
        marks = ", ".join(["%s"] * len(columns))
        # One after the other: they are never held together.
        adapted: Any = (tuple(map(_adapted, row)) for row in rows)
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
            adapted,
        )


def _adapted(value: Any) -> Any:
    is_moment = isinstance(value, datetime)
    return connection.ops.adapt_datetimefield_value(value) if is_moment else value
