"""What the rows of a sheet say about phones: cells as values; which column holds what is said by
`sheet_columns`. Pure functions, no database.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.codecs import split_codecs
from accounts.kit.errors import Refused
from accounts.kit.figures import NoCount, read_count
from accounts.kit.sheets_in import BadSheet, too_many_rows
from accounts.kit.text import identifier
from accounts.numbers.digits import NotANumber
from accounts.numbers.pasted import numbers_of
from accounts.numbers.reading import WHOLE, normalised, spans
from accounts.phones.models import PhoneLock
from accounts.phones.rules.sheet_columns import Layout, layout_of

MOST_ROWS = 10_000
MOST_CHARACTERS = 4 * 1024 * 1024
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


def read_rows(
    rows: Sequence[Sequence[str]], layout: Layout | None = None, most: int = MOST_ROWS
) -> list[ImportRow]:
    """The phones of a sheet, by the layout that was chosen or by its headings. Raises BadSheet
    where these do not name the column of numbers, or where the sheet holds more than `most`.
    """
    layout = layout or layout_of(rows)
    if layout.asks:
        raise BadSheet(layout.asks, "no_number_column")
    phones = []
    for line, row in enumerate(rows[layout.first :], layout.first + 1):
        cells = {name: row[at] if at < len(row) else "" for at, name in layout.columns.items()}
        # A remark beside empty columns is no phone.
        if any(cells.values()):
            phones.append(_row(line, cells))
    if not phones:
        raise BadSheet(_("This file names no phones."), "empty")
    if len(phones) > most:
        raise too_many_rows(most)
    return phones


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
    # As other systems write a column that is not set.
    locks |= dict.fromkeys(("no", "false", "0", "off", "unlocked"), PhoneLock.NONE.value)
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
