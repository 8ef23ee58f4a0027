"""Lookup `among`: `in` for thousands of values, which PostgreSQL is given as one array, so that a
statement is read, planned and kept as if it had one parameter.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models.lookups import In


class Among(In):
    """One of a list of values; null is none of them."""

    lookup_name = "among"

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Raises EmptyResultSet for an empty list."""
        column, given = self.process_lhs(compiler, connection)
        values = [one for one in self.rhs if one is not None]
        if not values:
            raise EmptyResultSet
        return f"{column} = ANY(%s)", [*given, values]
