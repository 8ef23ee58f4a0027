"""Reading sheets that people hand in: CSV and XLSX as rows of texts. No database.

What comes in was made by a stranger: its size is bounded before and after it is unpacked, and
nothing in it is computed, followed or looked up.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from accounts.kit.errors import Refused
from accounts.kit.formulas import without_guard
from accounts.kit.text import tidied

MOST_BYTES = 4 * 1024 * 1024
# Of an XLSX once it is unpacked: fifty times what a full sheet of ours takes.
MOST_UNPACKED = 24 * 1024 * 1024
MOST_PARTS = 200
# Telephone systems export everything they know of a phone.
MOST_COLUMNS = 256
_ZIP = b"PK\x03\x04"
# How the first line of a CSV file may tell spreadsheets what stands between its columns.
TOLD = re.compile(r"(?i)sep=(.)")
_SEPARATORS = ",;\t|"
# By so many lines it is judged otherwise.
SAMPLE = 20
# Further worksheets of a book, and how far down it is looked whether they hold anything.
_MOST_SHEETS = 20
_LOOKED_AT = 50
# No sheet has these; they are the tools of attacks on XML readers.
DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_HALVES = re.compile(r"[\ud800-\udfff]")


class BadSheet(Refused):
    """The file as a whole cannot be read."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, code=code, field="file")


@dataclass(frozen=True)
class Sheet:
    """The rows that were read. Of a book with several worksheets that hold something, `name` is the
    one they come from and `others` are those that were not read.
    """

    rows: list[list[str]]
    name: str = ""
    others: Sequence[str] = ()

    @property
    def said(self) -> str:
        """What a person should know of how it was read; "" = nothing."""
        if not self.others:
            return ""
        return _("Only the worksheet “%(name)s” was read; not read: %(others)s.") % {
            "name": self.name,
            "others": ", ".join(self.others),
        }


def is_book(raw: bytes) -> bool:
    """Whether this is an XLSX file, by what is in it."""
    return raw.startswith(_ZIP)


def read_sheet(raw: bytes, most_rows: int) -> list[list[str]]:
    """The rows of a CSV or XLSX file, told apart by what is in it. The marks that our own files
    have before what looks like a formula are taken off; blank rows at the end are left out. Raises
    BadSheet.
    """
    return read_book(raw, most_rows).rows


def read_book(raw: bytes, most_rows: int, above: int = 1) -> Sheet:
    """As `read_sheet`, with which worksheet it was: the first that holds anything. `above` is how
    many rows may stand above those that count.
    """
    if len(raw) > MOST_BYTES:
        raise BadSheet(
            _("This file is larger than %(most)s MB.") % {"most": MOST_BYTES // 2**20}, "too_large"
        )
    if is_book(raw):
        sheet = _xlsx(raw, most_rows, above)
    else:
        sheet = Sheet(_trimmed(_csv(raw), most_rows, above))
    if not sheet.rows:
        raise BadSheet(_("This file is empty."), "empty")
    return sheet


def decoded(raw: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 that says so with its first mark, as spreadsheets
    save “Unicode text”. Raises ValueError for anything else.
    """
    is_wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = raw.decode("utf-16" if is_wide else "utf-8-sig")
    if "\x00" in text:
        raise ValueError("No text holds NUL.")
    return text


def as_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a text that `from_text` reads."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def from_text(text: str, most_rows: int, above: int = 1) -> list[list[str]]:
    """The rows of `as_text`. Raises BadSheet for what it cannot have written."""
    try:
        return _bounded(csv.reader(io.StringIO(text), strict=True), most_rows, above)
    except csv.Error as error:
        raise _unreadable() from error


def _trimmed(rows: Iterable[Sequence[str]], most_rows: int, above: int) -> list[list[str]]:
    """The rows of a file, without the marks before formulas and blank rows at the end."""
    found = _bounded((list(map(without_guard, row)) for row in rows), most_rows, above)
    while found and not any(found[-1]):
        found.pop()
    return found


def _bounded(rows: Iterable[Sequence[str]], most_rows: int, above: int) -> list[list[str]]:
    bounded: list[list[str]] = []
    for row in rows:
        if len(bounded) >= most_rows + above:
            raise too_many_rows(most_rows)
        if any(row[MOST_COLUMNS:]):
            words = _("This file has more than %(most)s columns; leave out what is not needed.")
            raise BadSheet(words % {"most": MOST_COLUMNS}, "too_many_columns")
        cells = [tidied(cell) for cell in row[:MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        bounded.append(cells)
    return bounded


def _csv(raw: bytes) -> Iterator[list[str]]:
    try:
        text = decoded(raw)
    except ValueError as error:
        raise BadSheet(
            _(
                "This is neither an XLSX file nor a text in UTF-8. Save the sheet as “CSV UTF-8”"
                " or as XLSX."
            ),
            "not_utf8",
        ) from error
    told = TOLD.fullmatch(text.partition("\n")[0].strip("\r "))
    if told:
        # It counts as a line, and says nothing else.
        text = text[text.find("\n") :] if "\n" in text else ""
    separator = told.group(1) if told else separator_of(text)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise _unreadable() from error


def separator_of(text: str) -> str:
    """What stands between the columns: what most of the first lines hold, and most often."""
    lines = [one for one in text.split("\n", SAMPLE)[:SAMPLE] if one.strip()]

    def rank(one: str) -> tuple[int, int]:
        counts = [line.count(one) for line in lines]
        return sum(map(bool, counts)), sum(counts)

    return max(_SEPARATORS, key=rank)


def _xlsx(raw: bytes, most_rows: int, above: int) -> Sheet:
    try:
        _check_parts(raw)
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        name, rows = "", list[list[str]]()
        others = []
        # What is hidden is looked at last: people hand in what they see.
        sheets = sorted(book.worksheets, key=lambda one: one.sheet_state != "visible")
        for sheet in sheets[:_MOST_SHEETS]:
            if not rows:
                cells = _cells(sheet, most_rows + above + 1)
                if _has_formulas(raw):
                    cells = _with_formulas(raw, sheet.title, cells)
                name, rows = sheet.title, _trimmed(cells, most_rows, above)
            elif any(map(any, _cells(sheet, _LOOKED_AT))):
                others.append(sheet.title)
        return Sheet(rows, name, others)
    except BadSheet:
        raise
    # What a damaged file makes openpyxl raise is not listed anywhere.
    except (InvalidFileException, zipfile.BadZipFile, Exception) as error:
        raise BadSheet(_("This XLSX file cannot be read; it may be damaged."), "damaged") from error


def _cells(sheet: Any, most: int) -> Iterator[list[str]]:
    for row in sheet.iter_rows(max_row=most, max_col=MOST_COLUMNS + 1, values_only=True):
        yield [cell_text(cell) for cell in row]


def _has_formulas(raw: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        sheets = [one for one in parts.namelist() if one.startswith("xl/worksheets/")]
        return any(b"<f>" in parts.read(one) or b"<f " in parts.read(one) for one in sheets)


def _with_formulas(raw: bytes, title: str, rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows, with the formula where a file does not say what it comes to: whoever reads it then
    refuses it by name, and takes it for no empty cell.
    """
    book = load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
    written = book[title].iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
    for row, own in zip(rows, written, strict=False):
        yield [one or _formula(cell) for one, cell in zip(row, own, strict=False)]


def _formula(cell: Any) -> str:
    return cell if isinstance(cell, str) and cell.startswith("=") else ""


def _check_parts(raw: bytes) -> None:
    """Refuse what unpacks to far more than it looks; beyond the stated sizes nothing is read."""
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        stated = parts.infolist()
        if len(stated) > MOST_PARTS or sum(one.file_size for one in stated) > MOST_UNPACKED:
            raise BadSheet(_("This XLSX file unpacks to far more than a list holds."), "too_large")
        for one in stated:
            if one.filename.endswith((".xml", ".rels")) and DECLARATION.search(parts.read(one)):
                raise BadSheet(_("This XLSX file cannot be read; it may be damaged."), "damaged")


def cell_text(cell: Any) -> str:
    """A cell of a book as a text: what somebody who opens it would type."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and abs(cell) < 1e15:
        # As it is shown: no spreadsheet keeps more than fifteen digits of a figure, and never with
        # an exponent: 0.000001 is an amount.
        figure = f"{Decimal(f'{cell:.15g}'):f}"
        return figure.rstrip("0").rstrip(".") if "." in figure else figure
    # Controls stand in these files as “_x0001_”, which openpyxl leaves to whoever reads a cell; a
    # half of a character that is written so is none.
    return _HALVES.sub("", unescape(str(cell)))


def too_many_rows(most_rows: int) -> BadSheet:
    return BadSheet(
        _("This file has more than %(most)s rows; split it.") % {"most": f"{most_rows:,}"},
        "too_many_rows",
    )


def _unreadable() -> BadSheet:
    # The reader of the standard library ends at 131,072 characters of a cell.
    return BadSheet(
        _(
            "The quotation marks of this file do not match, or one of its cells is longer than any"
            " value here."
        ),
        "quotes",
    )
