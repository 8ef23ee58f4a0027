"""A paid distribution as it is read: its payments, in the order of the list."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.querysets import in_scope
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


def drafts_of(actor: Actor) -> QuerySet[Distribution]:
    """The distributions a login handed in itself, paid or not."""
    if actor.user is None:
        return Distribution.objects.none()
    return Distribution.objects.filter(login=actor.user).select_related("job")


def distributions_of(actor: Actor) -> QuerySet[Distribution]:
    """The paid ones an actor may look at: made by its own login, or by one of an account within
    its scope.
    """
    paid = Distribution.objects.filter(posted_at__isnull=False)
    paid = paid.select_related("login", "by_account", "job")
    if actor.scope.everything:
        return paid
    if actor.scope.is_empty or actor.user is None:
        return paid.none()
    return paid.filter(Q(login=actor.user) | in_scope(actor.scope, "by_account"))


def distribution_of(actor: Actor, payment: Transaction) -> Distribution | None:
    """The distribution a payment was part of, where the actor may look at it."""
    try:
        key = UUID(payment.batch)
    except ValueError:
        return None
    return distributions_of(actor).filter(pk=key).first()
