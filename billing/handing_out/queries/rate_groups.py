"""Rate groups that a move takes away, and what is said of them before it (docs/domain.md 1)."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet

from accounts.core.models import Account
from accounts.core.querysets import chains, in_branches
from billing.wallets.models import Wallet


def strayed_wallets(accounts: Sequence[Account]) -> QuerySet[Wallet]:
    """Those of these accounts, and of all below them, that buy at the group of an agent which does
    not stand above them: what a move left behind.
    """
    owners = Account.objects.filter(
        pk=OuterRef("rate_group__owner"),
        tree_id=OuterRef("account__tree_id"),
        lft__lt=OuterRef("account__lft"),
        rght__gt=OuterRef("account__rght"),
    )
    owned = Wallet.objects.filter(in_branches(accounts), rate_group__owner__isnull=False)
    return owned.filter(~Exists(owners))


def wallets_to_stray(accounts: Sequence[Account], target: Account | None) -> QuerySet[Wallet]:
    """Those that would buy so, once these accounts were moved below `target`."""
    return Wallet.objects.filter(
        in_branches(accounts), rate_group__owner__in=owners_left(accounts, target)
    )


def owners_left(accounts: Sequence[Account], target: Account | None) -> set[int]:
    """The agents above these accounts that are not above them any more below `target`, by their
    key. One query.
    """
    asked = [one.pk for one in accounts] + ([target.pk] if target else [])
    ways = chains(asked)
    kept = {link.pk for link in ways[target.pk]} if target else set()
    above = {link.pk for one in accounts for link in ways[one.pk][:-1]}
    return above - kept
