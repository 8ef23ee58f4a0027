"""How far a deed on some accounts reaches."""

from collections.abc import Iterable

from accounts.core.models import Account


def affected_by(accounts: Iterable[Account]) -> int:
    """How many accounts a deed on these affects: they and everything below them, each once.

    Read off the boundaries of the rows: branches lie inside one another or apart, so whatever
    begins within the branch before it is counted already.
    """
    count, tree, end = 0, None, 0
    for one in sorted(accounts, key=lambda one: (one.tree_id, one.lft)):
        if one.tree_id == tree and one.lft < end:
            continue
        count += one.sub_account_count + 1
        tree, end = one.tree_id, one.rght
    return count
