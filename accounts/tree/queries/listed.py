"""What the lists of accounts are about."""

from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.scope import Scope


def listed(accounts: AccountQuerySet, subject_pk: int | None, *, is_all: bool) -> AccountQuerySet:
    """Those of the accounts that the list of this one holds; None: the platform's list."""
    if subject_pk is None:
        return accounts if is_all else accounts.filter(parent=None)
    return accounts.below(subject_pk) if is_all else accounts.directly_below(subject_pk)


def listed_in(scope: Scope, subject_pk: int | None, *, is_all: bool) -> AccountQuerySet:
    """The same of all accounts in a scope."""
    return listed(Account.objects.within(scope), subject_pk, is_all=is_all)
