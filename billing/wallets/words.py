"""The rate group of an account in words, as its reader may know it (docs/domain.md 7)."""

from collections.abc import Callable, Sequence
from typing import Any

from accounts.core.actor import Actor
from accounts.core.reach import accounts_reached
from billing.wallets.queries import group_above, group_names


def groups_recorded(actor: Actor, values: Sequence[Any]) -> Callable[[Any], str]:
    """How the audit log shows the rate groups it holds. Of one that is no more its owner is left,
    who may be within the reader's reach. Two queries at most, none for administrators.
    """
    known: dict[int, str] = {}
    owners: set[str] = set()
    if not actor.is_administrator:
        known = group_names(actor, [one["group"] for one in values])
        asked = {one["owner"] for one in values if one["group"] not in known} - {""}
        if asked:
            reached = accounts_reached(actor).filter(account_id__in=asked)
            owners = set(reached.values_list("account_id", flat=True))

    def read(stored: Any) -> str:
        is_known = actor.is_administrator or stored["group"] in known or stored["owner"] in owners
        return str(stored["name"]) if is_known else group_above(actor)

    return read
