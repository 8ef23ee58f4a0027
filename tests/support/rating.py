"""Writes who buys at which rate group, past the services. The one place to change once a service is
to write it: nothing else in tests does.
"""

from accounts.core.models import Account
from billing.wallets.models import RateGroup, Wallet


def write_group_of(account: Account, group: RateGroup | None) -> None:
    """Let an account buy at a group."""
    Wallet.objects.filter(pk=account.pk).update(rate_group=group)
