"""What a database has to bring so that text is compared as `accounts.kit.lookups` does it; asked by
`migrate` and by `manage.py check --database default`.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from accounts.kit.lookups import DEFAULT_CAPITALS, capitals_of


@register(Tags.database)
def check_texts(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """PostgreSQL keeps text in UTF-8, and knows capitals of more than ASCII."""
    found: list[CheckMessage] = []
    for connection in (connections[alias] for alias in databases or ()):
        if connection.vendor != "postgresql":
            continue
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            (encoding,) = cursor.fetchone()
        if encoding != "UTF8":
            found.append(
                Error(
                    f"The database keeps text in {encoding}; search needs UTF8.",
                    hint="Make the database with ENCODING 'UTF8' and load it from a dump.",
                    id="accounts.E001",
                )
            )
        elif capitals_of(connection) == DEFAULT_CAPITALS:
            found.append(
                Warning(
                    "This PostgreSQL may find names of other than English letters only in the case "
                    "they are written in.",
                    hint="Use one that was built with ICU, as Debian's is, or version 17 or newer.",
                    id="accounts.W001",
                )
            )
    return found
