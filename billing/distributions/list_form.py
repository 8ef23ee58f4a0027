"""How the lines of a distribution's list are read: which column is the account, the amount, the
reference, by headings in the words of other systems or by their order. Pure functions, no database.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.formulas import without_guard
from accounts.kit.headings import Headings, Known, find_headings, letters_of

_SEPARATOR = re.compile(r"[,;\t]")
KNOWN = {
    "account": Known(
        (
            "account ID", "account number", "account no", "customer ID", "customer number",
            "customer no", "client ID", "client number", "customer account", "login", "login name",
            "user name", "Kundennummer", "Kunden-ID", "Kundennr", "Konto-ID", "Kontonummer",
            "ID cliente", "numéro client", "логин", "лицевой счёт",
        ),
        (
            "account", "customer", "client", "ID", "subaccount", "sub-account", "reseller", "user",
            "Konto", "Kunde", "cuenta", "compte", "cliente", "клиент", "счёт", "аккаунт", "账户",
        ),
    ),
    "amount": Known(
        ("amount", "payment amount", "Betrag", "importe", "montant", "importo", "сумма", "金额"),
        (
            "sum", "top up", "top-up amount", "recharge", "credit", "value", "total", "pay",
            "Summe", "Guthaben", "Aufladung", "monto", "valor", "somme", "crédit", "пополнение",
        ),
    ),
    "reference": Known(
        (
            "reference", "reference number", "reference no", "ref", "ref no", "payment reference",
            "Referenz", "Verwendungszweck", "Zahlungsreferenz", "referencia", "référence",
            "riferimento", "основание",
        ),
        (
            "invoice", "invoice number", "invoice no", "voucher", "slip", "note", "notes", "memo",
            "comment", "remark", "description", "text", "purpose", "Rechnung", "Rechnungsnummer",
            "Notiz", "Bemerkung", "Beleg", "nota", "комментарий", "примечание",
        ),
    ),
    # The receipt of a payment that was made: in the portal's own file of what was paid.
    "payment": Known(("payment", "receipt")),
    # Of its own files of what stands against a list.
    "line": Known(("line",)),
    "problem": Known(("problem",)),
}  # fmt: skip
# How other systems begin the line that adds a list up.
SUM_WORDS = frozenset(
    map(
        letters_of,
        (
            "total", "totals", "sum", "grand total", "total amount", "control sum", "Summe",
            "Gesamt", "Gesamtsumme", "total general", "suma", "somme", "totale", "итого", "всего",
            "合计",
        ),
    )
)  # fmt: skip


class BadList(Refused):
    """The list as a whole cannot be read."""


@dataclass(frozen=True)
class ListForm:
    """How the lines of a list are read: where they begin, at which position what stands, how many
    columns there are, and what separates them where each line does not say it itself.
    """

    first: int = 0
    at: Mapping[str, int] = field(
        default_factory=lambda: {"account": 0, "amount": 1, "reference": 2}
    )
    width: int = 3
    separator: str = ""
    left_out: Sequence[str] = ()
    is_named: bool = False

    def cell(self, cells: Sequence[str], name: str) -> str:
        at = self.at.get(name, len(cells))
        return cells[at] if at < len(cells) else ""

    def is_blank(self, cells: Sequence[str]) -> bool:
        """Whether the columns that count are empty."""
        return not any(self.cell(cells, one) for one in ("account", "amount", "reference"))


def form_of(beginning: Sequence[str]) -> ListForm:
    """How a list with these first lines is read. Raises BadList where headings leave it open."""
    found, own = None, ""
    # The headings may be separated otherwise than what a title above them holds.
    for separator in ("", ",", ";", "\t"):
        rows = [cells_of(line, separator)[0] for line in beginning]
        one = find_headings(rows, KNOWN, "account")
        if one and (found is None or len(one.columns) > len(found.columns)):
            found, own = one, separator
    if found is None or (len(found.texts) == 1 and not _is_plain(found.texts[0])):
        return ListForm()
    _refuse_doubts(found)
    at: dict[str, int] = {name: position for position, name in found.columns.items()}
    if len(found.texts) == 1:
        at |= {"amount": 1, "reference": 2}
    between = _SEPARATOR.search(beginning[found.first - 1])
    return ListForm(
        first=found.first,
        at=at,
        width=max(3, len(found.texts)),
        # The account comes first: each line says itself how it goes on.
        separator="" if at["account"] == 0 else own or (between.group() if between else ""),
        left_out=found.left_out,
        is_named=True,
    )


def _is_plain(text: str) -> bool:
    """A heading of a single column: any other word may as well be an account."""
    return letters_of(text) in ("account", "accountid")


def _refuse_doubts(found: Headings) -> None:
    """Nothing is guessed where money is paid. Raises BadList."""
    names = {
        "account": _("the account"), "amount": _("the amount"), "reference": _("the reference"),
    }  # fmt: skip
    for name, words in names.items():
        if name in found.doubtful:
            raise BadList(
                _("Several columns could be %(what)s: %(headings)s. Leave one of them in the list.")
                % {"what": words, "headings": ", ".join(found.claimed(name))},
                code="doubtful_columns",
                field="lines",
            )


def cells_of(line: str, separator: str = "") -> tuple[list[str], str]:
    """The columns of a line without spaces around them, and what stands against reading them."""
    if not separator or separator not in line:
        own = _SEPARATOR.search(line)
        if own is None:
            return [line.strip().strip('"')], ""
        separator = own.group()
    try:
        # `strict` refuses what other readers would guess at.
        rows = list(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return [line], _("The quotation marks of this line do not match.")
    cells = [without_guard(cell).strip() for cell in rows[0]]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells, ""
