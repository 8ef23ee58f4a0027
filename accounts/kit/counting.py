"""Several counts in one query."""

from typing import Any

from django.db.models import Count, QuerySet, Value


def count_each(**querysets: QuerySet[Any]) -> dict[str, int]:
    """How many rows each of the named querysets has; one query for all of them."""
    return {**dict.fromkeys(querysets, 0), **dict(counted_rows(**querysets))}


def counted_rows(**querysets: QuerySet[Any]) -> "QuerySet[Any, Any]":
    """Their names and how many rows each has, as one query; those without any are absent."""
    first, *rest = (
        rows.order_by().values_list(Value(name)).annotate(rows_counted=Count("*"))
        for name, rows in querysets.items()
    )
    return first.union(*rest, all=True)
