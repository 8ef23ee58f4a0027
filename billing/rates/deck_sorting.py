"""What a deck says and does, in order, whatever its length: in a file of the system's own, which is
gone when it is closed. Not the portal's database.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import groupby
from typing import Any

from billing.rates.deck_entries import Entry

_BATCH = 1_000


class Spill:
    """Texts under keys, kept out of memory; use it within `with closing(…)`."""

    def __init__(self) -> None:
        # An empty name is a private file on disk, of which little is kept in memory.
        self._file = sqlite3.connect("")
        self._file.execute("CREATE TABLE kept (name TEXT, said TEXT)")

    def close(self) -> None:
        """Nothing of it is left."""
        self._file.close()

    def keep(self, some: Iterable[tuple[str, str]]) -> None:
        """More texts, each with its key."""
        self._file.executemany("INSERT INTO kept VALUES (?, ?)", some)

    def sorted(self) -> Iterator[tuple[str, str]]:
        """All of them by their keys, then as they came."""
        yield from self._read("SELECT name, said FROM kept ORDER BY name, rowid")

    def in_order(self) -> Iterator[str]:
        """All of them as they came."""
        for (said,) in self._read("SELECT said FROM kept ORDER BY rowid"):
            yield said

    def _read(self, statement: str) -> Iterator[Any]:
        with closing(self._file.cursor()) as cursor:
            cursor.arraysize = _BATCH
            cursor.execute(statement)
            yield from cursor


class SortedEntries(Spill):
    """The entries of a deck by prefix."""

    # The first beginning that a row states.
    earliest: datetime | None = None

    def take(self, entries: Iterable[Entry]) -> None:
        """Keep what a deck says."""
        self.keep((one.prefix, one.packed()) for one in map(self._noted, entries))

    def by_prefix(self) -> Iterator[tuple[str, list[Entry]]]:
        """The prefixes in their order, each with what is said of it; "" comes first."""
        for prefix, some in groupby(self.sorted(), key=lambda row: row[0]):
            yield prefix, [Entry.unpacked(said) for _prefix, said in some]

    def _noted(self, one: Entry) -> Entry:
        if one.since is not None and (self.earliest is None or one.since < self.earliest):
            self.earliest = one.since
        return one
