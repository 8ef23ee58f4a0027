"""Entries of the ledger as pages and files show them, prepared for one viewer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.object_keys import object_key
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.entries import other_sides
from billing.ledger.words import People
from billing.money import shown, signed


class Known:
    """What the viewer may know about some entries: who, and which other accounts. Two queries."""

    def __init__(self, actor: Actor, accounts: AccountQuerySet, entries: Sequence[Entry]) -> None:
        self.sides = other_sides(entries)
        others = [account_of(side) for sides in self.sides.values() for side in sides]
        own = [account_of(entry) for entry in entries]
        made = [entry.transaction for entry in entries]
        self.people = People(actor, accounts, made, [*own, *others])

    def other(self, entry: Entry) -> str:
        """The account the money came from or went to, as far as there is one."""
        names = [self.people.account(account_of(side)) for side in self.sides[entry.pk]]
        return ", ".join(dict.fromkeys(names))

    def who(self, entry: Entry) -> str:
        return self.people.who(entry.transaction)


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
    *,
    zone: tzinfo | None = None,
) -> list[dict[str, Any]]:
    """Entries as a page shows them, each with the balance after it; times in `zone` (the
    viewer's).
    """
    found = []
    for entry, balance in zip(entries, balances, strict=True):
        made = entry.transaction
        at = timezone.localtime(entry.at, zone)
        other, back = known.other(entry), reversed_by(entry)
        words = _("from %(account)s") if entry.amount > 0 else _("to %(account)s")
        found.append(
            {
                "at": at,
                "day": at.date(),
                "time": date_format(at, "H:i:s"),
                "account": account_of(entry).account_id,
                "account_url": account_of(entry).get_absolute_url(),
                "url": _receipt(made.pk),
                "kind": made.get_kind_display(),
                "other": words % {"account": other} if other else "",
                "reverses": _key(made.reverses_id),
                "reverses_url": _receipt(made.reverses_id) if made.reverses_id else "",
                "reversed_by": _key(back),
                "reversed_url": _receipt(back) if back else "",
                "method": made.get_method_display(),
                "reference": made.reference,
                "memo": made.memo,
                "who": known.who(entry),
                "amount": signed(entry.amount),
                "is_in": entry.amount > 0,
                "balance": shown(balance),
            }
        )
    return found


def by_day(found: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows under the days they belong to."""
    return [
        (date_format(day, "l, j F Y"), list(some))
        for day, some in groupby(found, key=lambda row: row["day"])
    ]


def _receipt(pk: int) -> str:
    return reverse("billing:payment", args=[pk])


def header() -> list[str]:
    """The columns of a file of entries."""
    money = {"currency": settings.CURRENCY}
    return [
        _("Time"), _("Payment"), _("Account ID"), _("Type"), _("From or to"), _("Method"),
        _("Reference"), _("Memo"), _("By"), _("Amount, %(currency)s") % money,
        _("Balance after, %(currency)s") % money, _("Reverses payment"), _("Reversed by payment"),
    ]  # fmt: skip


def plain_rows(
    entries: Sequence[Entry], known: Known, balances: Iterable[Decimal]
) -> Iterator[list[Any]]:
    """Entries as a file holds them: times, numbers and texts."""
    for entry, balance in zip(entries, balances, strict=True):
        made = entry.transaction
        yield [
            entry.at, made.key, account_of(entry).account_id, made.get_kind_display(),
            known.other(entry), made.get_method_display(), made.reference, made.memo,
            known.who(entry), entry.amount, balance, _key(made.reverses_id),
            _key(reversed_by(entry)),
        ]  # fmt: skip
