"""Files that pages hand out, as a spreadsheet reads them."""

import csv
import io
from typing import Any


def read_csv(answer: Any) -> list[dict[str, str]]:
    """The lines of the file by the headings of their columns."""
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
