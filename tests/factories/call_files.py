"""Files of call records, as switches write them."""

import gzip
import io
from typing import Any

from accounts.core.actor import SYSTEM
from billing.calls.files import Line, Problem, RecordSheet
from billing.calls.models import RecordFile
from billing.calls.records import COLUMNS
from billing.calls.services.files import file_begun, file_taken

HEADING = ",".join(COLUMNS)


def sheet(*records: dict[str, str], columns: tuple[str, ...] = tuple(COLUMNS)) -> str:
    """A file of these records, with a heading of our own words."""
    lines = [",".join(columns)]
    lines += [",".join(one.get(name, "") for name in columns) for one in records]
    return "\n".join(lines) + "\n"


def packed(text: str) -> bytes:
    return gzip.compress(text.encode())


def said(text: str | bytes) -> list[Line | Problem]:
    """What the lines of a file say, read as it is when it comes in."""
    found = record_sheet(text)
    found.check()
    return list(found.lines())


def record_sheet(text: str | bytes) -> RecordSheet:
    return RecordSheet(io.BytesIO(text.encode() if isinstance(text, str) else text))


def taken_in(text: str | bytes, file: RecordFile | None = None, **more: Any) -> RecordFile:
    """A file that lies in the inbox."""
    file = file or file_begun(actor=SYSTEM, file_name="calls.csv", is_rewritten=False)
    return file_taken(actor=SYSTEM, file=file, sheet=record_sheet(text), **more)
