"""Records as a switch posts them, one or many: objects of texts and numbers under the names of our
columns (docs/cdr.md). Pure functions.

What is such an object and has a call ID is taken, however little of it can be read: it waits in the
queue. A switch that were told "no" of a call that was made could only forget it.
"""

from typing import Any

from billing.calls.records import COLUMNS, Unreadable, completed

# What says which leg it is is never cut: two could become one.
_WHOLE = ("call_id", "leg")
# Where a value was cut. With it nothing is a number or a moment, and nobody's name.
_CUT = "…"


class Unfit(ValueError):
    """Why something is no record: `column` ("" = all of it) and, as the argument, the reason."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


def posted_columns(record: Any) -> dict[str, str]:
    """The columns of a record by their names, as texts, without empty ones; what is no column is
    left out. Raises Unfit.
    """
    if not isinstance(record, dict):
        raise Unfit("", "It is no object.")
    found = {name: _text(name, record[name]) for name in COLUMNS if name in record}
    found = {name: text for name, text in found.items() if text}
    if "call_id" not in found:
        raise Unfit("call_id", "It is missing.")
    try:
        return completed(found, says_answers="answer" in record)
    except Unreadable:
        # Whoever looks at the queue sees what came.
        return found


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Unfit(name, "It is neither a text nor a number.")
    text, most = str(value), COLUMNS[name]
    if len(text) <= most:
        return text
    if name in _WHOLE:
        raise Unfit(name, f"It is longer than {most} characters.")
    return text[: most - 1] + _CUT
