"""Django's PostgreSQL backend, with whole numbers that are never cut. Loaded by its name, which
`vosportal.database` gives to the settings.
"""

from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from django.db.backends.postgresql.operations import DatabaseOperations as Operations
from psycopg.types.numeric import Int2, Int4, Int8, IntNumeric

# How many bits of a number each type keeps, its sign among them. Of a larger one the driver sends
# the lowest ones, without a word.
_BITS = {Int2: 16, Int4: 32, Int8: 64}


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


class DatabaseWrapper(PostgreSQL):
    ops_class = DatabaseOperations
