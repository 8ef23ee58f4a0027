"""Finding texts by how they begin, by an index and with the same answers on every database.

Left to themselves, PostgreSQL uses an index for LIKE in some locales alone, and SQLite does for no
LIKE that regards case. What is compared here are bytes: `Capitals` of a column, of which an index
is made, and the lookup `beginning`.
"""

from string import ascii_lowercase, ascii_uppercase
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import CharField, Func, Lookup, TextField, Transform

from accounts.kit.text import can_be_stored

_CAPITALS = str.maketrans(ascii_lowercase, ascii_uppercase)
# Comes after everything that begins like what stands before it.
_LAST = "\U0010ffff"


def capitals(text: str) -> str:
    """ASCII letters as capitals, all else as it is: as `Capitals` has it."""
    return text.translate(_CAPITALS)


class Capitals(Transform):
    """The text with its ASCII letters as capitals, whatever the locale of the database."""

    lookup_name = "capitals"
    function = "UPPER"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = '%(function)s(%(expressions)s COLLATE "C")'
        return self.as_sql(compiler, connection, template=template, **more)


class Start(Func):
    """As much of a long text as an entry of an index may hold. The figure is written into the
    statement: beside it, as a value, it would hide that the index fits.
    """

    MOST = 64
    template = f"SUBSTR(%(expressions)s, 1, {MOST})"
    output_field = CharField()


class Nothing(Func):
    """The empty text, written into the statement as the condition of an index has it."""

    template = "''"
    output_field = CharField()


class Beginning(Lookup[Any]):
    """The text begins with it, byte for byte: of a column that is unique, or of `Capitals` of which
    there is an index.
    """

    lookup_name = "beginning"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Raises EmptyResultSet for what no text can begin with."""
        column, values = self.process_lhs(compiler, connection)
        if not self.rhs or not can_be_stored(self.rhs):
            raise EmptyResultSet
        if connection.vendor == "postgresql":
            return f"{column} LIKE %s", [*values, f"{_escaped(self.rhs)}%"]
        between = f"({column} >= %s AND {column} < %s)"
        return between, [*values, self.rhs, *values, f"{self.rhs}{_LAST}"]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


for _field in (CharField, TextField):
    _field.register_lookup(Beginning)
    _field.register_lookup(Capitals)
