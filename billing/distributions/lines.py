"""Reading the list of a distribution: `account, amount, reference`, a line each. Pure functions, no
database.

Each line is read on its own. Its columns stand between the first comma, semicolon or tab of the
line, which can belong to nothing else: no account id holds one.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.formulas import without_guard
from accounts.kit.text import identifier, tidied
from billing.errors import BadAmount
from billing.money import parse_amount, plain

MOST_LINES = 10_000
MOST_BYTES = 4 * 1024 * 1024
_LONGEST_REFERENCE = 64
# What is shown of a line that has a problem.
_LONGEST_TEXT = 200
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r"[,;\t]")
# What the first column of a header may be called.
_HEADINGS = frozenset({"account", "account id", "accountid"})
# "5,50" and "1,500.00", cut in two by the comma between the columns.
_CUT_AMOUNT = re.compile(r"\d{1,2}|\d{3}(\.\d+)?")


class BadList(Refused):
    """The list as a whole cannot be read."""


@dataclass(frozen=True)
class ListLine:
    """One line: where it stands, what it says, and what is wrong with it ("" = nothing seen yet).

    `typed` is the amount and `text` the whole line as they came, cut where they are very long.
    """

    number: int
    account: str
    amount: Decimal | None
    reference: str
    problem: str = ""
    typed: str = ""
    text: str = ""


def decoded(raw: bytes) -> str:
    """The text of a file that was handed in. Raises BadList for anything but UTF-8 text."""
    if len(raw) > MOST_BYTES:
        raise BadList(_("This file is too large for a list."), code="too_large", field="file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_text() from error
    if "\x00" in text:
        raise _no_text()
    return text


def _no_text() -> BadList:
    return BadList(
        _("This is no text in UTF-8. Save the sheet as “CSV UTF-8” and choose that file."),
        code="not_utf8",
        field="file",
    )


def read(text: str, each: Decimal | None = None) -> list[ListLine]:
    """The lines of a list, in their order; blank lines and a line with headings are left out.

    `each` is the amount of the lines that name none. Raises BadList for an empty list and for one
    with more than MOST_LINES lines; what is wrong with a line stands in its `problem`.
    """
    found: list[ListLine] = []
    columns, is_first = 3, True
    for number, line in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), 1):
        if not line.strip(" \t,;\u00a0"):
            continue
        cells, problem = _cells(line)
        if is_first and _is_heading(cells):
            # Columns of one's own may follow the three that count, where the headings name them.
            columns, is_first = max(columns, len(cells)), False
            continue
        is_first = False
        if len(found) == MOST_LINES:
            raise BadList(
                _("This is more than %(most)s lines. Split the list.")
                % {"most": f"{MOST_LINES:,}"},
                code="too_many_lines",
                field="lines",
            )
        found.append(_line(number, line, cells, problem, columns, each))
    if not found:
        raise BadList(_("The list is empty."), code="empty", field="lines")
    return found


def total(lines: Iterable[ListLine]) -> Decimal:
    """The exact sum of the amounts that could be read."""
    return sum((one.amount for one in lines if one.amount is not None), Decimal(0))


def written(lines: Iterable[ListLine], separator: str = ",") -> str:
    """The same lines as a list that `read` understands."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    writer.writerow(["account", "amount", "reference"])
    for one in lines:
        amount = "" if one.amount is None else plain(one.amount)
        writer.writerow([one.account, amount, one.reference])
    return file.getvalue()


def _cells(line: str) -> tuple[list[str], str]:
    """The columns of a line without spaces around them, and what stands against reading them."""
    separator = _SEPARATOR.search(line)
    if separator is None:
        return [line.strip().strip('"')], ""
    try:
        # `strict` refuses what other readers would guess at.
        rows = list(csv.reader([line], delimiter=separator.group(), strict=True))
    except csv.Error:
        return [line], _("The quotation marks of this line do not match.")
    cells = [without_guard(cell).strip() for cell in rows[0]]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells, ""


def _is_heading(cells: Sequence[str]) -> bool:
    return " ".join(re.split(r"[\s_-]+", cells[0].lower())).strip() in _HEADINGS and not (
        len(cells) > 1 and cells[1][:1].isdigit()
    )


def _line(
    number: int, line: str, cells: Sequence[str], problem: str, columns: int, each: Decimal | None
) -> ListLine:
    account, typed, reference = [*cells[:3], "", ""][:3]
    account = identifier(account)
    reference = tidied(reference)
    amount: Decimal | None = None
    if not problem:
        amount, problem = _amount(typed, each)
    if not problem:
        problem = _wrong(line, account, typed, cells, reference, columns)
    return ListLine(number, account, amount, reference, problem, _cut(typed), _cut(line))


def _cut(text: str) -> str:
    text = text.replace("\x00", "")
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _amount(typed: str, each: Decimal | None) -> tuple[Decimal | None, str]:
    if not typed and each is not None:
        return each, ""
    try:
        amount = parse_amount(typed)
    except BadAmount as error:
        return None, str(error.message)
    return (amount, "") if amount > 0 else (None, _("Enter an amount above zero."))


def _wrong(
    line: str, account: str, typed: str, cells: Sequence[str], reference: str, columns: int
) -> str:
    """What is wrong with a line whose amount can be read."""
    if not account:
        return _("The account is missing.")
    is_whole = bool(typed) and not re.search(r"[.,]", typed)
    is_cut = len(cells) > 2 and is_whole and bool(_CUT_AMOUNT.fullmatch(cells[2]))
    if is_cut and _SEPARATOR.findall(line)[:1] == [","] and '"' not in line:
        return _(
            "%(amount)s with the reference %(reference)s, or one amount with a comma? Write the"
            " amount with a point, such as %(amount)s.00."
        ) % {"amount": typed, "reference": cells[2]}
    if len(cells) > columns:
        return _("Use three columns: account, amount, reference.")
    if len(reference) > _LONGEST_REFERENCE:
        return _("Use at most %(max)s characters for the reference.") % {"max": _LONGEST_REFERENCE}
    return ""
