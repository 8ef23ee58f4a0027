"""Files that pages hand out, as a spreadsheet reads them."""

import csv
import io
from typing import Any

from openpyxl import Workbook


def read_csv(answer: Any) -> list[dict[str, str]]:
    """The lines of the file by the headings of their columns."""
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def book(**sheets: list[list[Any]]) -> bytes:
    """An XLSX file with these worksheets, in their order; a name that begins with "_" is hidden."""
    made, file = Workbook(), io.BytesIO()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        if name.startswith("_"):
            sheet.sheet_state = "hidden"
        for row in rows:
            sheet.append(row)
    made.save(file)
    return file.getvalue()


def raw_of(answer: Any) -> bytes:
    """The file a page handed out."""
    return b"".join(answer.streaming_content)
