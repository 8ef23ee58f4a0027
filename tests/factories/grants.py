"""Authorizations, granted through the service."""

from collections.abc import Iterable

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import Account


def grant(account: Account, *codes: Authorization | str) -> Account:
    """Add these authorizations (all eight when none is named) to the account and to every agent
    above it that lacks them, as the rules demand. Returns the account.
    """
    wanted = frozenset(Authorization(one) for one in codes) or ALL
    for one in _way(account):
        grants_set(actor=SYSTEM, account=one, codes=held(one) | wanted, reason="test")
    return account


def revoke(account: Account, *codes: Authorization | str) -> Account:
    """Take these authorizations (all when none is named) from the account and all below it."""
    taken = frozenset(Authorization(one) for one in codes) or ALL
    grants_set(actor=SYSTEM, account=account, codes=held(account) - taken, reason="test")
    return account


def _way(account: Account) -> Iterable[Account]:
    return Account.objects.get(pk=account.pk).get_ancestors(include_self=True)
