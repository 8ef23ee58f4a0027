"""The end of an account: closed with its history kept, or really deleted while it is untouched."""

from django.utils.translation import gettext as _

from accounts.authorizations.services.grants import cut_to
from accounts.core.actor import DELETE_ACCOUNT, Actor, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, GrantBatch
from accounts.core.reach import refuse_closed
from accounts.core.record import record
from accounts.core.versions import bump, bump_forest, forget, path_pks
from accounts.kit.errors import Refused
from accounts.kit.text import tidied
from accounts.logins.services.logins import logins_delete_with_account
from accounts.logins.services.sessions import sessions_end_of_accounts
from accounts.portal.ground import ground_lost
from accounts.tree.rules.ending import close_blockers, delete_refusal
from accounts.tree.services.accounts import account_values, save_account


def account_close(*, actor: Actor, account: Account, reason: str) -> Account:
    """Close an account for good: its logins are signed out and stay out, its history stays. Needs a
    reason.

    Raises Refused (with the blockers as `items`), NotInScope, NotAllowed, Busy.
    """
    reason = _required_reason(reason)

    def work(fresh: dict[int, Account]) -> Account:
        nonlocal actor, account
        account = fresh[account.pk]
        actor = require(actor, Authorization.MANAGE_ACCOUNT, account)
        refuse_closed(account)
        blockers = close_blockers(account)
        if blockers:
            raise Refused(
                _("%(account)s cannot be closed yet.") % {"account": account.account_id},
                code="close_blocked",
                items=blockers,
            )
        before = {"status": account.status}
        account.status = Account.Status.CLOSED
        save_account(account, "status")
        cut_to(actor, account, frozenset(), kind=GrantBatch.Kind.CLOSE, reason=reason)
        ground_lost(actor, account, _("The account was closed."))
        sessions_end_of_accounts([account.pk])
        bump(*path_pks(account))
        record(
            actor=actor,
            action="account.close",
            account=account,
            before=before,
            after={"status": account.status},
            reason=reason,
        )
        return account

    return in_locked_trees(work, touching=[account.pk])


def account_delete(*, actor: Actor, account: Account, reason: str) -> None:
    """Really delete an untouched account together with its logins. Its agent may become an ordinary
    account.

    Raises Refused with the way out (move all sub-accounts, close), NotInScope, NotAllowed, Busy.
    """
    reason = _required_reason(reason)

    def work(fresh: dict[int, Account]) -> None:
        nonlocal actor
        # Under a name of its own: a row that was deleted has no key, should this start over.
        current = fresh[account.pk]
        actor = require(actor, Authorization.MANAGE_ACCOUNT, current, permission=DELETE_ACCOUNT)
        refusal = delete_refusal(current)
        if refusal:
            raise refusal
        above = path_pks(current)[:-1]
        record(
            actor=actor,
            action="account.delete",
            account=current,
            before={
                **account_values(current),
                "agent": current.parent.account_id if current.parent else None,
            },
            reason=reason,
        )
        if current.parent:
            # What is said of an account that is gone lies in nobody's hierarchy any more.
            record(
                actor=actor,
                action="account.lose",
                account=current.parent,
                subject=current.account_id,
                reason=reason,
            )
        # They go with it; who asked is told.
        ground_lost(actor, current, _("The account was deleted."))
        cut_to(actor, current, frozenset(), kind=GrantBatch.Kind.CLOSE, reason=reason)
        logins_delete_with_account(actor=actor, account=current)
        if current.parent_id is None:
            bump_forest(taking_over=current.pk)
        forget(current.pk)
        current.delete()
        bump(*above)

    in_locked_trees(work, touching=[account.pk], forest=lambda seen: seen[account.pk][1])


def _required_reason(reason: str) -> str:
    reason = tidied(reason)
    if not reason:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")
    return reason
