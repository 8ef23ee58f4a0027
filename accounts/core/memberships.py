"""The groups that hold accounts' grants, and which logins are in them.

All of it is derived: an account has a group exactly while it has a grant, and the account's logins
are its members. Nothing is ever decided by a membership.
"""

from collections.abc import Sequence

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q

from accounts.core.models import Account, AccountGrant, AccountGroup, User
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.private_doors import delete_unread

# Names of other groups never look like this: an account id has no colon.
_PREFIX = "account:"
# So many rows are written with one statement.
BATCH = 500


def group_name(account: Account) -> str:
    """What the account's group is called. The account id never changes."""
    return f"{_PREFIX}{account.account_id}"


def groups_of(accounts: Sequence[Account]) -> dict[int, int]:
    """The key of each account's group, by the account's; those that have none yet get one, with
    their logins in it. Call it under the lock.
    """
    found: dict[int, int] = {}
    for start in range(0, len(accounts), BATCH):
        found |= _groups_of(accounts[start : start + BATCH])
    return found


def _groups_of(accounts: Sequence[Account]) -> dict[int, int]:
    pks = [one.pk for one in accounts]
    by_account = dict(
        AccountGroup.objects.filter(account__in=pks).values_list("account_id", "group_id")
    )
    new = [one for one in accounts if one.pk not in by_account]
    if not new:
        return by_account
    groups = Group.objects.bulk_create([Group(name=group_name(one)) for one in new])
    made = {one.pk: group.pk for one, group in zip(new, groups, strict=True)}
    AccountGroup.objects.bulk_create(
        [AccountGroup(account_id=pk, group_id=group) for pk, group in made.items()]
    )
    memberships = User.groups.through
    logins = User.objects.filter(account__in=made).values_list("pk", "account_id")
    memberships.objects.bulk_create(
        [memberships(user_id=pk, group_id=made[account]) for pk, account in logins]
    )
    return by_account | made


def join(login: User) -> None:
    """Make a new login a member of its account's group, if there is one."""
    link = AccountGroup.objects.filter(account=login.account_id).first()
    if link is not None:
        login.groups.add(link.group_id)


def drop_empty_groups(scope: Scope) -> None:
    """Remove the groups of the accounts in `scope` that hold no grant any more. The number of
    statements does not depend on how many there are.
    """
    empty = Group.objects.filter(
        ~Exists(AccountGrant.objects.filter(group=OuterRef("pk"))),
        in_scope(scope, "account_link__account"),
        account_link__isnull=False,
    ).values("pk")
    delete_unread(User.groups.through.objects.filter(group_id__in=empty))
    delete_unread(Group.permissions.through.objects.filter(group_id__in=empty))
    delete_unread(Group.objects.filter(pk__in=empty))
    # The foreign key is checked at the end of the transaction.
    left = in_scope(scope, "account") & ~Q(group_id__in=Group.objects.values("pk"))
    delete_unread(AccountGroup.objects.filter(left))
