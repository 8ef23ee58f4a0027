"""Reading sheets that people hand in: CSV and XLSX as rows of texts. No database.

What comes in was made by a stranger: its size is bounded before and after it is unpacked, and
nothing in it is computed, followed or looked up.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from accounts.kit.errors import Refused

MOST_BYTES = 4 * 1024 * 1024
# Of an XLSX once it is unpacked: fifty times what a full sheet of ours takes.
MOST_UNPACKED = 24 * 1024 * 1024
_MOST_PARTS = 200
_MOST_COLUMNS = 50
_ZIP = b"PK\x03\x04"
# No sheet has these; they are the tools of attacks on XML readers.
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
# What our own exports put before a text that a spreadsheet would take for a formula.
_MADE_SAFE = re.compile(r"'(?=[\s\x00-\x1f]*[=+\-@\t\r])")


class BadSheet(Refused):
    """The file as a whole cannot be read."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, code=code, field="file")


def read_sheet(raw: bytes, most_rows: int) -> list[list[str]]:
    """The rows of a CSV or XLSX file, told apart by what is in it; blank rows at the end are left
    out. Raises BadSheet.
    """
    if len(raw) > MOST_BYTES:
        raise BadSheet(
            _("This file is larger than %(most)s MB.") % {"most": MOST_BYTES // 2**20}, "too_large"
        )
    rows = _bounded(_xlsx(raw, most_rows) if raw.startswith(_ZIP) else _csv(raw), most_rows)
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise BadSheet(_("This file is empty."), "empty")
    return rows


def as_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a text that `from_text` reads."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def from_text(text: str, most_rows: int) -> list[list[str]]:
    """The rows of `as_text`. Raises BadSheet for what it cannot have written."""
    try:
        return _bounded(csv.reader(io.StringIO(text), strict=True), most_rows)
    except csv.Error as error:
        raise _unreadable() from error


def without_guard(value: str) -> str:
    """A text of a CSV export as it was before it was made safe for spreadsheets."""
    return value[1:] if _MADE_SAFE.match(value) else value


def _bounded(rows: Iterable[Sequence[str]], most_rows: int) -> list[list[str]]:
    bounded: list[list[str]] = []
    for row in rows:
        # One more than the rows: the heading.
        if len(bounded) > most_rows:
            raise BadSheet(
                _("This file has more than %(most)s rows; split it.") % {"most": f"{most_rows:,}"},
                "too_many_rows",
            )
        cells = [cell.replace("\x00", "").strip() for cell in row[:_MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        bounded.append(cells)
    return bounded


def _csv(raw: bytes) -> Iterator[list[str]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadSheet(
            _(
                "This is neither an XLSX file nor a text in UTF-8. Save the sheet as “CSV UTF-8”"
                " or as XLSX."
            ),
            "not_utf8",
        ) from error
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise _unreadable() from error


def _xlsx(raw: bytes, most_rows: int) -> Iterator[list[str]]:
    try:
        _check_parts(raw)
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=most_rows + 2, max_col=_MOST_COLUMNS, values_only=True)
        for row in rows:
            yield [_text(cell) for cell in row]
    except BadSheet:
        raise
    # What a damaged file makes openpyxl raise is not listed anywhere.
    except (InvalidFileException, zipfile.BadZipFile, Exception) as error:
        raise BadSheet(_("This XLSX file cannot be read; it may be damaged."), "damaged") from error


def _check_parts(raw: bytes) -> None:
    """Refuse what unpacks to far more than it looks; beyond the stated sizes nothing is read."""
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        stated = parts.infolist()
        if len(stated) > _MOST_PARTS or sum(one.file_size for one in stated) > MOST_UNPACKED:
            raise BadSheet(_("This XLSX file unpacks to far more than a list holds."), "too_large")
        for one in stated:
            if one.filename.endswith((".xml", ".rels")) and _DECLARATION.search(parts.read(one)):
                raise BadSheet(_("This XLSX file cannot be read; it may be damaged."), "damaged")


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def _unreadable() -> BadSheet:
    # The reader of the standard library ends at 131,072 characters of a cell.
    return BadSheet(
        _(
            "The quotation marks of this file do not match, or one of its cells is longer than any"
            " value here."
        ),
        "quotes",
    )
