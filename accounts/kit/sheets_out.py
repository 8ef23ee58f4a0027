"""Rows as CSV and XLSX, made whole before the first byte is sent, safe to open in a spreadsheet."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kit.formulas import guarded, is_guarded

# As they are offered: a spreadsheet that opens a CSV takes the digits of serials, PINs and phone
# numbers for numbers.
FORMATS = ("xlsx", "csv")
CSV_NOTE = _(
    "CSV is for programs: a spreadsheet drops its leading zeros and shortens long numbers. To open"
    " the file in one, take XLSX."
)
# What a file holds at most, and what a page makes while somebody waits for it.
MOST_ROWS = 100_000
IN_REQUEST = 5_000
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A number with more digits is another one in a spreadsheet.
_MOST_DIGITS = 15
_LONGEST_TEXT = 32_767
_UNFIT = re.compile(r"[^\w.-]+", re.ASCII)


def offered(address: Callable[[str], str], words: Any = "%(kind)s") -> list[tuple[str, str]]:
    """(words, address) of each kind of file, the one that keeps every digit first."""
    return [(words % {"kind": name.upper()}, address(name)) for name in FORMATS]


def kind_asked(request: HttpRequest, default: str = "") -> str:
    """The kind of file that is asked for. Http404 for one there is not, before it goes on record
    that anybody took it.
    """
    kind = request.GET.get("format", default)
    if kind not in FORMATS:
        raise Http404
    return kind


def download(
    kind: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    name: str,
) -> HttpResponseBase:
    """A file of these rows, of a kind in FORMATS, whole: what fails while it is made is an error
    page, and what breaks off on its way is shorter than it says.
    """
    file, _count = written(kind, header, rows)
    return sent(file, kind, file_name(name, kind))


def sent(file: IO[bytes], kind: str, name: str) -> HttpResponseBase:
    """A file that is whole, as the answer to a request."""
    return FileResponse(file, as_attachment=True, filename=name, content_type=_TYPES[kind])


def file_name(name: str, kind: str) -> str:
    """What a file of this kind that is made now is called."""
    return f"{_UNFIT.sub('-', name).lstrip('-.')}-{timezone.localtime():%Y%m%d-%H%M}.{kind}"


def content_type(name: str) -> str:
    """Of a file of this name."""
    return _TYPES[name.rpartition(".")[2]]


def written(
    kind: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[IO[bytes], int]:
    """(file, how many rows it holds) of a kind in FORMATS; it has no name, and is gone when it is
    closed. Texts are never formulas, integers and Decimals are numbers; times are those of the
    current zone, and what has no zone stands as it is.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever takes it closes it
    try:
        count = (_csv if kind == "csv" else _xlsx)(file, header, rows)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file, count


def _csv(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer, zone = csv.writer(text), timezone.get_current_timezone()
    # Spreadsheets take a file for UTF-8 only if it begins with this mark.
    text.write("\ufeff")
    writer.writerow([guarded(str(title)) for title in header])
    count = 0
    for row in rows:
        writer.writerow([_csv_cell(value, zone) for value in row])
        count += 1
    text.detach()
    return count


def _csv_cell(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, datetime):
        return _as_shown(value, zone).isoformat(timespec="seconds")
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return guarded(str(value)) if not isinstance(value, int) else value


def _as_shown(at: datetime, zone: tzinfo | None = None) -> datetime:
    return at if timezone.is_naive(at) else timezone.localtime(at, zone)


def _xlsx(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    # The library keeps rows in files with names, and leaves them where it does not come to its end.
    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        count = _sheet(book, header, rows)
        book.close()
    return count


def _sheet(book: Any, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write the one sheet of the book; return how many rows it has."""
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    # A cell of digits stays text when somebody edits it.
    text = book.add_format({"num_format": "@"})
    sheet.freeze_panes(1, 1)
    at = 0
    for column, title in enumerate(header):
        sheet.write_string(0, column, _text(title), bold)
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                local = _as_shown(value).replace(tzinfo=None)
                sheet.write_datetime(at, column, local, moment)
            elif isinstance(value, date):
                sheet.write_datetime(at, column, value, day)
            elif isinstance(value, int | Decimal) and _is_exact(value):
                sheet.write_number(at, column, float(value))
            elif isinstance(value, int | Decimal):
                sheet.write_string(at, column, f"{value:f}", text)
            elif value:
                sheet.write_string(at, column, _text(value), text)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return at


def _is_exact(value: int | Decimal) -> bool:
    """Whether a spreadsheet keeps every digit of this number."""
    return len(Decimal(value).normalize().as_tuple().digits) <= _MOST_DIGITS


def _text(value: Any) -> str:
    """What a cell of text holds. It is no formula; a mark of our own is told from a text that only
    begins like one.
    """
    text = str(value)
    text = f"'{text}" if is_guarded(text) else text
    # A longer one would not be written at all.
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
