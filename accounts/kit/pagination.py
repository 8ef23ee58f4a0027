"""Pages by key: the next page begins after the last row shown, however many rows lie before it.

A cursor names that row by its sort value and primary key, sealed, since keys count the platform. It
grants nothing: the queryset it is applied to is scoped already.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Expression, F, Q, QuerySet

from accounts.kit.legible import in_utc, read_json
from accounts.kit.object_keys import sealed, unsealed


class BadCursor(ValueError):
    """The cursor is not one of ours; show the first page."""


@dataclass(frozen=True)
class SortKey:
    """How a list is sorted: one expression that is never null; the primary key breaks ties, where
    not every row of the list has a value of its own (`is_unique`).
    """

    expression: Expression | F
    kind: type[str] | type[int] | type[datetime] = str
    is_unique: bool = False

    def write(self, value: Any) -> Any:
        return value.isoformat() if self.kind is datetime else value

    def read(self, value: Any) -> Any:
        """The value of a cursor, as this key compares it. Raises BadCursor for another key's."""
        if self.kind is datetime:
            value = in_utc(datetime.fromisoformat(value))
            if value is None:
                raise BadCursor
            return value
        if type(value) is not self.kind:
            raise BadCursor
        # What no column can hold would be an error of the database.
        if isinstance(value, int) and abs(value) > 2**62:
            raise BadCursor
        return value


# No row is sorted by so much text.
_LONGEST = 2000

# By the primary key itself: one range of its index, wherever the page lies.
BY_KEY = SortKey(F("pk"), int, is_unique=True)


#: A place in an order: the sort value of a row, and its primary key.
Beside = tuple[Any, int]


@dataclass(frozen=True)
class Page:
    """The rows of one page and the cursors around it (None: there is nothing that way)."""

    rows: Sequence[Any]
    before: str | None
    after: str | None


def page(
    queryset: QuerySet[Any], key: SortKey, *, descending: bool, size: int, cursor: str = ""
) -> Page:
    """`size` rows of `queryset` in the order of `key`, beginning where `cursor` points.

    One query, whose cost does not depend on how deep the page lies. Raises BadCursor.
    """

    def read(beside: Beside | None, down: bool, limit: int) -> list[Any]:
        rows = in_order(queryset, key, down=down)
        return list((rows.filter(_past(key, *beside, down=down)) if beside else rows)[:limit])

    return page_read(read, key, descending=descending, size=size, cursor=cursor)


def page_read(
    read: Callable[[Beside | None, bool, int], list[Any]],
    key: SortKey,
    *,
    descending: bool,
    size: int,
    cursor: str = "",
) -> Page:
    """The same, where `read(beside, down, limit)` finds the rows next to a place (None: the first
    ones), each with its `sort_key`. Raises BadCursor.
    """
    backwards, beside = False, None
    if cursor:
        backwards, value, pk = _decode(cursor, key)
        beside = (value, pk)
    down = descending != backwards
    rows = read(beside, down, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_before = more if backwards else bool(cursor)
    has_after = bool(cursor) if backwards else more
    return Page(
        rows,
        _encode(True, rows[0], key) if rows and has_before else None,
        _encode(False, rows[-1], key) if rows and has_after else None,
    )


def cursor_behind(pk: int, value: Any = None) -> str:
    """The cursor of the page that begins behind this key, in the descending order `BY_KEY`, or in
    another one, as which its key writes the `value`.
    """
    return _pack(False, pk if value is None else value, pk)


def ordered_pks(
    queryset: QuerySet[Any], key: SortKey, *, descending: bool, limit: int
) -> list[int]:
    """The primary keys of the first `limit` rows in the order of `key`, as of one moment.

    For exports: pages by key would skip or repeat rows whose place changes while they are read.
    """
    return list(in_order(queryset, key, down=descending).values_list("pk", flat=True)[:limit])


def in_order(queryset: QuerySet[Any], key: SortKey, *, down: bool) -> QuerySet[Any]:
    """The rows as `key` sorts them, each with its `sort_key`."""
    rows = queryset.annotate(sort_key=key.expression)
    return rows.order_by(*_marks(key, down=down))


def _marks(key: SortKey, *, down: bool) -> tuple[str, ...]:
    marks = ("-sort_key", "-pk") if down else ("sort_key", "pk")
    return marks[:1] if key.is_unique else marks


def _past(key: SortKey, value: Any, pk: int, *, down: bool) -> Q:
    side = "lt" if down else "gt"
    past = Q(**{f"sort_key__{side}": value})
    if key.is_unique:
        return past
    # The first part says nothing new, but an index can begin there.
    return Q(**{f"sort_key__{side}e": value}) & (past | Q(**{f"pk__{side}": pk}))


def _encode(backwards: bool, row: Any, key: SortKey) -> str:
    return _pack(backwards, key.write(row.sort_key), row.pk)


def _pack(backwards: bool, value: Any, pk: int) -> str:
    return sealed(json.dumps([int(backwards), value, pk], ensure_ascii=False))


def _decode(cursor: str, key: SortKey) -> tuple[bool, Any, int]:
    try:
        if len(cursor) > _LONGEST:
            raise BadCursor
        backwards, value, pk = read_json(unsealed(cursor))
        if backwards not in (0, 1) or type(pk) is not int or abs(pk) > 2**62:
            raise BadCursor
        return bool(backwards), key.read(value), pk
    except (ValueError, TypeError) as error:
        raise BadCursor from error
