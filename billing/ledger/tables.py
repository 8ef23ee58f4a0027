"""Entries of the ledger as pages and files show them, prepared for one viewer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.addresses import address_of, object_address
from accounts.kit.choices import choice_words
from accounts.kit.markup import format_html, format_html_join, joined
from accounts.kit.moments import day_heading, exact_clock_words, moment_words
from accounts.kit.object_keys import object_key
from accounts.portal.lists.cells import icon, link, on_card, time
from accounts.portal.lists.columns import VIEWERS, Column, for_files, for_pages
from accounts.portal.lists.tables import RowStyle, Table, write_table
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.entries import other_sides
from billing.ledger.queries.folding import Run
from billing.ledger.words import People
from billing.money import shown, signed


class Known:
    """What the viewer may know about some entries: who, and which other accounts. Two queries."""

    def __init__(self, actor: Actor, entries: Sequence[Entry]) -> None:
        self.sides = other_sides(entries)
        others = [side for sides in self.sides.values() for side in sides]
        own = [account_of(entry) for entry in entries]
        made = [entry.transaction for entry in entries]
        self.people = People(actor, made, [*own, *others])

    def other(self, entry: Entry) -> str:
        """The account the money came from or went to, as far as there is one."""
        names = [self.people.account(side) for side in self.sides[entry.pk]]
        return ", ".join(dict.fromkeys(names))

    def who(self, entry: Entry) -> str:
        return self.people.who(entry.transaction)

    def memo(self, entry: Entry) -> str:
        return self.people.memo(entry.transaction)


def account_of(entry: Entry) -> Account:
    """Whose wallet it is; of entries of wallets."""
    assert entry.wallet is not None
    return entry.wallet.account


def reversed_by(entry: Entry) -> int | None:
    """The number of the payment that took this one back."""
    back = getattr(entry.transaction, "reversed_by", None)
    return None if back is None else back.pk


def _key(pk: int | None) -> str:
    """What a payment is called; "" where there is none."""
    return "" if pk is None else object_key(Transaction.key_kind, pk)


def rows(
    entries: Sequence[Entry],
    known: Known,
    balances: Iterable[Decimal],
    runs: Mapping[int, Run],
) -> list[dict[str, Any]]:
    """Entries as a page shows them, each with the balance after it; times in the current zone. What
    stands for several movements of calls, by `runs`, leads to them.
    """
    found = []
    # A page says few words many times.
    incoming, outgoing = _("from %(account)s"), _("to %(account)s")
    chosen = cache(choice_words)
    for entry, balance in zip(entries, balances, strict=True):
        made = entry.transaction
        at = timezone.localtime(entry.at)
        other, back = known.other(entry), reversed_by(entry)
        words = incoming if entry.amount > 0 else outgoing
        run = runs.get(entry.pk)
        is_one = run is None or run.count == 1
        amount = entry.amount if run is None else run.amount
        found.append(
            {
                "at": at,
                "day": at.date(),
                "time": exact_clock_words(at),
                "account": account_of(entry).account_id,
                "account_url": account_of(entry).get_absolute_url(),
                "url": _receipt(made.pk) if is_one else _movements_url(entry, at.date()),
                "kind": chosen(Transaction.Kind, made.kind) if is_one else _run_words(run),
                "other": words % {"account": other} if other else "",
                "reverses": _key(made.reverses_id),
                "reverses_url": _receipt(made.reverses_id) if made.reverses_id else "",
                "reversed_by": _key(back),
                "reversed_url": _receipt(back) if back else "",
                "method": chosen(Transaction.Method, made.method),
                "reference": made.reference,
                "memo": known.memo(entry),
                "who": known.who(entry),
                "amount": signed(amount),
                "is_in": amount > 0,
                "balance": shown(balance),
            }
        )
    return found


def short_rows(entries: Sequence[Entry], runs: Mapping[int, Run]) -> list[dict[str, Any]]:
    """Entries of the reader's own wallet in short, as `rows` says them. No query."""
    found = []
    for entry in entries:
        made, run = entry.transaction, runs.get(entry.pk)
        at = timezone.localtime(entry.at)
        is_one = run is None or run.count == 1
        amount = entry.amount if run is None else run.amount
        words = choice_words(Transaction.Kind, made.kind) if is_one else _run_words(run)
        found.append(
            {
                "when": moment_words(entry.at),
                "url": _receipt(made.pk) if is_one else _movements_url(entry, at.date()),
                "kind": words,
                "reference": made.reference,
                "amount": signed(amount),
                "is_in": amount > 0,
                "balance": "" if entry.balance_after is None else shown(entry.balance_after),
            }
        )
    return found


def _run_words(run: Run | None) -> str:
    count = run.count if run else 1
    return ngettext("Calls, %(count)s movement", "Calls, %(count)s movements", count) % {
        "count": number_format(count, force_grouping=True)
    }


def _movements_url(entry: Entry, day: date) -> str:
    """The list of an account's movements of calls of a day, each by itself."""
    url = address_of("billing:account-payments", account_of(entry).account_id)
    asked = {"show": "direct", "kind": Transaction.Kind.CALL.value, "since": day, "until": day}
    return f"{url}?{urlencode(asked)}"


def _receipt(pk: int) -> str:
    return object_address("billing:payment", Transaction.key_kind, pk)


@dataclass(frozen=True)
class FileRow:
    """An entry as a file holds it: times, numbers and texts."""

    entry: Entry
    known: Known
    balance: Decimal

    @property
    def made(self) -> Transaction:
        return self.entry.transaction


def file_rows(entries: Sequence[Entry], known: Known, balances: Iterable[Decimal]) -> list[FileRow]:
    return [FileRow(one, known, left) for one, left in zip(entries, balances, strict=True)]


def day_of(row: Mapping[str, Any]) -> str:
    """The heading of the day a row belongs to."""
    return day_heading(row["day"])


def attributes_of(row: Mapping[str, Any]) -> Mapping[str, str]:
    return {"class": "muted"} if row["reversed_by"] else {}


def movements(found: Sequence[Mapping[str, Any]], caption: str) -> Table:
    """Rows of one account as a table that stands in a page of something else."""
    columns = for_pages(COLUMNS, is_all=False)
    style = RowStyle(lambda row: "", attributes_of, group=day_of)
    return write_table(
        found, columns, style, order=("", False), sort_url=lambda name: "", caption=caption
    )


def _movement(row: Mapping[str, Any]) -> Any:
    parts: list[Any] = [link(row["url"], row["kind"])]
    if row["other"]:
        words = '<span class="muted fw-normal text-wrap">{}</span>'
        parts.append(format_html(words, row["other"]))
    if row["reversed_by"]:
        words = _("reversed by %(number)s") % {"number": row["reversed_by"]}
        parts.append(_undone(row["reversed_url"], words, "badge-soft warn"))
    elif row["reverses"]:
        words = _("takes back %(number)s") % {"number": row["reverses"]}
        parts.append(_undone(row["reverses_url"], words, "badge-soft"))
    return format_html_join(" ", "{}", ((part,) for part in parts))


def _undone(url: str, words: str, css: str) -> Any:
    return link(url, joined([icon("undo"), words]), css)


def _reference(row: Mapping[str, Any]) -> Any:
    parts = [row["method"]] if row["method"] else []
    parts.append(format_html('<span class="mono">{}</span>', row["reference"]))
    if row["memo"]:
        parts.append(format_html('<span class="muted text-wrap">{}</span>', row["memo"]))
    return format_html_join(" ", "{}", ((part,) for part in parts))


def _of_file(name: str, label: Any, value: Callable[[FileRow], Any]) -> Column:
    return Column(name, label, value=value)


_AMOUNT = format_lazy("{}, {}", gettext_lazy("Amount"), settings.CURRENCY)
_AFTER = format_lazy("{}, {}", gettext_lazy("Balance after"), settings.CURRENCY)
# A page puts together what a file holds apart.
COLUMNS = (
    Column(
        "time",
        gettext_lazy("Time"),
        lambda row: time(row["at"], row["time"]),
        css="nowrap tnum muted card-left",
        zone=VIEWERS,
    ),
    Column(
        "account",
        gettext_lazy("Account ID"),
        lambda row: link(row["account_url"], row["account"], "quiet-link"),
        only_all=True,
        css="nowrap card-left",
    ),
    Column("movement", gettext_lazy("Movement"), _movement, css="text-wrap", is_lead=True),
    Column("reference", gettext_lazy("Reference and memo"), _reference),
    Column("who", gettext_lazy("By"), lambda row: row["who"], css="muted nowrap card-skip"),
    Column(
        "amount",
        gettext_lazy("Amount"),
        lambda row: row["amount"],
        is_number=True,
        css=lambda row: "card-top nowrap fw-semibold" if row["is_in"] else "card-top nowrap",
    ),
    Column(
        "balance",
        gettext_lazy("Balance after"),
        lambda row: on_card(_("balance"), row["balance"]),
        is_number=True,
        css="card-right nowrap",
    ),
    Column("file_time", gettext_lazy("Time"), value=lambda row: row.entry.at, zone=VIEWERS),
    _of_file("payment", gettext_lazy("Payment"), lambda row: row.made.key),
    _of_file(
        "file_account", gettext_lazy("Account ID"), lambda row: account_of(row.entry).account_id
    ),
    _of_file(
        "type", gettext_lazy("Type"), lambda row: choice_words(Transaction.Kind, row.made.kind)
    ),
    _of_file("other", gettext_lazy("From or to"), lambda row: row.known.other(row.entry)),
    _of_file(
        "method",
        gettext_lazy("Method"),
        lambda row: choice_words(Transaction.Method, row.made.method),
    ),
    _of_file("file_reference", gettext_lazy("Reference"), lambda row: row.made.reference),
    _of_file("memo", gettext_lazy("Memo"), lambda row: row.known.memo(row.entry)),
    _of_file("file_who", gettext_lazy("By"), lambda row: row.known.who(row.entry)),
    _of_file("file_amount", _AMOUNT, lambda row: row.entry.amount),
    _of_file("file_balance", _AFTER, lambda row: row.balance),
    _of_file("reverses", gettext_lazy("Reverses payment"), lambda row: _key(row.made.reverses_id)),
    _of_file(
        "reversed_by",
        gettext_lazy("Reversed by payment"),
        lambda row: _key(reversed_by(row.entry)),
    ),
)
FILE_COLUMNS = for_files(COLUMNS)


def cells(row: FileRow) -> list[Any]:
    """The cells of a file, in the order of FILE_COLUMNS."""
    return [one.value(row) for one in FILE_COLUMNS if one.value is not None]
