"""Django's PostgreSQL backend, with whole numbers that are never cut. Loaded by its name, which
`vosportal.database` gives to the settings.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from django.db.backends.postgresql.features import DatabaseFeatures as Features
from django.db.backends.postgresql.operations import DatabaseOperations as Operations
from psycopg import adapters
from psycopg.types.numeric import Int2, Int4, Int8, IntNumeric

from accounts.kit.binary import register

register(adapters)

# How many bits of a number each type keeps, its sign among them. Of a larger one the driver sends
# the lowest ones, without a word.
_BITS = {Int2: 16, Int4: 32, Int8: 64}

# Values that can be bound to one statement.
MOST_VALUES = 2**16 - 1


class DatabaseOperations(Operations):
    """Django takes a bare number in an expression for an IntegerField, four bytes on the server,
    however large it is. Bound there, an amount of 2,148 in micro-units would arrive as another.
    """

    def adapt_integerfield_value(self, value: Any, internal_type: str) -> Any:
        adapted = super().adapt_integerfield_value(value, internal_type)
        bits = _BITS.get(type(adapted))
        if bits is None or adapted.bit_length() < bits:
            return adapted
        return Int8(adapted) if adapted.bit_length() < _BITS[Int8] else IntNumeric(adapted)

    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """Rows of one statement, so that its values do not become too many."""
        return max(1, MOST_VALUES // len(fields)) if fields else len(objs)


class DatabaseFeatures(Features):
    max_query_params = MOST_VALUES


class DatabaseWrapper(PostgreSQL):
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
