"""Values as PostgreSQL takes them in binary, so that neither side writes them out and reads them as
text. Pure functions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import postgres
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Buffer, Dumper
from psycopg.pq import Format

_Writer = Callable[[Sequence[Any]], list[bytes]]

# What stands before and behind the rows of a COPY in binary.
HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"

_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(2000, 1, 1).toordinal()
_row, _length = Struct(">h").pack, Struct(">i").pack
_small, _whole, _big, _true = (Struct(one).pack for one in (">ih", ">ii", ">iq", ">i?"))


def row_head(columns: int) -> bytes:
    """What stands before the values of a row."""
    return _row(columns)


def written(kind: str, values: Sequence[Any]) -> list[bytes]:
    """The values of a column of this type, as the database calls it, each behind its length. Raises
    LookupError for a type that is not known here.
    """
    return _WRITERS[kind.partition("(")[0]](values)


def fixed(columns: Mapping[str, NDArray[np.int64]], kinds: Mapping[str, str]) -> list[bytes]:
    """Rows of whole numbers, of as many columns, each value behind its length: those of a day count
    since 1970, of a moment micro-seconds since then. `kinds`: the types of the columns. Raises
    LookupError for one that is not known here.
    """
    types = [_FIXED[kinds[name]] for name in columns]
    rows = np.empty(
        len(next(iter(columns.values()))),
        dtype=[
            field
            for at, (kind, _since) in enumerate(types)
            for field in ((f"length{at}", ">i4"), (f"value{at}", kind))
        ],
    )
    for at, ((kind, since), values) in enumerate(zip(types, columns.values(), strict=True)):
        rows[f"length{at}"] = np.dtype(kind).itemsize
        rows[f"value{at}"] = values - since if since else values
    found: list[bytes] = rows.view(f"V{rows.itemsize}").tolist()
    return found


def _numbers(
    pack: Callable[[int, Any], bytes], size: int
) -> Callable[[Sequence[Any]], list[bytes]]:
    return lambda values: [_NULL if one is None else pack(size, one) for one in values]


def _texts(values: Sequence[Any]) -> list[bytes]:
    return _bytes([None if one is None else one.encode() for one in values])


def _bytes(values: Sequence[Any]) -> list[bytes]:
    return [_NULL if one is None else _length(len(one)) + one for one in values]


def _objects(values: Sequence[Any]) -> list[bytes]:
    """Of JSON, as texts."""
    return _bytes([None if one is None else b"\x01" + one.encode() for one in values])


def _days(values: Sequence[Any]) -> list[bytes]:
    days = [None if one is None else one.toordinal() - _FIRST_DAY for one in values]
    return [_NULL if one is None else _whole(4, one) for one in days]


def _moments(values: Sequence[Any]) -> list[bytes]:
    return list(_each_moment(values))


def _each_moment(values: Sequence[Any]) -> Iterator[bytes]:
    """Rows that belong together have the same moment, which is written once."""
    last, found = None, _NULL
    for one in values:
        if one is not last:
            last, found = one, _NULL
            if one is not None:
                since = one - _EPOCH
                seconds = since.days * 86_400 + since.seconds
                found = _big(8, seconds * 1_000_000 + since.microseconds)
        yield found


_WRITERS: Mapping[str, _Writer] = {
    "smallint": _numbers(_small, 2),
    "integer": _numbers(_whole, 4),
    "bigint": _numbers(_big, 8),
    "boolean": _numbers(_true, 1),
    "date": _days,
    "timestamp with time zone": _moments,
    "varchar": _texts,
    "text": _texts,
    "bytea": _bytes,
    "jsonb": _objects,
}


_FIXED = {
    "smallint": (">i2", 0),
    "integer": (">i4", 0),
    "bigint": (">i8", 0),
    "boolean": ("?", 0),
    "date": (">i4", _FIRST_DAY - date(1970, 1, 1).toordinal()),
    "timestamp with time zone": (">i8", 946_684_800_000_000),
}


class Integers:
    """Whole numbers, given to a statement as one value (`%s::bigint[]`)."""

    def __init__(self, values: NDArray[np.int64] | Sequence[int]) -> None:
        self.values = np.asarray(values, dtype=np.int64)

    @property
    def cells(self) -> bytes:
        cells = np.empty(len(self.values), dtype=[("length", ">i4"), ("value", ">i8")])
        cells["length"], cells["value"] = 8, self.values
        return cells.tobytes()

    @property
    def texts(self) -> Iterable[str]:
        return map(str, self.values.tolist())


class Strings:
    """Strings of bytes, likewise (`%s::bytea[]`)."""

    def __init__(self, values: Sequence[bytes]) -> None:
        self.values = values

    @property
    def cells(self) -> bytes:
        return b"".join(_bytes(self.values))

    @property
    def texts(self) -> Iterable[str]:
        return (f'"\\\\x{one.hex()}"' for one in self.values)


class _ArrayDumper(Dumper):
    """As PostgreSQL takes an array of one dimension without nulls."""

    format = Format.BINARY
    of = postgres.types["int8"]

    def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        self.oid = self.of.array_oid

    def dump(self, obj: Integers | Strings) -> Buffer:
        count = len(obj.values)
        if not count:
            return _ARRAY(0, 0, self.of.oid)
        return _ARRAY(1, 0, self.of.oid) + _BOUNDS(count, 1) + obj.cells


class _StringsDumper(_ArrayDumper):
    of = postgres.types["bytea"]


class _TextDumper(Dumper):
    """Where values are written into the statement."""

    format = Format.TEXT

    def dump(self, obj: Integers | Strings) -> Buffer:
        return f"{{{','.join(obj.texts)}}}".encode()


_ARRAY, _BOUNDS = Struct(">iiI").pack, Struct(">ii").pack


def register(adapters: AdaptersMap) -> None:
    """Let connections that are made from now on take them."""
    # The last one of a type is taken where both would do.
    for kind, dumper in ((Integers, _ArrayDumper), (Strings, _StringsDumper)):
        adapters.register_dumper(kind, _TextDumper)
        adapters.register_dumper(kind, dumper)
