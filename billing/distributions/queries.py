"""A paid distribution as it is read: its payments, in the order of the list."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from accounts.kit.object_keys import object_key
from billing.distributions.models import FORMER_TRANSFER, Distribution
from billing.ledger.models import Entry, Transaction


def payments_of(paid: Distribution) -> QuerySet[Entry]:
    """What came into the wallet of each account; by key it is the order of the list."""
    entries = Entry.objects.filter(
        transaction__batch=str(paid.pk), wallet_id=F("transaction__account_id")
    )
    return entries.select_related("wallet__account", "transaction__reversed_by")


def reversed_count(paid: Distribution) -> int:
    """How many of the payments were taken back."""
    return Transaction.objects.filter(batch=str(paid.pk), reversed_by__isnull=False).count()


def payer_sides(paid: Distribution) -> tuple[Decimal, Decimal] | None:
    """The balance of the account that paid, before the first payment and after the last one; None
    where nobody's balance was touched, as is always so by now.
    """
    if paid.funding != FORMER_TRANSFER:
        return None
    own = Entry.objects.filter(transaction__batch=str(paid.pk), wallet=paid.by_account_id)
    first, last = own.order_by("pk").first(), own.order_by("-pk").first()
    assert first is not None
    assert last is not None
    assert first.balance_after is not None
    assert last.balance_after is not None
    return first.balance_after - first.amount, last.balance_after


def result_header() -> list[str]:
    """The columns of the file of what was paid."""
    money = {"currency": settings.CURRENCY}
    return [
        _("Account ID"),
        _("Amount, %(currency)s") % money,
        _("Reference"),
        _("Payment"),
        _("Balance after, %(currency)s") % money,
    ]


def result_rows(paid: Distribution) -> Iterator[list[Any]]:
    """What was paid, for who paid it."""
    rows = (
        payments_of(paid)
        .order_by("pk")
        .values_list(
            "wallet__account__account_id",
            "amount",
            "transaction__reference",
            "transaction_id",
            "balance_after",
        )
    )
    for account, amount, reference, pk, after in rows.iterator():
        yield [account, amount, reference, object_key(Transaction.key_kind, pk), after]
