"""Who may change a rate group: its owner where it holds authorization 1, and administrators."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.core.actor import Actor, require, require_each, require_to_look
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import check_may_hold_sub_accounts
from accounts.kit.errors import Clash, NotInScope, Refused
from billing.rates.queries import charged_since, held_since
from billing.wallets.models import RateGroup
from billing.wallets.queries import groups_kept, groups_seen
from billing.wallets.services.standing import hold_charging


def keeper(
    actor: Actor, owner: Account | None = None, *, looks: bool = False
) -> tuple[Actor, Account | None]:
    """The fresh actor, and the account whose groups it makes: its own. Administrators make those of
    the platform (None), or of any `owner` that may have sub-accounts. `looks`: it is a preview, and
    no use of the authorization.

    Raises Refused, NotAllowed, NotInScope.
    """
    pk = actor.own.pk if actor.own else owner.pk if owner else None
    if owner is not None and owner.pk != pk:
        raise NotInScope
    found = None if pk is None else Account.objects.within(actor.scope).reached(pk)
    if found is None:
        return require(actor, Authorization.MANAGE_ACCOUNT, None), None
    asks = require_to_look if looks else require_each
    actor = asks(actor, Authorization.MANAGE_ACCOUNT, [found], is_agent_id=True)
    check_may_hold_sub_accounts(found)
    return actor, found


def kept_group(
    actor: Actor, pk: int, *, expected_version: int | None = None, lock: bool = True
) -> tuple[Actor, RateGroup]:
    """The fresh actor and a group it may change, locked until the end of the transaction: rates of
    a group are written by one at a time. Previews do without the lock.

    Raises NotAllowed, NotInScope for a group that is another's or none, Clash.
    """
    actor, _own = keeper(actor, looks=not lock)
    # A group that is only seen is refused in the same words as one that is not.
    groups = groups_kept(actor).filter(pk=pk)
    group = (groups.select_for_update(of=("self",)) if lock else groups).first()
    if group is None:
        raise NotInScope(_("There is no such rate group."))
    if expected_version is not None and group.version != expected_version:
        raise Clash(
            _("Somebody else changed this rate group in the meantime."), code="changed_meanwhile"
        )
    return actor, group


def seen_group(actor: Actor, pk: int) -> RateGroup:
    """A group whose prices the actor may know. Raises NotInScope."""
    group = groups_seen(actor).filter(pk=pk).first()
    if group is None:
        raise NotInScope(_("There is no such rate group."))
    return group


def check_not_charged(group: RateGroup, begun: Mapping[str, datetime]) -> None:
    """Raise Refused where a call was charged at the group, or let through, that would have cost
    something else: `begun` are prefixes with the moment since which they do. Under the lock of the
    group; no call is charged from here to the end of the transaction.
    """
    if not begun:
        return
    hold_charging()
    for prefix in charged_since(group, begun, 1):
        raise Refused(
            _(
                "Calls to %(prefix)s were charged at this group since: let it begin now, and"
                " put the past right by a correction."
            )
            % {"prefix": prefix},
            code="charged",
            field="since",
        )
    for prefix in held_since(group, begun, 1):
        raise Refused(
            _(
                "A call to %(prefix)s was let through at this group since, and is not charged yet:"
                " let it begin now, and put the past right by a correction."
            )
            % {"prefix": prefix},
            code="held",
            field="since",
        )


def touched(group: RateGroup) -> None:
    """Note that the group, or a rate of it, has changed. Under its lock."""
    group.version += 1
    group.save(update_fields=["version"])
