"""Balances as lists and cards show them; every reading stays within the actor's scope."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import F, Q

from accounts.access import Actor
from accounts.models import Account
from accounts.querysets import AccountQuerySet
from billing.models import Wallet

# Accounts whose balance is below their own threshold; a closed one needs nothing any more.
LOW = Q(wallet__balance__lt=F("wallet__low_balance_threshold")) & ~Q(status=Account.Status.CLOSED)


def wallets_of(accounts: Iterable[Account]) -> Mapping[int, Wallet]:
    """The wallets of accounts that were read within a scope, by key. One query."""
    found = {one.pk: one for one in accounts}
    wallets = Wallet.objects.filter(pk__in=found)
    for one in wallets:
        one.account = found[one.pk]
    return {one.pk: one for one in wallets}


def is_low(wallet: Wallet) -> bool:
    """As `LOW`, for a wallet whose account is known."""
    return wallet.is_low and wallet.account.status != Account.Status.CLOSED


def low_accounts(actor: Actor, most: int) -> tuple[int, Sequence[Account]]:
    """How many accounts within the scope, but for the own one, are below their threshold, and the
    poorest of them with their wallets. Two queries at most.
    """
    low: AccountQuerySet = Account.objects.within(actor.scope).filter(LOW)
    if actor.account_pk is not None:
        low = low.exclude(pk=actor.account_pk)
    poorest = list(low.select_related("wallet").order_by("wallet__balance", "pk")[: most + 1])
    return (low.count() if len(poorest) > most else len(poorest)), poorest[:most]
