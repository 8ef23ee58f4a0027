"""What the rows of a sheet say about phones: columns by their headings, cells as values. Pure
functions, no database.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.codecs import split_codecs
from accounts.kit.errors import Refused
from accounts.kit.figures import NoCount, read_count
from accounts.kit.sheets_in import BadSheet
from accounts.kit.text import identifier
from accounts.numbers.digits import NotANumber
from accounts.numbers.pasted import numbers_of
from accounts.numbers.reading import WHOLE, normalised, spans
from accounts.phones.models import PhoneLock

MOST_ROWS = 1000
MOST_CHARACTERS = 2 * 1024 * 1024
# Column → other headings it is known by, beside its name.
_HEADINGS: dict[str, tuple[str, ...]] = {
    "number": ("phone", "phone number", "e164"),
    "account_id": ("account",),
    "display_number": ("display", "caller id"),
    "dids": ("did",),
    "lock": ("lock type",),
    "max_calls": ("concurrent calls", "calls", "line capacity"),
    "codecs": ("codec",),
    "memo": ("note",),
}
_BETWEEN = re.compile(r"[\s_-]+")
# Several in one cell with nothing but spaces between them, or one number in groups.
_GROUPS = re.compile(r"\d+(?: +\d+)+")


@dataclass(frozen=True)
class ImportRow:
    """One row: where it stands, its number and account as they were typed, and the values of the
    columns the sheet has. `problem` is the first thing that is wrong with it.
    """

    line: int
    number: str
    account_id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    dids: Sequence[str] | None = None
    problem: str = ""


def read_rows(rows: Sequence[Sequence[str]]) -> list[ImportRow]:
    """The phones of a sheet whose first row has the headings. Raises BadSheet where it lacks the
    column of numbers; other columns it does not know are left out.
    """
    columns = _columns(rows[0])
    if "number" not in columns.values():
        raise BadSheet(
            _("The first row names no column “Number”: put the headings there."), "no_number_column"
        )
    phones = []
    for line, row in enumerate(rows[1:], 2):
        if any(row):
            cells = {name: row[at] if at < len(row) else "" for at, name in columns.items()}
            phones.append(_row(line, cells))
    if not phones:
        raise BadSheet(_("This file names no phones."), "empty")
    return phones


def columns_left_out(heading: Sequence[str]) -> list[str]:
    """Headings no value is read from, as they are written."""
    known = _columns(heading)
    return [text for at, text in enumerate(heading) if text and at not in known]


def _columns(heading: Sequence[str]) -> dict[int, str]:
    by_text = {_plain(name): name for name in _HEADINGS}
    by_text |= {one: name for name, others in _HEADINGS.items() for one in others}
    found: dict[int, str] = {}
    for at, text in enumerate(heading):
        name = by_text.get(_plain(text))
        if name and name not in found.values():
            found[at] = name
    return found


def _plain(text: str) -> str:
    return _BETWEEN.sub(" ", text.strip().lower())


def _row(line: int, cells: Mapping[str, str]) -> ImportRow:
    typed = cells["number"]
    row = ImportRow(line, typed[:40], identifier(cells.get("account_id", ""))[:64])
    try:
        number = normalised(typed)
        values, dids = _values(cells)
    except Refused as error:
        return ImportRow(line, row.number, row.account_id, problem=str(error.message))
    return ImportRow(line, number, row.account_id, values, dids)


def _numbers(typed: str) -> list[str]:
    """The numbers of a cell that holds several. Raises NotANumber, Refused."""
    for part in re.split(r"[,;\n]", typed):
        tokens = part.split()
        if _GROUPS.fullmatch(part.strip()) and min(map(len, tokens)) < WHOLE:
            raise NotANumber(
                _("“%(text)s” may be one number or several: put commas between them.")
                % {"text": part.strip()[:40]}
            )
    return [one for span in spans(typed) for one in numbers_of(span)]


def _values(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[str] | None]:
    """The values of the columns there are. An empty cell empties what may be empty, and leaves lock
    and calls as they are. Raises Refused.
    """
    values: dict[str, Any] = {}
    dids = None
    if "display_number" in cells:
        typed = cells["display_number"]
        values["display_number"] = normalised(typed) if typed else ""
    if "dids" in cells:
        typed = cells["dids"]
        dids = _numbers(typed) if typed else []
    if cells.get("lock"):
        values["lock"] = _lock(cells["lock"])
    if cells.get("max_calls"):
        values["max_calls"] = _calls(cells["max_calls"])
    if "codecs" in cells:
        values["codecs"] = split_codecs(cells["codecs"])
    if "memo" in cells:
        values["memo"] = cells["memo"]
    return values, dids


def _lock(typed: str) -> str:
    locks = {str(label).lower(): value for value, label in PhoneLock.choices}
    locks |= {value: value for value in PhoneLock.values}
    lock = locks.get(typed.lower())
    if lock is None:
        raise Refused(
            _("Write “%(typed)s” as one of: %(options)s.")
            % {"typed": typed[:40], "options": ", ".join(PhoneLock.values)},
            code="unknown_choice",
            field="lock",
        )
    return lock


def _calls(typed: str) -> int:
    words = _("“%(typed)s” is no number of concurrent calls.") % {"typed": typed[:40]}
    try:
        calls = read_count(typed[:40])
    except NoCount as error:
        words = str(error.message) if error.code == "ambiguous" else words
        raise Refused(words, code="calls", field="max_calls") from error
    if calls < 0:
        raise Refused(words, code="calls", field="max_calls")
    return calls
