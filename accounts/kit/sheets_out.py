"""Rows as CSV and XLSX, streamed, safe to open in a spreadsheet."""

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

FORMATS = ("csv", "xlsx")
MOST_ROWS = 100_000
# A cell that begins like this is a formula to a spreadsheet, also behind spaces and controls.
_FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@\t\r]")


def text_safe(value: str) -> str:
    """The value as text that no spreadsheet takes for a formula."""
    return f"'{value}" if _FORMULA.match(value) else value


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
    header: list[str],
    rows: Iterable[Sequence[Any]],
    name: str,
) -> HttpResponseBase:
    """A file of these rows, of a kind in FORMATS. Texts are never formulas, integers and Decimals
    are numbers; times are those of the current zone, and what has no zone stands as it is. Rows are
    made in the zone and language of now, also where they are made when the request is over.
    """
    filename = f"{name}-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    if kind == "csv":
        return csv_file(name, header, rows)
    return FileResponse(_xlsx(header, rows), as_attachment=True, filename=filename)


def csv_file(name: str, header: list[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """A streamed download of rows; what a spreadsheet would take for a formula is made safe."""
    response = StreamingHttpResponse(
        _csv(header, _as_of_now(rows), timezone.get_current_timezone()),
        content_type="text/csv; charset=utf-8",
    )
    filename = f"{name}-{timezone.localtime():%Y%m%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _as_of_now(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows, each made in the zone and language of now: a streamed file is written when the
    request, and what was set for it, are over.
    """
    zone, language = timezone.get_current_timezone(), translation.get_language()
    made = iter(rows)

    def in_turn() -> Iterator[Sequence[Any]]:
        while True:
            with timezone.override(zone), translation.override(language):
                row = next(made, None)
            if row is None:
                return
            yield row

    return in_turn()


class _Line:
    """A file for the csv writer that hands every line on."""

    def write(self, line: str) -> str:
        return line


def _csv(header: list[str], rows: Iterable[Sequence[Any]], zone: tzinfo) -> Iterator[str]:
    writer = csv.writer(_Line())
    # Spreadsheets take a file for UTF-8 only if it begins with this mark.
    yield "\ufeff" + writer.writerow(header)
    for row in rows:
        yield writer.writerow([_csv_cell(value, zone) for value in row])


def _csv_cell(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, datetime):
        return _as_shown(value, zone).isoformat(timespec="seconds")
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return text_safe(str(value)) if not isinstance(value, int) else value


def _as_shown(at: datetime, zone: tzinfo | None = None) -> datetime:
    return at if timezone.is_naive(at) else timezone.localtime(at, zone)


def _xlsx(header: list[str], rows: Iterable[Sequence[Any]]) -> Any:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it when it is sent
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 1)
    for column, title in enumerate(header):
        sheet.write_string(0, column, title, bold)
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                local = _as_shown(value).replace(tzinfo=None)
                sheet.write_datetime(at, column, local, moment)
            elif isinstance(value, date):
                sheet.write_datetime(at, column, value, day)  # type: ignore[call-overload]
            elif isinstance(value, int | Decimal):
                sheet.write_number(at, column, float(value))
            elif value:
                sheet.write_string(at, column, str(value))
    book.close()
    file.seek(0)
    return file
