"""Accounts that buy at a rate group; whether they may be given it is tested elsewhere."""

from accounts.core.models import Account
from billing.wallets.models import RateGroup, Wallet


def buys_at(account: Account, group: RateGroup | None) -> None:
    Wallet.objects.filter(pk=account.pk).update(rate_group=group)
