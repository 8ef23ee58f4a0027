"""What stands against closing and deleting an account."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.models import Account
from accounts.kit.errors import DomainError, Refused, WayOut
from accounts.portal.registry import Blocker, registry


def close_blockers(account: Account) -> list[Blocker]:
    """What stands against closing: open sub-accounts, and what packages know."""
    blockers: list[Blocker] = []
    open_below = account.children.exclude(status=Account.Status.CLOSED).count()
    if open_below:
        blockers.append(
            Blocker(
                ngettext("%(count)s open sub-account", "%(count)s open sub-accounts", open_below)
                % {"count": open_below},
            )
        )
    return blockers + [blocker for ask in registry.close_blockers for blocker in ask(account)]


def delete_refusal(account: Account) -> DomainError | None:
    """Why the account cannot be deleted, with what stands in the way and the way out; None if it
    can.
    """
    if account.is_agent:
        count = account.sub_account_count
        return Refused(
            ngettext(
                "%(account)s is an agent with %(count)s sub-account and cannot be deleted.",
                "%(account)s is an agent with %(count)s sub-accounts and cannot be deleted.",
                count,
            )
            % {"account": account.account_id, "count": count},
            code="has_sub_accounts",
            items=list(account.children.order_by("account_id")[:50]),
            ways_out=[WayOut(_("Move all its sub-accounts to another agent"))],
        )
    blockers = [blocker for ask in registry.delete_blockers for blocker in ask(account)]
    if blockers:
        return Refused(
            _("%(account)s has a history and can only be closed.")
            % {"account": account.account_id},
            code="has_history",
            items=blockers,
            ways_out=[WayOut(_("Close the account"))],
        )
    return None
