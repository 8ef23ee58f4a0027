"""What a deck says, in the order of its prefixes, whatever its length: in a file of the system's
own, which is gone when it is closed. Not the portal's database.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import groupby

from billing.rates.deck_reading import Entry

_BATCH = 2_000


class SortedEntries:
    """The entries of a deck by prefix; use it within `with closing(…)`."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        # An empty name is a private file on disk, of which little is kept in memory.
        self._file = sqlite3.connect("")
        self._file.execute("CREATE TABLE entry (prefix TEXT, since TEXT, said TEXT)")
        rows = (
            (one.prefix, one.since.isoformat() if one.since else None, one.packed())
            for one in entries
        )
        self._file.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        self._file.close()

    @property
    def earliest(self) -> datetime | None:
        """The first beginning that a row states."""
        found = self._file.execute("SELECT min(since) FROM entry").fetchone()[0]
        return datetime.fromisoformat(found) if found else None

    def by_prefix(self) -> Iterator[tuple[str, list[Entry]]]:
        """The prefixes in their order, each with what is said of it; "" comes first."""
        with closing(self._file.cursor()) as cursor:
            cursor.arraysize = _BATCH
            cursor.execute("SELECT prefix, said FROM entry ORDER BY prefix, rowid")
            for prefix, rows in groupby(cursor, key=lambda row: row[0]):
                yield prefix, [Entry.unpacked(said) for _prefix, said in rows]
