"""What can be done with the place and the state of an account, wherever its actions are shown."""

from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.rules.policies import check_may_become_agent
from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import check_may_hold_sub_accounts, refuse_closed
from accounts.kit.addresses import address_of
from accounts.kit.errors import DomainError
from accounts.portal.actions import RowAction, actions_of
from accounts.portal.registry import Link, Place


def _page(name: str) -> Callable[[Actor, Account], str]:
    return lambda actor, account: address_of(f"accounts:{name}", account.account_id)


def _new(actor: Actor, account: Account) -> str:
    return f"{reverse('accounts:new')}?agent={account.account_id}"


def _lock(actor: Actor, account: Account) -> str | None:
    is_locked = account.status == Account.Status.LOCKED
    return None if is_locked else _page("lock")(actor, account)


def _unlock(actor: Actor, account: Account) -> str | None:
    is_locked = account.status == Account.Status.LOCKED
    return _page("unlock")(actor, account) if is_locked else None


def _why_not_new(actor: Actor, account: Account) -> str:
    return _why_not(
        actor,
        account,
        check_may_hold_sub_accounts,
        lambda agent: check_may_become_agent(actor, agent, is_approved=True),
        is_agent_id=True,
    )


def _why_not_change(actor: Actor, account: Account) -> str:
    return _why_not(actor, account, refuse_closed)


def _why_not(
    actor: Actor,
    account: Account,
    *checks: Callable[[Account], None],
    is_agent_id: bool = False,
) -> str:
    decision = decide(actor, Authorization.MANAGE_ACCOUNT, account, is_agent_id=is_agent_id)
    if not decision.is_allowed:
        return decision.sentence
    try:
        for check in checks:
            check(account)
    except DomainError as refused:
        return str(refused.message)
    return ""


_NEW = Link("new", _("Add sub-account"), "plus", _new, _why_not_new, place=Place.PRIMARY, order=30)
ACTIONS = [
    Link(
        "sub-accounts",
        _("Open sub-accounts"),
        "accounts",
        _page("sub-accounts"),
        place=Place.NOWHERE,
        order=10,
    ),
    Link("open", _("Open account"), "account", _page("detail"), place=Place.NOWHERE, order=20),
    _NEW,
    Link("edit", _("Edit"), "edit", _page("edit"), _why_not_change, place=Place.BUTTON, order=70),
    Link("move", _("Move…"), "move", _page("move"), _why_not_change, order=80),
    Link("unlock", _("Unlock"), "unlock", _unlock, _why_not_change, order=90),
    Link("lock", _("Lock"), "lock", _lock, _why_not_change, order=91),
    Link(
        "copy",
        _("Copy ID"),
        "copy",
        lambda actor, account: "",
        place=Place.NOWHERE,
        copies=lambda account: account.account_id,
        order=1000,
    ),
    Link(
        "close",
        _("Close…"),
        "no",
        _page("close"),
        _why_not_change,
        in_rows=False,
        is_risky=True,
        has_divider=True,
        order=1010,
    ),
    # A closed account is not closed again, but it may be deleted while it is untouched.
    Link(
        "delete",
        _("Delete…"),
        "trash",
        _page("delete"),
        _why_not,
        in_rows=False,
        is_risky=True,
        order=1020,
    ),
]


def adding(actor: Actor, account: Account) -> RowAction:
    """Adding a sub-account below the account, its own included. The query for the policy in force
    there, where the account may become an agent.
    """
    return actions_of(actor, account, [_NEW])[0]
