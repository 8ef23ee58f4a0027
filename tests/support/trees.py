"""What a tree must satisfy, checked without the nested-set columns' help."""

from collections import defaultdict

from accounts.core.models import Account
from accounts.core.scope import Scope
from accounts.tree.queries.integrity import tree_problems


def assert_sound() -> None:
    """Every invariant of every tree holds, by the checker and by counting along parent links."""
    assert tree_problems() == []
    parents = dict(Account._base_manager.values_list("pk", "parent_id"))
    below = descendants(parents)
    for account in Account._base_manager.all():
        assert account.sub_account_count == len(below[account.pk]), account
        assert account.is_agent == bool(below[account.pk]), account


def descendants(parents: dict[int, int | None]) -> dict[int, set[int]]:
    """For every account the keys of everything below it, following parent links only."""
    below: dict[int, set[int]] = defaultdict(set)
    for pk, parent in parents.items():
        below[pk]
        seen = set()
        while parent is not None:
            assert parent not in seen, "a cycle"
            seen.add(parent)
            below[parent].add(pk)
            parent = parents[parent]
    return below


def ids_within(account: Account) -> set[str]:
    """The account ids that the scope of this account reaches."""
    return set(Account.objects.within(Scope.of(account.pk)).values_list("account_id", flat=True))


def outline() -> list[str]:
    """The whole forest as indented account ids, in tree order."""
    return ["  " * one.level + one.account_id for one in Account.objects.in_tree_order()]
