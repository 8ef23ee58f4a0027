"""Several counts in one query, and a count as it is written."""

from typing import Any

from django.db.models import Count, QuerySet, Value
from django.utils.formats import number_format


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


def count_text(count: int) -> str:
    """In groups of three digits, as the language has it: 12,345. Most are shorter, and the same in
    every language.
    """
    return str(count) if 0 <= count < 1000 else number_format(count, force_grouping=True)
