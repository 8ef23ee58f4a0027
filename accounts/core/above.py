"""Who stands above a viewer's own account, or stood above one before it was moved, in words
(docs/domain.md 1, 2).

One word for every level, whoever it is and however many there are. Above a top-level account there
are no levels: there it is an administrator.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from accounts.core.actor import Actor


def someone_above(*, is_top_level: bool) -> str:
    """Whoever stands above the viewer's account."""
    return _("an administrator") if is_top_level else _("a level above yours")


def former_agent() -> str:
    """Whoever stood above an account before it was moved."""
    return _("former agent")


def keys_above(actor: "Actor") -> Collection[int]:
    """The keys of the accounts above the viewer's own."""
    return {link.pk for link in actor.chain[:-1]}


def unnamed(actor: "Actor", account_pk: int | None) -> str:
    """Who works for this account, which the viewer does not reach."""
    return actor.someone_above if account_pk in keys_above(actor) else former_agent()
