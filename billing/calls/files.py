"""What a file of call records says, line by line (docs/cdr.md). Pure functions, no database.

The file is read twice: `check` reads all of it and keeps nothing, `lines` says what it holds. A
line that nobody can read is a Problem, and keeps no other from being read.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO, NamedTuple

from django.utils.translation import gettext as _

from accounts.kit.sheet_stream import streamed_csv
from billing.calls.headings import ABOVE, record_headings
from billing.calls.records import COLUMNS, MOMENTS, NAMING, Unreadable, completed, read

_SHOWN = 40


class Problem(NamedTuple):
    """A line that nobody can read, the column it is about ("": the line as a whole) and why."""

    line: int
    column: str
    words: str


class Line(NamedTuple):
    """A line that is a record: its columns by our names, without empty ones."""

    line: int
    columns: dict[str, str]


class _Unfit(Exception):
    """`column`, and what is wrong with it in words."""


class RecordSheet:
    """A file of records. Raises BadSheet where it is none; its lines raise it as well, as long as
    `check` has not read it through.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._sheet = streamed_csv(file)
        headings = record_headings([row for _line, row in islice(self._sheet.rows(), ABOVE)])
        self._first = headings.first
        self._texts = list(headings.texts)
        self._places = list(headings.columns.items())
        self._has_answers = "answer" in headings.columns.values()
        # What the file itself calls a column.
        self._words = {name: self._texts[at] for at, name in self._places}

    def check(self) -> int:
        """Read it through; how many lines it has. Raises BadSheet."""
        return sum(1 for _row in self._rows())

    def lines(self, after: int = 0) -> Iterator[Line | Problem]:
        """What the lines below the line `after` say, in their order."""
        for line, row in self._rows():
            if line <= after:
                continue
            try:
                yield Line(line, self._columns(row))
            except _Unfit as error:
                column, words = error.args
                yield Problem(line, self._words.get(column, column), words)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Those below the headings, which files that were put together have again and again."""
        for line, row in islice(self._sheet.rows(), self._first, None):
            if row != self._texts:
                yield line, row

    def _columns(self, row: Sequence[str]) -> dict[str, str]:
        if len(row) > len(self._texts):
            raise _Unfit("", _("It has more cells than there are headings."))
        width = len(row)
        found = {name: row[at] for at, name in self._places if at < width and row[at]}
        for name, text in found.items():
            if len(text) > COLUMNS[name]:
                words = _("“%(text)s…” is longer than %(most)s characters.")
                raise _Unfit(name, words % {"text": text[:_SHOWN], "most": COLUMNS[name]})
        if "call_id" not in found:
            raise _Unfit("call_id", _("It is empty."))
        if not any(name in found for name in NAMING):
            raise _Unfit("", _("It names nobody: no account, no phone and no gateway."))
        try:
            found = completed(found, says_answers=self._has_answers)
            read(found)
        except Unreadable as error:
            raise _Unfit(error.column, _why(error)) from error
        return found


def _why(error: Unreadable) -> str:
    text = str(error)
    if not text:
        return _("It is empty.")
    if error.column in MOMENTS:
        words = _(
            "“%(text)s” is no moment with its offset, such as 2026-12-01T10:30:00+06:00, nor"
            " seconds since 1970."
        )
    else:
        words = _("“%(text)s” is no number of seconds.")
    return words % {"text": text[:_SHOWN]}
