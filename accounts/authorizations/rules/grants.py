"""What stands against a grant, and where it needs a reason (docs/domain.md 3)."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.authorizations import ALL, HIGH, Authorization, Codes
from accounts.core.memberships import BATCH
from accounts.core.models import (
    Account,
    AccountGrant,
)
from accounts.core.querysets import grants_of
from accounts.kit.errors import Refused
from accounts.kit.text import tidied_lines

_LONGEST_REASON = 500


def clean_reason(reason: str) -> str:
    """As it is stored. Raises Refused when it is too long."""
    reason = tidied_lines(reason)
    if len(reason) > _LONGEST_REASON:
        raise Refused(
            _("Use at most %(max)s characters.") % {"max": _LONGEST_REASON},
            code="too_long",
            field="reason",
        )
    return reason


def needs_reason(
    added: Iterable[Authorization], after: Codes, hits: "QuerySet[AccountGrant]"
) -> bool:
    """Whether such a change needs a reason; `hits` are the grants below that go as well."""
    return _is_grave(frozenset(added), after) or hits.exists()


def _is_grave(added: Codes, after: Codes) -> bool:
    """Whether granting `added` needs a reason: a High one among them, or all eight with them."""
    return bool(added & HIGH) or bool(added and after == ALL)


def refuse_without_reason(given: Iterable[tuple[Account, Codes]], reason: str) -> None:
    """Raise Refused if one of the grants needs a reason and there is none."""
    if reason:
        return
    some = [(account.pk, codes) for account, codes in given]
    has: dict[int, Codes] = {}
    for start in range(0, len(some), BATCH):
        has |= grants_of([pk for pk, _codes in some[start : start + BATCH]])
    if any(_is_grave(codes, has.get(pk, frozenset()) | codes) for pk, codes in some):
        raise Refused(
            _("Give a reason: it is kept with the grant."), code="reason_required", field="reason"
        )


def unavailable(
    actor: Actor, account: Account, *, parents: Codes | None = None
) -> dict[Authorization, str]:
    """The authorizations `actor` cannot grant to `account`, each with the reason in a sentence.
    `parents`: what its agent holds, where that was read already.
    """
    lacking: dict[Authorization, str] = {}
    values = {"account": account.account_id}
    if account.parent_id is not None:
        if parents is None:
            parents = grants_of([account.parent_id]).get(account.parent_id, frozenset())
        # The agent of an account below one's own is the own account or below it: never hidden.
        agent = account.parent.account_id if account.parent else ""
        for code in ALL - parents:
            lacking[code] = _(
                "%(account)s cannot have it: its agent %(agent)s does not hold it."
            ) % {**values, "agent": agent}
    if actor.own is not None:
        for code in ALL - actor.effective:
            lacking[code] = _("%(account)s cannot have it: you do not hold it.") % values
    return lacking
