"""Reading the list of a distribution: account, amount and reference, a line each. Pure functions,
no database.

Without headings the three stand in this order; headings may name them in any order and in the words
of other systems. Each line is read on its own. Its columns stand between the first comma, semicolon
or tab of the line where the account comes first, for no account id holds one; else between what
separates the headings.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from accounts.kit import sheets_in
from accounts.kit.formulas import guarded
from accounts.kit.headings import MOST_ABOVE, letters_of
from accounts.kit.sheets_in import BadSheet, read_book
from accounts.kit.text import identifier, tidied
from billing.distributions.list_form import SUM_WORDS, BadList, ListForm, cells_of, form_of
from billing.errors import BadAmount
from billing.money import parse_amount, plain, shown

MOST_LINES = 10_000
MOST_BYTES = 4 * 1024 * 1024
_LONGEST_REFERENCE = 64
# Lines at the end that add the others up.
_MOST_SUMS = 5
# What is shown of a line that has a problem.
_LONGEST_TEXT = 200
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r"[,;\t]")
# "5,50" and "1,500.00", cut in two by the comma between the columns.
_CUT_AMOUNT = re.compile(r"\d{1,2}|\d{3}(\.\d+)?")


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
    # The key of a payment, where the list is a file of payments that were made.
    payment: str = ""


@dataclass(frozen=True)
class ReadList:
    """A list as it was read: what it pays, and what of it was left out."""

    lines: Sequence[ListLine]
    # Headings nothing is read from, as they are written.
    left_out: Sequence[str] = ()
    # The lines that add the list up, and are no payments.
    sums: Sequence[ListLine] = ()
    # The last line, where it is called like a sum and is read as a payment.
    doubt: ListLine | None = None
    # Lines above the headings.
    above: Sequence[str] = field(default_factory=tuple)

    @cached_property
    def said(self) -> list[str]:
        """What a person should know of how it was read."""
        found = []
        if self.left_out:
            words = _("Nothing is read from these columns: %(columns)s.")
            found.append(words % {"columns": ", ".join(self.left_out)})
        for one in self.sums:
            words = _(
                "Line %(number)s, “%(text)s”, adds the list up. It is no payment and is left out."
            )
            found.append(words % {"number": one.number, "text": one.text})
        if self.doubt is not None:
            words = _(
                "Line %(number)s, “%(text)s”, is read as a payment: the lines above it add up to"
                " %(sum)s."
            )
            above = shown(total(self.lines[:-1]))
            found.append(
                words % {"number": self.doubt.number, "text": self.doubt.text, "sum": above}
            )
        if self.above:
            words = _("Left out above the headings: %(lines)s.")
            found.append(words % {"lines": "; ".join(self.above)})
        return found


def handed_in(raw: bytes) -> tuple[str, str]:
    """(the text of a file that was handed in, what is to be known of how it was read): CSV as it
    is, XLSX as lines that `read` understands. Raises BadList.
    """
    if len(raw) > MOST_BYTES or not sheets_in.is_book(raw):
        return decoded(raw), ""
    try:
        sheet = read_book(raw, MOST_LINES, MOST_ABOVE + 2)
    except BadSheet as error:
        raise BadList(str(error.message), code=error.code, field="file") from error
    # They are marked again: who reads the text takes the marks off.
    rows = [[guarded(" ".join(cell.split())) for cell in row] for row in sheet.rows]
    return sheets_in.as_text(rows), sheet.said


def decoded(raw: bytes) -> str:
    """The text of a file. Raises BadList for anything but text."""
    if len(raw) > MOST_BYTES:
        raise BadList(_("This file is too large for a list."), code="too_large", field="file")
    try:
        return sheets_in.decoded(raw)
    except ValueError as error:
        raise BadList(
            _(
                "This is neither an XLSX file nor a text in UTF-8. Save the sheet as XLSX or as"
                " “CSV UTF-8” and choose that file."
            ),
            code="not_utf8",
            field="file",
        ) from error


def _no_account(_line: ListLine) -> bool:
    return False


def read(
    text: str,
    each: Decimal | None = None,
    is_account: Callable[[ListLine], bool] = _no_account,
) -> Sequence[ListLine]:
    """The lines of a list that are payments, as `read_list` finds them."""
    return read_list(text, each, is_account).lines


def read_list(
    text: str,
    each: Decimal | None = None,
    is_account: Callable[[ListLine], bool] = _no_account,
) -> ReadList:
    """The lines of a list, in their order; blank lines, headings with what stands above them, and
    lines at the end that add the others up are left out.

    `each` is the amount of the lines that name none. `is_account` says whether the account of a
    line exists for whoever hands the list in: it is asked of a last line that is called like a sum,
    which is a payment then, as it is where its amount is not the exact sum of the lines above.

    Raises BadList for an empty list, for one with more than MOST_LINES lines, and where several
    columns could be the same; what is wrong with a line stands in its `problem`.
    """
    written = [
        (number, line)
        for number, line in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), 1)
        if line.strip(" \t,;\u00a0")
    ]
    beginning = [line for _number, line in written[: MOST_ABOVE + 2]]
    form = form_of(beginning)
    if form.is_named and "amount" not in form.at and each is None:
        raise BadList(
            _(
                "No heading names the amount. Call that column Amount, or give one amount for"
                " every account."
            ),
            code="no_amount_column",
            field="lines",
        )
    found: list[ListLine] = []
    for number, line in written[form.first :]:
        # Some lines at the end may be sums.
        if len(found) == MOST_LINES + _MOST_SUMS:
            raise _too_many()
        cells, problem = cells_of(line, form.separator)
        # A remark beside empty columns is no payment.
        if form.is_named and not problem and form.is_blank(cells):
            continue
        found.append(_line(number, line, cells, problem, form, each))
    lines, sums = _without_sums(found, is_account)
    if not lines:
        raise BadList(_("The list is empty."), code="empty", field="lines")
    if len(lines) > MOST_LINES:
        raise _too_many()
    if not form.is_named and len(lines) > 1:
        lines[0] = _as_headings(lines[0])
    above = [_cut(line) for line in beginning[: max(0, form.first - 1)]]
    is_doubtful = len(lines) > 1 and letters_of(lines[-1].account) in SUM_WORDS
    return ReadList(lines, form.left_out, sums, lines[-1] if is_doubtful else None, above)


def _too_many() -> BadList:
    return BadList(
        _("This is more than %(most)s lines. Split the list.") % {"most": f"{MOST_LINES:,}"},
        code="too_many_lines",
        field="lines",
    )


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


def _line(
    number: int,
    line: str,
    cells: Sequence[str],
    problem: str,
    form: ListForm,
    each: Decimal | None,
) -> ListLine:
    account = identifier(form.cell(cells, "account"))
    typed = form.cell(cells, "amount")
    reference = tidied(form.cell(cells, "reference"))
    amount: Decimal | None = None
    if not problem:
        amount, problem = _amount(typed, each)
    if not problem:
        problem = _wrong(line, account, typed, cells, reference, form)
    payment = form.cell(cells, "payment")[:40]
    return ListLine(number, account, amount, reference, problem, _cut(typed), _cut(line), payment)


def _without_sums(
    lines: Sequence[ListLine], is_account: Callable[[ListLine], bool]
) -> tuple[list[ListLine], list[ListLine]]:
    """(lines, those at the end that add the others up): an amount that is the exact sum of the
    lines above, beside no account or one that is called like a sum and is none.
    """
    kept, sums = list(lines), list[ListLine]()
    while len(kept) > 1 and len(sums) < _MOST_SUMS:
        last, above = kept[-1], kept[:-1]
        is_named = letters_of(last.account) in SUM_WORDS
        if last.account and not is_named:
            break
        # What cannot be read adds up to nothing.
        if any(one.amount is None for one in above) or _read_amount(last.typed) != total(above):
            break
        if is_named and is_account(last):
            break
        sums.append(kept.pop())
    return kept, sums[::-1]


def _read_amount(typed: str) -> Decimal | None:
    try:
        return parse_amount(typed)
    except BadAmount:
        return None


def _as_headings(first: ListLine) -> ListLine:
    """The first line of a list without headings that are known, where it reads like some."""
    if not first.problem or not first.typed or any(map(str.isdigit, first.text)):
        return first
    words = _(
        "This reads like headings, but none that are known here. Call the columns Account ID,"
        " Amount and Reference."
    )
    return replace(first, problem=words)


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
    line: str, account: str, typed: str, cells: Sequence[str], reference: str, form: ListForm
) -> str:
    """What is wrong with a line whose amount can be read."""
    if not account:
        return _("The account is missing.")
    behind = form.at.get("amount", len(cells)) + 1
    cut = cells[behind] if behind < len(cells) else ""
    is_whole = bool(typed) and not re.search(r"[.,]", typed)
    is_cut = is_whole and bool(_CUT_AMOUNT.fullmatch(cut))
    if is_cut and _SEPARATOR.findall(line)[:1] == [","] and '"' not in line:
        if form.at.get("reference") == behind:
            words = _(
                "%(amount)s with the reference %(reference)s, or one amount with a comma? Write"
                " the amount with a point, such as %(amount)s.00."
            )
        else:
            words = _(
                "%(amount)s and then %(reference)s, or one amount with a comma? Write the amount"
                " with a point, such as %(amount)s.00."
            )
        return words % {"amount": typed, "reference": cut}
    if len(cells) > form.width:
        if form.is_named and form.width > 3:
            return _("This line has more columns than the headings.")
        return _("Use three columns: account, amount, reference.")
    if len(reference) > _LONGEST_REFERENCE:
        return _("Use at most %(max)s characters for the reference.") % {"max": _LONGEST_REFERENCE}
    return ""
