"""Search that finds a name however it is typed: Django's `iexact`, `icontains` and `istartswith` of
text, compared as `accounts.kit.text.folded` folds it, with the same answers on every database.

Left to themselves databases do not agree: SQLite knows the case of ASCII letters alone, PostgreSQL
that of its locale, and neither knows that a composed and a decomposed letter are the same
(docs/decisions/0020-text-is-folded-when-compared.md).

A column is looked at first: ASCII is its own folding but for its case, plain text (`NOT_PLAIN`) is
but for its capitals. The rest, which is rare, is folded row by row.
"""

import re
from typing import Any, ClassVar

from django.core.exceptions import EmptyResultSet
from django.db.backends.signals import connection_created
from django.db.models import CharField, TextField, lookups

from accounts.kit.text import (
    CONTROLS,
    INVISIBLE,
    LETTERS,
    NOT_PLAIN,
    SIGNS,
    SPACES,
    can_be_stored,
    folded,
)

# What PostgreSQL may write capitals by, the best first: ICU, its own of version 18 and of 17, the C
# library's. The locale of a database need not know more than ASCII.
CAPITALS = ("und-x-icu", "pg_unicode_fast", "pg_c_utf8", "C.utf8", "C.UTF-8")
# Those of the database itself.
DEFAULT_CAPITALS = '"default"'

# Nothing that is searched is so long; SQLite refuses patterns of 50,000 bytes.
_LONGEST = 20_000
# What SQLite calls for text that is not ASCII.
_FUNCTION = "portal_folded"
_NAMES = re.compile("@(column|asked|pattern)@")
_COLLATIONS = """
    SELECT collname FROM pg_catalog.pg_collation
    WHERE collname = ANY(%s) AND collnamespace = 'pg_catalog'::regnamespace
        AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))
"""
# The collation of each database of this process, by name and host.
_known_capitals: dict[tuple[str, str, str], str] = {}


class _Folded(lookups.BuiltinLookup):
    """A lookup of text. `compared` is how SQL compares a folded {text} with what is asked, {at}
    finding one in the other; `like` and `pattern` are how LIKE does, with spaces around it.
    """

    compared: ClassVar[str]
    like: ClassVar[str]
    pattern: ClassVar[str]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Raises EmptyResultSet for what no text can hold."""
        # Columns compared with columns: nothing of ours does that.
        if not isinstance(self.rhs, str) or self.bilateral_transforms:
            return super().as_sql(compiler, connection)
        asked = folded(self.rhs)
        if not can_be_stored(self.rhs) or len(asked) > _LONGEST:
            raise EmptyResultSet
        if connection.vendor == "sqlite":
            has_lines = isinstance(self.lhs.output_field, TextField)
            sql = _sqlite(self.compared, self.like, asked, has_lines=has_lines)
        elif connection.vendor == "postgresql":
            sql = _postgresql(self.compared, asked, capitals_of(connection))
        else:
            return super().as_sql(compiler, connection)
        column, values = lookups.Lookup.process_lhs(self, compiler, connection)
        escaped = connection.ops.prep_for_like_query(asked)
        given: dict[str, tuple[str, list[Any]]] = {
            "column": (f"({column})", list(values)),
            "asked": ("%s", [asked]),
            "pattern": ("%s", [self.pattern.format(escaped)]),
        }
        return _filled(sql, given)


class FoldedExact(_Folded, lookups.IExact):
    """The whole text is the same."""

    compared = "{text} = @asked@"
    like = "trim(@column@)"
    pattern = "{}"


class FoldedContains(_Folded, lookups.IContains):
    """The text holds it."""

    compared = "{at}({text}, @asked@) > 0"
    like = "@column@"
    pattern = "%{}%"


class FoldedStart(_Folded, lookups.IStartsWith):
    """The text begins with it."""

    compared = "{at}({text}, @asked@) = 1"
    like = "ltrim(@column@)"
    pattern = "{}%"


def capitals_of(connection: Any) -> str:
    """The collation that a PostgreSQL database writes capitals by, as SQL; its own where it has
    none of CAPITALS. Asked once by each process.
    """
    settings = connection.settings_dict
    name = (settings["NAME"], settings["HOST"], str(settings["PORT"]))
    if name not in _known_capitals:
        connection.ensure_connection()
        # Not through Django, which would count it among the queries of the page that comes first.
        with connection.connection.cursor() as cursor:
            cursor.execute(_COLLATIONS, [list(CAPITALS)])
            there = {collation for (collation,) in cursor.fetchall()}
        best = next((f'"{one}"' for one in CAPITALS if one in there), DEFAULT_CAPITALS)
        _known_capitals[name] = best
    return _known_capitals[name]


def _sqlite(compared: str, like: str, asked: str, *, has_lines: bool) -> str:
    """LIKE, which knows the case of ASCII letters, for ASCII; a function of ours for the rest."""
    is_ascii = "length(@column@) = length(CAST(@column@ AS BLOB))"
    if " " in asked:
        # One space stands for many, and for the end of a line. This is read with values beside it,
        # where a sign of percent is written twice.
        is_ascii += " AND @column@ NOT LIKE '%%  %%'"
        if has_lines:
            is_ascii += " AND instr(@column@, char(10)) = 0 AND instr(@column@, char(9)) = 0"
    of_ascii = rf"{like} LIKE @pattern@ ESCAPE '\'" if asked.isascii() else "FALSE"
    of_others = compared.format(at="instr", text=f"{_FUNCTION}(@column@)")
    return f"CASE WHEN {is_ascii} THEN {of_ascii} ELSE {of_others} END"


def _postgresql(compared: str, asked: str, capitals: str) -> str:
    def test(text: str) -> str:
        return compared.format(at="strpos", text=text)

    column = "@column@::text"
    is_ascii = f"octet_length({column}) = char_length({column})"
    if " " in asked:
        is_ascii += rf" AND {column} !~ '[\u0001-\u001f]|  '"
    is_plain = f"{column} COLLATE \"C\" !~ '{NOT_PLAIN}|  '"
    of_ascii = test(f'btrim(upper({column} COLLATE "C"))') if asked.isascii() else "FALSE"
    of_plain = test(f"btrim(upper({column} COLLATE {capitals}))")
    of_others = test(_folded_by_postgresql(column, capitals))
    return (
        f"CASE WHEN {is_ascii} THEN {of_ascii} WHEN {is_plain} THEN {of_plain} ELSE {of_others} END"
    )


def _folded_by_postgresql(text: str, capitals: str) -> str:
    """As `accounts.kit.text.folded` does it, in the same order."""
    others, signs = "".join(SIGNS), "".join(SIGNS.values()).replace("'", "''")
    text = f"normalize(translate({text}, '{others}', '{signs}'), NFKC)"
    text = f"regexp_replace({text} COLLATE \"C\", '[{CONTROLS}{INVISIBLE}]+', '', 'g')"
    # Collations that write one letter for each have no capitals of this one.
    text = f"normalize(upper(replace({text}, 'ß', 'ss') COLLATE {capitals}), NFC)"
    for letter, capital in LETTERS.items():
        text = f"replace({text}, '{letter}', '{capital}')"
    return f"btrim(regexp_replace({text}, '[{SPACES}]+', ' ', 'g'))"


def _filled(sql: str, given: dict[str, tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    """The SQL with what stands for its names, and the values in the order they are asked for."""
    values: list[Any] = []
    parts = []
    for at, part in enumerate(_NAMES.split(sql)):
        text, own = given[part] if at % 2 else (part, [])
        parts.append(text)
        values += own
    return "".join(parts), values


def _know_texts(connection: Any, **_: Any) -> None:
    """Teach a connection to SQLite to fold text."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(
            _FUNCTION, 1, lambda text: None if text is None else folded(str(text)),
            deterministic=True,
        )  # fmt: skip


connection_created.connect(_know_texts, dispatch_uid=_FUNCTION)
for _field in (CharField, TextField):
    for _lookup in (FoldedExact, FoldedContains, FoldedStart):
        _field.register_lookup(_lookup)
