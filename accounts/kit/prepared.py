"""Statements that many pages make, turned into SQL once.

For a small statement Django takes longer to make its text than the database to answer it
(docs/decisions/0014-statements-made-once.md). What is prepared here is written as a queryset and
narrowed to a scope like any other; its text is kept, and every execution brings its own values.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from psycopg.types.numeric import Int8

from accounts.kit.private_doors import Statement, statement_of

#: What may change from one execution to the next.
Value = int | str | datetime | date

# How many texts of one statement are kept at most: a forged address can ask for ever new ones.
_KEPT = 200
# Every number of values has a text of its own. With more of them than this, which is rare, it is
# not kept.
_MOST = 300
# Stand in the places of the values while the text is made; nothing else in it looks like them.
_NUMBER = 7_423_000_000_000_000_000
_MOMENT = datetime(3977, 3, 1, 4, 5, 6, 789, tzinfo=UTC)
_DAY = date(3977, 5, 2)
_TEXT = "a-value-of-a-statement-"
# Between the stand-ins of the first and of the second making.
_APART = 1000

_MARK = re.compile("%[%s]")

_Key = TypeVar("_Key")


class _Place(NamedTuple):
    """Where the value of this number goes, as what it is handed to the database."""

    number: int
    kind: type[Any]

    def filled(self, values: tuple[Value, ...]) -> Any:
        # Of one kind whatever its size: the server keeps a plan for each.
        adapted = _adapted(values[self.number])
        return adapted if isinstance(adapted, self.kind) else self.kind(adapted)


class _Places(NamedTuple):
    """Where the values of these numbers go, as one list."""

    each: tuple[_Place, ...]

    def filled(self, values: tuple[Value, ...]) -> list[Any]:
        return [one.filled(values) for one in self.each]


_FILLED = (_Place, _Places)


class Prepared:
    """`Prepared(build)`, where `build(shape, *values)` gives a queryset.

    Its text may follow from the shape and from how many values there are, never from the values: it
    is made once, with others in their places. Raises ValueError where a value is not found in it,
    or where anything else differs from one making to the next: it would stay as it was once.

    `around` asks something of its rows instead, such as `SELECT COUNT(*) FROM ({}) AS lines`; what
    comes of that is as the database gives it.

    Keys of a list are narrowed to by `among`: PostgreSQL then has one parameter to read, and plans
    for a few of them.

    `is_spelled_out`: words and numbers that never change stand in the text. A plan that the server
    keeps then knows them, and finds an index that is for those rows alone. Not by itself, for to
    know more leads PostgreSQL astray as well: measure it.
    """

    def __init__(
        self,
        build: "Callable[..., QuerySet[Any, Any]]",
        around: str = "{}",
        *,
        is_spelled_out: bool = False,
    ) -> None:
        self._build = build
        self._around = around
        self._is_spelled_out = is_spelled_out
        self._text = lru_cache(maxsize=_KEPT)(self._made)

    def rows(self, shape: Hashable, *values: Value) -> list[tuple[Any, ...]]:
        """The rows as tuples. One query, or none where nothing can be found."""
        kinds = tuple(map(type, values))
        text = (self._made if len(values) > _MOST else self._text)(shape, kinds)
        return list(_found(text, values)) if text else []

    def objects(self, shape: Hashable, *values: Value) -> list[Any]:
        """The rows as objects of the queryset's model, each with its annotations."""
        if len(values) > _MOST:
            return list(self._build(shape, *values))
        text = self._text(shape, tuple(map(type, values)))
        return [_object(text, row) for row in _found(text, values)] if text else []

    def _made(self, shape: Hashable, kinds: tuple[type, ...]) -> Statement | None:
        statement, again = (self._marked(shape, _marks(kinds, at)) for at in (0, _APART))
        if statement and again and (statement[:2] != again[:2]):
            raise ValueError("The statement follows from a value, or from the time of its making.")
        return statement

    def _marked(self, shape: Hashable, marks: Sequence[Value]) -> Statement | None:
        statement = statement_of(self._build(shape, *marks))
        if statement is None:
            return None
        if self._around != "{}":
            sql = self._around.format(statement.sql)
            statement = statement._replace(sql=sql, converters=())
        places = {_adapted(mark): at for at, mark in enumerate(marks)}
        kept = tuple(_placed(one, places) for one in statement.params)
        if not set(places.values()) <= {number for one in kept for number in _numbers(one)}:
            raise ValueError("A value is not found in the text of the statement.")
        statement = statement._replace(params=kept)
        return _spelled_out(statement) if self._is_spelled_out else statement


def _placed(param: Any, places: Mapping[Any, int]) -> Any:
    """What a parameter is filled from, where values stand for it."""
    if isinstance(param, list):
        # What `among` is given: the driver is told how large a number is at most.
        each = [_Place(places[one], Int8) for one in param if one in places]
        return _Places(tuple(each)) if len(each) == len(param) else param
    if isinstance(param, Hashable) and param in places:
        return _Place(places[param], type(param))
    return param


def _numbers(param: Any) -> list[int]:
    if isinstance(param, _Places):
        return [one.number for one in param.each]
    return [param.number] if isinstance(param, _Place) else []


def _spelled_out(statement: Statement) -> Statement:
    """The statement with words and numbers that never change in its text."""
    rest = iter(statement.params)
    left: list[Any] = []

    def written(found: "re.Match[str]") -> str:
        if found[0] == "%%":
            return "%%"
        value = next(rest)
        if isinstance(value, str):
            return "'" + value.replace("'", "''").replace("%", "%%") + "'"
        if isinstance(value, int) and not isinstance(value, bool):
            # In brackets a minus is no second one behind that of a formula.
            return f"({int(value)})"
        left.append(value)
        return "%s"

    sql = _MARK.sub(written, statement.sql)
    return statement._replace(sql=sql, params=tuple(left))


def _marks(kinds: Sequence[type], first: int) -> list[Value]:
    """Values that stand in the places of others while the text is made."""
    return [
        _NUMBER + at
        if kind is int
        else f"{_TEXT}{at}"
        if issubclass(kind, str)
        else (_MOMENT if issubclass(kind, datetime) else _DAY) + timedelta(days=at)
        for at, kind in enumerate(kinds, first)
    ]


def padded(pks: Sequence[_Key]) -> list[_Key]:
    """The keys, the last one repeated up to a power of two: one text then serves many numbers of
    them. For conditions that one key more than once does not change.
    """
    if not pks:
        return []
    return [*pks, *[pks[-1]] * ((1 << (len(pks) - 1).bit_length()) - len(pks))]


def _found(text: Statement, values: tuple[Value, ...]) -> Iterator[tuple[Any, ...]]:
    params = [one.filled(values) if isinstance(one, _FILLED) else one for one in text.params]
    with connection.cursor() as cursor:
        cursor.execute(text.sql, params)
        rows = cursor.fetchall()
    for row in rows:
        if text.converters:
            read = list(row)
            for at, converters, expression in text.converters:
                for convert in converters:
                    read[at] = convert(read[at], expression, connection)
            row = tuple(read)
        yield row


def _object(text: Statement, row: tuple[Any, ...]) -> Any:
    # A model's own columns come first.
    one = text.model.from_db(DEFAULT_DB_ALIAS, text.fields, row[: len(text.fields)])
    for name, at in text.annotations:
        setattr(one, name, row[at])
    for related in text.related:
        related.populate(row, one)
    return one


def _adapted(value: Value) -> Any:
    """As it is handed to the database."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
