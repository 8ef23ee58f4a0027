"""Accounts that buy at a rate group; whether they may be given it is tested elsewhere."""

from datetime import datetime

from accounts.core.models import Account
from billing.wallets.models import RateGroup, Standing, Wallet
from billing.wallets.services.standing import standing_noted


def buys_at(account: Account, group: RateGroup | None, since: datetime | None = None) -> None:
    """From a moment on; None: from now."""
    Wallet.objects.filter(pk=account.pk).update(rate_group=group)
    standing_noted([account.pk])
    if since is not None:
        latest = Standing.objects.filter(account=account).latest("since")
        Standing.objects.filter(account=account, since__lt=latest.since, since__gte=since).delete()
        Standing.objects.filter(pk=latest.pk).update(since=since)
