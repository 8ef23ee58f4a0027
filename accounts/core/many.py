"""Rows by the thousand, written in the time it takes to write them: what they hold was worked out
before. Whoever calls it has checked everything, and holds what has to be held.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, repeat
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import BinaryField, DateTimeField
from numpy.typing import NDArray

from accounts.kit.batches import batched
from accounts.kit.binary import HEAD, TAIL, fixed, row_head, written

_AT_ONCE = 5000
_NOTHING = "\\N"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What PostgreSQL writes of them holds nothing that would have to be masked.
_PLAIN = frozenset({
    "AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "DateField", "DateTimeField",
    "ForeignKey", "IntegerField", "PositiveBigIntegerField", "PositiveIntegerField",
    "PositiveSmallIntegerField", "SmallIntegerField", "TimeField",
})  # fmt: skip
_MASKS = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


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
                for some in batched(rows, _AT_ONCE):
                    copy.write(_as_text(model, columns, some))
            return
        given = rows
        if places := _places_of_moments(model, columns):
            given = (_adapted(row, places) for row in rows)
        insert = f"INSERT INTO {table} ({names}) VALUES "  # noqa: S608 - our own names
        _insert_in_portions(cursor, insert, len(columns), given)


@dataclass(frozen=True)
class Part:
    """Some columns of rows. What stands in them may be the same in many rows: `places` says for
    each row which values it has. Without, they stand in their order; single ones, in all rows.
    Arrays of numpy, where all columns of a part are such, are whole numbers as
    `accounts.kit.binary.fixed` reads them; only PostgreSQL takes days in them.
    """

    columns: Mapping[str, Sequence[Any]] | Mapping[str, NDArray[np.int64]]
    places: Sequence[int] | None = None

    @property
    def size(self) -> int:
        return len(next(iter(self.columns.values())) if self.places is None else self.places)

    def spread(self, rows: Sequence[Any], size: int) -> Iterable[Any]:
        """`rows` of the part, one for each of so many."""
        if self.places is not None:
            return map(rows.__getitem__, self.places)
        return repeat(rows[0], size) if len(rows) == 1 else rows


def insert_parts(model: Any, parts: Sequence[Part]) -> None:
    """Insert rows that are made of parts, as `insert_many` does rows; what many of them have in
    common is written once. Every value is of the type of its column.
    """
    columns = [name for one in parts for name in one.columns]
    size = max(one.size for one in parts)
    if not min(one.size for one in parts):
        return
    if connection.vendor != "postgresql":
        split = [one.spread(_plain(model, one), size) for one in parts]
        insert_many(model, columns, (sum(row, ()) for row in zip(*split, strict=True)))
        return
    kinds = {one.column: one.db_type(connection) for one in model._meta.concrete_fields}
    pieces = [one.spread(_in_binary(one, kinds), size) for one in parts]
    rows = zip(repeat(row_head(len(columns)), size), *pieces, strict=True)
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(map(connection.ops.quote_name, columns))
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(HEAD)
        for some in batched(rows, _AT_ONCE):
            copy.write(b"".join(chain.from_iterable(some)))
        copy.write(TAIL)


def _plain(model: Any, part: Part) -> list[tuple[Any, ...]]:
    columns = {
        name: values.tolist() if isinstance(values, np.ndarray) else values
        for name, values in part.columns.items()
    }
    for place in _places_of_moments(model, list(columns)):
        name = list(columns)[place]
        if isinstance(part.columns[name], np.ndarray):
            columns[name] = [_EPOCH + timedelta(microseconds=one) for one in columns[name]]
    return list(zip(*columns.values(), strict=True))


def _in_binary(part: Part, kinds: Mapping[str, str]) -> Sequence[bytes]:
    numbers, others = dict[str, NDArray[np.int64]](), dict[str, Sequence[Any]]()
    for name, values in part.columns.items():
        if isinstance(values, np.ndarray):
            numbers[name] = values
        else:
            others[name] = values
    if numbers:
        return fixed(numbers, kinds)
    texts = [_column_in_binary(kinds[name], values) for name, values in others.items()]
    return texts[0] if len(texts) == 1 else list(map(b"".join, zip(*texts, strict=True)))


def _column_in_binary(kind: str, values: Sequence[Any]) -> list[bytes]:
    if values.count(values[0]) == len(values):
        return written(kind, values[:1]) * len(values)
    return written(kind, values)


@contextmanager
def planned_anew() -> Iterator[None]:
    """Within, PostgreSQL plans every statement for the size that tables have by now: a plan that
    was kept while they were empty reads all of them for each row. Nor does it read a table whole
    to find some hundred rows. In the transaction of the caller.
    Foreign keys are proved at its end by the plans that are kept: planning for every row of them
    took a quarter of what a batch of calls costs the database.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off"
        )
    yield
    with connection.cursor() as cursor:
        # One statement, as all that may be sent without waiting for its answer.
        cursor.execute(
            "SELECT set_config('plan_cache_mode', 'auto', true),"
            " set_config('enable_seqscan', 'on', true)"
        )


@contextmanager
def rows_by_index() -> Iterator[None]:
    """Within, PostgreSQL looks up each row that is joined in its index, however few it believes a
    table to have that has just grown. In the transaction of the caller.
    """
    if connection.vendor != "postgresql":
        yield
        return
    joins = (
        "SELECT set_config('enable_hashjoin', %s, true), set_config('enable_mergejoin', %s, true)"
    )
    with connection.cursor() as cursor:
        cursor.execute(joins, ["off", "off"])
    yield
    with connection.cursor() as cursor:
        cursor.execute(joins, ["on", "on"])


def references_proved() -> None:
    """What rows that were written so far refer to is proved now and not at the end of the caller's
    transaction, when it takes its time with everything locked. Raises IntegrityError.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # By the plans that are kept, as in `planned_anew`.
        cursor.execute(
            "SELECT set_config('portal.plans', current_setting('plan_cache_mode'), true);"
            " SET LOCAL plan_cache_mode = DEFAULT;"
            " SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"
            " SELECT set_config('plan_cache_mode', current_setting('portal.plans'), true)"
        )


def keys_for(model: Any, count: int) -> list[int]:
    """Primary keys for so many new rows, in ascending order, that nobody else will have."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Its name is found once: in the list it would be looked up for every row.
            cursor.execute(
                "WITH one AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS it)"
                " SELECT nextval(it) FROM one, generate_series(1, %s)",
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


def _as_text(model: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> str:
    """Rows as COPY reads them, written column by column, which takes a third of the time of the
    driver's own way.
    """
    fields = {one.column: one for one in model._meta.concrete_fields}
    texts = [
        _texts(fields[column], values)
        for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    return "\n".join(map("\t".join, zip(*texts, strict=True))) + "\n"


def _texts(field: Any, values: Sequence[Any]) -> list[str]:
    if values.count(values[0]) == len(values):
        return _written(field, values[:1]) * len(values)
    return _written(field, values)


def _written(field: Any, values: Sequence[Any]) -> list[str]:
    if isinstance(field, BinaryField):
        return [_NOTHING if one is None else f"\\\\x{one.hex()}" for one in values]
    if isinstance(field, DateTimeField):
        return list(_moments(values))
    if field.get_internal_type() in _PLAIN:
        return [_NOTHING if one is None else str(one) for one in values]
    # No text that PostgreSQL takes holds a NUL, so that all of them are masked as one.
    joined = "\0".join(["" if one is None else str(one) for one in values])
    for sign, mask in _MASKS:
        joined = joined.replace(sign, mask)
    masked = joined.split("\0")
    if None in values:
        return [_NOTHING if one is None else text for one, text in zip(values, masked, strict=True)]
    return masked


def _moments(values: Sequence[Any]) -> Iterator[str]:
    """Rows that belong together have the same moment, which is written once."""
    last, text = None, _NOTHING
    for one in values:
        if one is not last:
            last, text = one, _NOTHING if one is None else str(one)
        yield text


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
