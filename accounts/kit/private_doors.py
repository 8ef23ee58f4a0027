"""What is used of Django and mptt beyond what they promise: a new version may take it away.

It stands here and nowhere else; `tests/architecture/test_private_doors.py` names every door and
finds out when one is gone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from django.contrib.auth import models as auth_models
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import QuerySet
from django.db.models import query as querysets
from django.http import HttpResponse


class Statement(NamedTuple):
    """A query as SQL, and how its rows are read."""

    sql: str
    params: tuple[Any, ...]
    # The place of a column, what makes its value, and the expression it belongs to.
    converters: tuple[tuple[int, list[Any], Any], ...]
    model: type[Any]
    # Attributes of an object and their columns.
    fields: tuple[str, ...]
    annotations: tuple[tuple[str, int], ...]
    # What makes the objects that `select_related` brings along.
    related: tuple[querysets.RelatedPopulator, ...]


def statement_of(queryset: "QuerySet[Any, Any]") -> Statement | None:
    """What the queryset asks the database; None where nothing can be found."""
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    converters = compiler.get_converters([one[0] for one in compiler.select])
    shape = compiler.klass_info or {}
    return Statement(
        sql,
        tuple(params),
        tuple((at, how, expression) for at, (how, expression) in converters.items()),
        queryset.model,
        tuple(compiler.select[at][0].target.attname for at in shape.get("select_fields", ())),
        tuple((compiler.annotation_col_map or {}).items()),
        # The types are those of a later Django.
        tuple(
            querysets.get_related_populators(  # type: ignore[call-arg]
                shape, compiler.select, DEFAULT_DB_ALIAS
            )
        ),
    )


def select_of(queryset: "QuerySet[Any, Any]") -> tuple[str, Sequence[Any]]:
    """The SELECT of a queryset in any order, to be part of another statement, and its values."""
    sql, values = queryset.order_by().query.sql_with_params()
    return sql, values


class FollowedQuerySet(QuerySet[Any, Any]):
    """Says when it is copied and when its rows have been read."""

    def _copied(self, copy: Self) -> None:
        """`copy` goes on where this one stands."""

    def _rows_read(self, rows: Sequence[Any]) -> None:
        """The rows came out of the database just now."""

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        self._copied(clone)
        return clone

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()
        if is_new:
            self._rows_read(self._result_cache or ())


def delete_unread(rows: "QuerySet[Any, Any]") -> None:
    """One DELETE; the rows are not read before, and nothing that hangs on them is looked for."""
    rows._raw_delete(rows.db)


def backends_permit(user: Any, permission: str, obj: Any) -> bool:
    """What the authentication backends say of a permission; superusers are asked about as well."""
    return bool(auth_models._user_has_perm(user, permission, obj))  # type: ignore[attr-defined]


def has_other_parent(row: models.Model) -> bool:
    """Whether a row of the tree has another parent than it was read with."""
    return bool(row._mptt_cached_fields.get("parent") != row.parent_id)  # type: ignore[attr-defined]


def said_already(response: HttpResponse) -> None:
    """Django writes no line of its own, with a traceback, about this answer."""
    response._has_been_logged = True  # type: ignore[attr-defined]
