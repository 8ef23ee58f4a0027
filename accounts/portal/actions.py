"""What can be done with one account, in the order every menu shows it: tree, lists and account page
say the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.authorizations.services.policies import check_may_become_agent
from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import check_may_hold_sub_accounts, refuse_closed
from accounts.kit.errors import DomainError
from accounts.portal.registry import Link, registry


@dataclass(frozen=True)
class RowAction:
    """A menu item. `reason` says why it is not available (""= it is); `copies` is a text for the
    clipboard.
    """

    name: str
    label: Any
    icon: str
    url: str = ""
    reason: str = ""
    copies: str = ""
    is_button: bool = False


def row_actions(actor: Actor, account: Account) -> list[RowAction]:
    """The actions for `account`. Those the actor may not do stay, with the reason. At most the
    queries for the policy in force there, where the account may become an agent.
    """

    def page(name: str) -> str:
        return reverse(f"accounts:{name}", args=[account.account_id])

    def change(
        name: str,
        label: Any,
        icon: str,
        url: str,
        *checks: Callable[[Account], None],
    ) -> RowAction:
        reason = _why_not(actor, account, *checks, is_agent_id=False)
        return RowAction(name, label, icon, url, reason)

    actions = [
        RowAction("sub-accounts", _("Open sub-accounts"), "accounts", page("sub-accounts")),
        RowAction("open", _("Open account"), "account", page("detail")),
        adding(actor, account),
        RowAction("logins", _("Logins"), "key", page("logins")),
        RowAction("authorizations", _("Authorizations"), "shield", page("authorizations")),
        RowAction("number-sections", _("Number sections"), "sections", page("number-sections")),
        change("edit", _("Edit"), "edit", page("edit"), refuse_closed),
        change("move", _("Move…"), "move", page("move"), refuse_closed),
        change("unlock", _("Unlock"), "unlock", page("unlock"), refuse_closed)
        if account.status == Account.Status.LOCKED
        else change("lock", _("Lock"), "lock", page("lock"), refuse_closed),
    ]
    if actor.is_administrator:
        actions.append(RowAction("view-as", _("View as…"), "eye", page("view-as")))
    return [
        *actions,
        *linked_actions(actor, account),
        RowAction("copy", _("Copy ID"), "copy", copies=account.account_id),
    ]


def adding(actor: Actor, account: Account) -> RowAction:
    """Adding a sub-account below the account, its own included. The query for the policy in force
    there, where the account may become an agent.
    """
    reason = _why_not(
        actor,
        account,
        check_may_hold_sub_accounts,
        lambda agent: check_may_become_agent(actor, agent, is_approved=True),
        is_agent_id=True,
    )
    url = f"{reverse('accounts:new')}?agent={account.account_id}"
    return RowAction("new", _("Add sub-account"), "plus", url, reason)


def linked_actions(actor: Actor, account: Account) -> list[RowAction]:
    """The actions that other apps add."""
    return _linked(actor, account, registry.row_actions)


def _linked(actor: Actor, account: Account, links: Iterable[Link]) -> list[RowAction]:
    actions = []
    for link in links:
        url = link.url(actor, account)
        if url is not None:
            reason = link.reason(actor, account) if link.reason else ""
            actions.append(
                RowAction(link.name, link.label, link.icon, url, reason, is_button=link.is_button)
            )
    return actions


def linked_buttons(actor: Actor, account: Account) -> list[RowAction]:
    """Those of them that are available and shown as buttons."""
    return [one for one in linked_actions(actor, account) if one.is_button and not one.reason]


def quick_actions(actor: Actor, account: Account) -> list[RowAction]:
    """Those of them that are available and stand beside the menu in lists. No query."""
    quick = [link for link in registry.row_actions if link.is_quick]
    return [one for one in _linked(actor, account, quick) if not one.reason]


def _why_not(
    actor: Actor, account: Account, *checks: Callable[[Account], None], is_agent_id: bool
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
