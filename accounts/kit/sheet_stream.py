"""Reading long sheets that people hand in row by row, whatever their length: so much of a file is
held in memory as a row takes. What comes in is trusted as little as in `sheets_in`.
"""

import codecs
import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import IO, Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from accounts.kit.formulas import without_guard
from accounts.kit.sheets_in import (
    DECLARATION,
    MOST_COLUMNS,
    MOST_PARTS,
    SAMPLE,
    TOLD,
    BadSheet,
    cell_text,
    is_book,
    separator_of,
)
from accounts.kit.text import tidied

MOST_BYTES = 32 * 1024 * 1024
# No line of a list is nearly as long.
LONGEST_LINE = 256 * 1024
# Nor a row, whose quoted cells may go on for lines.
_LONGEST_ROW = 1024 * 1024
# Of a text that may be longer than MOST_BYTES, once it is unpacked.
MOST_UNPACKED = 4 * 1024**3
_GZIP = b"\x1f\x8b"
# Of an XLSX once it is unpacked: its rows, its texts, and each of whatever else it has.
_MOST_ROWS_UNPACKED = 256 * 1024 * 1024
_MOST_TEXTS_UNPACKED = 64 * 1024 * 1024
_MOST_REST_UNPACKED = 8 * 1024 * 1024
# From one row, or one text, to the next: what lies between is held in memory at once.
_MOST_BETWEEN = 1024 * 1024
_ROW = re.compile(rb"<(?:\w+:)?(?:row|si)[\s/>]")
_CHUNK = 1024 * 1024
_OVERLAP = 64
# No spreadsheet has more; a file can say that its next row is the thousand millionth.
_LAST_ROW = 1_048_576
_MOST_SHEETS = 20

Row = tuple[int, list[str]]


class Figure(str):
    """A text of a cell that the file itself keeps as a number: its point is the decimal point."""

    __slots__ = ()


@dataclass(frozen=True)
class StreamedSheet:
    """One worksheet. `rows()` reads it from the beginning, as often as it is asked: (line, cells)
    of those that hold something, the marks before what looks like a formula taken off.
    """

    name: str
    rows: Callable[[], Iterator[Row]]


def streamed_sheets(file: IO[bytes]) -> Sequence[StreamedSheet]:
    """The worksheets of a CSV or XLSX file, told apart by what is in it, those that are shown
    first. Raises BadSheet, also while they are read.
    """
    file.seek(0, io.SEEK_END)
    if file.tell() > MOST_BYTES:
        raise _too_large()
    file.seek(0)
    begin = file.read(4)
    if not begin:
        raise BadSheet(_("This file is empty."), "empty")
    if is_book(begin):
        return _book(file)
    return [StreamedSheet("", lambda: _told(_csv(file)))]


def streamed_csv(file: IO[bytes]) -> StreamedSheet:
    """The rows of a CSV file of up to MOST_UNPACKED, packed with gzip or not, told apart by what is
    in it. Raises BadSheet, also while it is read.
    """
    file.seek(0)
    begin = file.read(4)
    if not begin:
        raise BadSheet(_("This file is empty."), "empty")
    if is_book(begin):
        raise BadSheet(_("This is a workbook or a ZIP archive. Save the list as CSV."), "not_csv")
    unpacked = _Unpacked(file, is_packed=begin.startswith(_GZIP))
    text = io.BufferedReader(unpacked, _CHUNK)
    return StreamedSheet("", lambda: _told(_csv(text)))


class _Torn(Exception):
    """What was packed ends too early, or is damaged."""


class _Unpacked(io.RawIOBase):
    """A file as it was before it was packed, so much of it at a time and no more than a list has.
    Read from its beginning, as often as it is asked.
    """

    def __init__(self, file: IO[bytes], *, is_packed: bool) -> None:
        self._file = file
        self._is_packed = is_packed
        self._begin()

    def _begin(self) -> None:
        self._file.seek(0)
        self._read: Callable[[int], bytes] = self._file.read
        if self._is_packed:
            self._read = gzip.GzipFile(fileobj=self._file, mode="rb").read1
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR and not offset:
            return self._at
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("It is read from its beginning.")
        self._begin()
        return 0

    def readinto(self, buffer: Any) -> int:
        try:
            some = self._read(len(buffer))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _Torn from error
        self._at += len(some)
        if self._at > MOST_UNPACKED:
            words = _("This file unpacks to more than %(most)s GB; split it.")
            raise BadSheet(words % {"most": MOST_UNPACKED // 1024**3}, "unpacks_too_large")
        buffer[: len(some)] = some
        return len(some)


def _told(rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[Row]:
    for line, row in rows:
        if len(row) > MOST_COLUMNS and any(row[MOST_COLUMNS:]):
            words = _("Line %(line)s: more than %(most)s columns; leave out what is not needed.")
            raise BadSheet(words % {"line": line, "most": MOST_COLUMNS}, "too_many_columns")
        cells = [_cell(one) for one in row[:MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield line, cells


def _cell(text: str) -> str:
    if isinstance(text, Figure):
        return text
    return tidied(without_guard(text))


def _csv(file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    lines = _lines(file)
    first = list(islice(lines, SAMPLE))
    lines.close()
    told = TOLD.fullmatch(first[0].strip("\r\n ")) if first else None
    separator = told[1] if told else separator_of("".join(first))
    read = _RowLines(_lines(file))
    reader = csv.reader(read, delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            read.end_row()
            if not (told and line == 1):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        words = _(
            "Line %(line)s: its quotation marks do not match, or one of its cells is longer than"
            " any value here."
        )
        raise BadSheet(words % {"line": line}, "quotes") from error


class _RowLines:
    """Lines for a reader of rows, who asks for one more as long as a row has not ended."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._length += len(line)
        if self._length > _LONGEST_ROW:
            raise csv.Error("No row is as long.")
        return line

    def end_row(self) -> None:
        """The lines that come belong to the next row."""
        self._length = 0


def _lines(file: IO[bytes]) -> Generator[str]:
    """The lines of a text, none of them longer than a list has."""
    at = 1
    read = None
    try:
        file.seek(0)
        begin = file.readline(LONGEST_LINE)
        file.seek(0)
        is_wide = begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        is_old = b"\n" not in begin and b"\r" in begin
        if is_wide or is_old:
            read = _wrapped(file, "utf-16" if is_wide else "utf-8")
        else:
            read = _plain(file)
        for line in read:
            if len(line) > LONGEST_LINE:
                words = _("Line %(line)s is longer than any line of a list.")
                raise BadSheet(words % {"line": at}, "long_line")
            if "\x00" in line:
                raise _not_utf8(at)
            yield line.removeprefix("\ufeff") if at == 1 else line
            at += 1
    except UnicodeError as error:
        raise _not_utf8(at) from error
    except _Torn as error:
        words = _(
            "From line %(line)s on the file is damaged, or ends too early. Pack it once more."
        )
        raise BadSheet(words % {"line": at}, "torn") from error
    finally:
        if read is not None:
            read.close()


def _plain(file: IO[bytes]) -> Generator[str]:
    """Decoded line by line, so that it is known which one cannot be."""
    while line := file.readline(4 * LONGEST_LINE + 1):
        yield line.decode()


def _wrapped(file: IO[bytes], encoding: str) -> Generator[str]:
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        while line := text.readline(LONGEST_LINE + 1):
            yield line
    finally:
        text.detach()


def _book(file: IO[bytes]) -> Sequence[StreamedSheet]:
    try:
        has_formulas = _checked(file)
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        other = load_workbook(file, read_only=True, keep_links=False) if has_formulas else None
        sheets = sorted(book.worksheets, key=lambda one: one.sheet_state != "visible")
    except BadSheet:
        raise
    # What a damaged file makes openpyxl raise is not listed anywhere.
    except Exception as error:
        raise _damaged() from error
    return [
        StreamedSheet(one.title, lambda one=one: _told(_rows(one, other)))  # type: ignore[misc]
        for one in sheets[:_MOST_SHEETS]
    ]


def _rows(sheet: Any, other: Any) -> Iterator[tuple[int, list[str]]]:
    width = MOST_COLUMNS + 1
    try:
        rows = sheet.iter_rows(max_col=width, values_only=True)
        written = other[sheet.title].iter_rows(max_col=width, values_only=True) if other else ()
        for line, (row, own) in enumerate(zip_longest(rows, written, fillvalue=()), 1):
            if line > _LAST_ROW:
                raise _damaged()
            # A file may say that its second row is the millionth: those between come as well.
            if row.count(None) == len(row) and own.count(None) == len(own):
                continue
            cells = [_book_cell(one) for one in row]
            if own:
                cells = [
                    one or _formula(cell) for one, cell in zip_longest(cells, own, fillvalue="")
                ]
            yield line, cells
    except BadSheet:
        raise
    except Exception as error:
        raise _damaged() from error


def _book_cell(cell: Any) -> str:
    text = cell_text(cell)
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    return Figure(text) if is_number else text


def _formula(cell: Any) -> str:
    """A formula whose outcome the file does not say: whoever reads it refuses it by name."""
    return cell if isinstance(cell, str) and cell.startswith("=") else ""


def _checked(file: IO[bytes]) -> bool:
    """Whether a book has formulas. Refuses what unpacks to far more than it looks; beyond the
    stated sizes nothing is read.
    """
    found = False
    with zipfile.ZipFile(file) as parts:
        stated = parts.infolist()
        if len(stated) > MOST_PARTS:
            raise _bomb()
        rows = sum(one.file_size for one in stated if _is_sheet(one.filename))
        if rows > _MOST_ROWS_UNPACKED:
            raise _bomb()
        for one in stated:
            if not one.filename.endswith((".xml", ".rels")):
                continue
            is_sheet, is_texts = _is_sheet(one.filename), "sharedStrings" in one.filename
            most = _MOST_TEXTS_UNPACKED if is_texts else _MOST_REST_UNPACKED
            if one.file_size > most and not is_sheet:
                raise _bomb()
            with parts.open(one) as part:
                has_formula = _scanned(part, has_rows=is_sheet or is_texts)
            found = found or (is_sheet and has_formula)
    return found


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/")


def _scanned(part: IO[bytes], *, has_rows: bool) -> bool:
    """Read a part of a book through once, before anything takes it for XML."""
    before, at, last, has_formula = b"", 0, 0, False
    while chunk := part.read(_CHUNK):
        # In other encodings nothing of this would be seen.
        if not at and b"\x00" in chunk[:4]:
            raise _damaged()
        both = before + chunk
        if DECLARATION.search(both):
            raise _damaged()
        has_formula = has_formula or b"<f>" in both or b"<f " in both
        if has_rows:
            begin = at - len(before)
            for found in _ROW.finditer(both):
                if begin + found.start() - last > _MOST_BETWEEN:
                    raise _bomb()
                last = begin + found.start()
        at += len(chunk)
        before = both[-_OVERLAP:]
    if has_rows and at - last > 4 * _MOST_BETWEEN:
        raise _bomb()
    return has_formula


def _too_large() -> BadSheet:
    words = _("This file is larger than %(most)s MB.")
    return BadSheet(words % {"most": number_format(MOST_BYTES // 2**20)}, "too_large")


def _bomb() -> BadSheet:
    words = _("This XLSX file unpacks to far more than a list holds.")
    return BadSheet(words, "unpacks_too_large")


def _damaged() -> BadSheet:
    return BadSheet(_("This XLSX file cannot be read; it may be damaged."), "damaged")


def _not_utf8(line: int) -> BadSheet:
    words = _(
        "Line %(line)s: this is neither an XLSX file nor a text in UTF-8. Save the sheet as “CSV"
        " UTF-8” or as XLSX."
    )
    return BadSheet(words % {"line": line}, "not_utf8")
