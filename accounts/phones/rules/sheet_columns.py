"""Which column of a sheet holds what of a phone: by its headings as other systems write them, by
what a person answered, or proposed from what stands in it. Pure functions, no database.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.codecs import CODECS
from accounts.kit.headings import (
    MOST_ABOVE,
    Known,
    find_headings,
    is_line,
    letters_of,
    spellings,
)
from accounts.kit.sheets_in import BadSheet
from accounts.phones.models import PhoneLock

# What a person may choose for a column, in the words of the list of phones.
COLUMNS: Mapping[str, Any] = {
    "number": gettext_lazy("Number"),
    "account_id": gettext_lazy("Account ID"),
    "display_number": gettext_lazy("Display number"),
    "dids": gettext_lazy("DIDs"),
    "lock": gettext_lazy("Lock"),
    "max_calls": gettext_lazy("Concurrent calls"),
    "codecs": gettext_lazy("Codecs"),
    "memo": gettext_lazy("Memo"),
}
# A column of passwords: they are made here, and what others made is neither read nor kept.
_UNREAD = "unread"
KNOWN = {
    "number": Known(
        (
            "number", "phone number", "telephone number", "tel number", "phone no", "E164",
            "MSISDN", "extension", "extension number", "ext", "SIP user", "SIP username",
            "SIP user name", "SIP number", "SIP ID", "line number", "subscriber number",
            "Rufnummer", "Telefonnummer", "Nebenstelle", "Durchwahl", "numéro",
            "numéro de téléphone", "número", "número de teléfono", "numero di telefono",
            "номер", "номер телефона", "внутренний номер", "号码", "电话号码", "رقم الهاتف",
        ),
        (
            "phone", "telephone", "tel", "phones", "user name", "username", "auth user",
            "auth name", "auth ID", "user ID", "login", "subscriber", "Telefon", "téléphone",
            "teléfono", "telefono", "телефон",
        ),
    ),
    "account_id": Known(
        (
            "account ID", "account number", "account no", "customer ID", "customer number",
            "customer no", "client ID", "client number", "customer account", "Kundennummer",
            "Kunden-ID", "Kundennr", "Konto-ID", "ID cliente", "numéro client", "лицевой счёт",
        ),
        (
            "account", "customer", "client", "owner", "tenant", "reseller", "subaccount",
            "Konto", "Kunde", "cuenta", "compte", "cliente", "клиент", "счёт", "аккаунт", "账户",
        ),
    ),
    "display_number": Known(
        (
            "display number", "display", "caller ID", "caller ID number", "CallerID num", "CLI",
            "CLIP", "CID", "CID number", "outbound CID", "outbound caller ID", "ANI",
            "calling number", "Anzeigenummer", "Absendernummer", "Absenderrufnummer", "АОН",
        ),
    ),
    "dids": Known(
        (
            "DID", "DIDs", "DID number", "DID numbers", "DDI", "DDIs", "inbound number",
            "inbound numbers", "additional number", "additional numbers", "further numbers",
            "alias", "aliases", "alias numbers", "weitere Nummern", "weitere Rufnummern",
        ),
    ),
    "lock": Known(
        ("lock", "lock type", "barring", "call barring", "locked", "Sperre", "блокировка"),
    ),
    "max_calls": Known(
        (
            "max calls", "maximum calls", "concurrent calls", "max concurrent calls",
            "simultaneous calls", "concurrent call limit", "call limit", "line capacity",
            "channels", "max channels", "gleichzeitige Gespräche", "Kanäle", "canales", "canaux",
            "каналы", "количество линий",
        ),
        ("calls", "lines", "capacity", "sessions", "Leitungen"),
    ),
    "codecs": Known(
        ("codec", "codecs", "codec list", "allowed codecs", "audio codecs", "кодеки", "códecs"),
        ("allow",),
    ),
    "memo": Known(
        ("memo",),
        (
            "note", "notes", "comment", "comments", "remark", "remarks", "description",
            "display name", "label", "Bemerkung", "Notiz", "Kommentar", "Beschreibung",
            "commentaire", "comentario", "комментарий", "примечание", "описание", "备注",
        ),
    ),
    _UNREAD: Known(
        (
            "password", "SIP password", "secret", "SIP secret", "auth password", "passwd", "pwd",
            "pass", "Passwort", "Kennwort", "mot de passe", "contraseña", "пароль", "密码", "HA1",
        ),
    ),
}  # fmt: skip
# Where several columns could be meant, a person is asked for these; the others are left out.
_ASKED = ("number", "account_id", "display_number", "dids")
_WRITTEN = re.compile(r"(\d{1,2}):([a-z_,]{0,800})")
# So many lines say what stands in a column.
_SAMPLE = 20
_LONG_NUMBER = 5
_LARGE_FIGURE = 1000
_MARKED = re.compile(r"^'(?=[=+\-@])")
_NUMBER = re.compile(r"\+?[\d\s()/.-]+")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True)
class Layout:
    """How a sheet is read: its phones begin at the index `first`, `columns` says which position
    holds what, `texts` what is written above each, `secrets` where passwords stand. `asks` is what
    a person has to say first.
    """

    first: int
    columns: Mapping[int, str]
    texts: Sequence[str] = ()
    secrets: Sequence[int] = ()
    asks: str = ""

    @property
    def written(self) -> str:
        """As `layout_from` reads it again."""
        width = max(self.columns, default=-1) + 1
        return f"{self.first}:{','.join(self.columns.get(at, '') for at in range(width))}"

    @property
    def left_out(self) -> list[str]:
        """Headings nothing is read from, as they are written, beside those of passwords."""
        known = {*self.columns, *self.secrets}
        return [one for at, one in enumerate(self.texts) if one and at not in known]

    def without_secrets(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        """The rows with the passwords emptied that stand below their headings."""
        gone = set(self.secrets)
        return [
            ["" if at in gone and line >= self.first else cell for at, cell in enumerate(row)]
            for line, row in enumerate(rows)
        ]

    def header(self, width: int) -> list[str]:
        """Headings for a file of the same columns that is read again without a question."""
        texts = [*self.texts, *[""] * width][:width]
        if layout_of([texts]).columns == self.columns:
            return texts
        return [self.columns.get(at, "") for at in range(width)]


def layout_of(rows: Sequence[Sequence[str]]) -> Layout:
    """What the headings say; with a question where they leave open what a column is."""
    found = find_headings(rows, KNOWN, "number")
    if found is None:
        return _without_headings(rows)
    columns = {at: name for at, name in found.columns.items() if name != _UNREAD}
    secrets = _secrets(rows[: found.first])
    doubtful = [name for name in _ASKED if name in found.doubtful]
    if not doubtful:
        return Layout(found.first, columns, found.texts, secrets)
    asks = _("Several columns could be “%(column)s”: %(headings)s. Say which it is.") % {
        "column": COLUMNS[doubtful[0]],
        "headings": ", ".join(found.claimed(doubtful[0])),
    }
    return Layout(found.first, columns, found.texts, secrets, asks)


def layout_from(text: str) -> tuple[int, dict[int, str]]:
    """(first, columns) of a layout as it was written. Raises BadSheet for anything else."""
    match = _WRITTEN.fullmatch(text)
    names = match.group(2).split(",") if match else []
    columns = {at: name for at, name in enumerate(names) if name}
    is_known = set(columns.values()) <= set(COLUMNS) and "number" in columns.values()
    if match is None or not is_known or len(set(columns.values())) < len(columns):
        raise BadSheet(_("Choose the file again."), "bad_layout")
    return int(match.group(1)), columns


def answered(rows: Sequence[Sequence[str]], first: int, columns: Mapping[int, str]) -> Layout:
    """The layout a person chose; what stands right above the phones are the headings."""
    above = rows[first - 1] if 0 < first <= len(rows) else []
    secrets = [at for at in _secrets(rows[:first]) if at not in columns]
    return Layout(first, columns, above, secrets)


def _secrets(above: Sequence[Sequence[str]]) -> list[int]:
    """Where the rows above the phones name passwords."""
    words = {letters_of(one) for one in KNOWN[_UNREAD].sure}
    found = {
        at
        for row in above[-MOST_ABOVE:]
        for at, cell in enumerate(row)
        if any(one in words for one in spellings(cell))
    }
    return sorted(found)


def _without_headings(rows: Sequence[Sequence[str]]) -> Layout:
    """A proposal from what stands in the columns, and the question."""
    first = next((at for at, row in enumerate(rows) if is_line(row)), 0)
    columns: dict[int, str] = {}
    lines = [row for row in rows[first:] if any(row)][:_SAMPLE]
    for at in range(max(map(len, lines), default=0)):
        cells = [_MARKED.sub("", row[at]) for row in lines if at < len(row) and row[at]]
        name = next((one for one in _looks_like(cells) if one not in columns.values()), "")
        if name:
            columns[at] = name
    secrets = _secrets(rows[:first])
    columns = {at: name for at, name in columns.items() if at not in secrets}
    above = rows[first - 1] if first else []
    asks = _("Say which column holds the number of the phone.")
    return Layout(first, columns, above, secrets, asks)


def _looks_like(cells: Sequence[str]) -> Iterator[str]:
    """What these cells could be, the likeliest first."""
    if not cells:
        return
    folded = [one.lower() for one in cells]
    locks = {*PhoneLock.values, *(str(label).lower() for label in PhoneLock.labels)}
    codecs = {one.lower() for one in CODECS}
    if all(one in locks for one in folded):
        yield "lock"
    elif all(set(re.split(r"[,;\s]+", one)) & codecs for one in folded):
        yield "codecs"
    elif all(_NUMBER.fullmatch(one) for one in cells):
        longest = min(sum(map(str.isdigit, one)) for one in cells)
        if longest >= _LONG_NUMBER:
            # A phone has its number alone; a display number may be the same for all.
            yield from ("number", "display_number") if _differ(cells) else ("display_number",)
        elif all(one.isdigit() and 0 < int(one) <= _LARGE_FIGURE for one in cells):
            if _differ(cells) and len(cells) > 1:
                yield "number"
            yield "max_calls"
    elif all(_ID.fullmatch(one) for one in cells):
        yield from ("account_id", "memo")
    else:
        yield "memo"


def _differ(cells: Sequence[str]) -> bool:
    return len(set(cells)) == len(cells)
