"""Heading, badges, actions and tabs of the pages of one account."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.portal.actions import RowAction, row_actions
from accounts.portal.breadcrumbs import breadcrumb, way_to
from accounts.portal.registry import registry
from accounts.portal.standing import standing

# Said by buttons of their own, or by the page itself.
_NOT_IN_MENU = frozenset(
    {
        "open",
        "sub-accounts",
        "logins",
        "authorizations",
        "number-sections",
        "new",
        "edit",
        "copy",
    }
)


def account_head(
    request: HttpRequest,
    account: Account,
    *,
    current: str,
    page: Any = "",
    primary: RowAction | None = None,
    logins: int | None = None,
) -> dict[str, Any]:
    """The context of `accounts/portal/_head.html`. Two queries: the way to the root, and how many
    `logins` there are where the caller has not counted them.

    `current` is the tab shown ("overview", "sub-accounts", "logins" or the name of a registered
    one), `page` the page's own name in the breadcrumb, `primary` the page's main action in place of
    "Add sub-account".
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    actions = {one.name: one for one in row_actions(actor, account)}
    # One's own account is looked after by the level above: no button that can never be pressed.
    editing = [] if account.pk == actor.account_pk else [actions["edit"]]
    linked = [one for one in actions.values() if one.is_button and not one.reason]
    buttons = [*editing, *linked, primary or actions["new"]]
    return {
        "account": account,
        "crumbs": breadcrumb(request, account, page),
        "standing": standing(actor, way_to(request, account.pk)),
        "tabs": _tabs(actor, account, current, logins),
        "buttons": buttons,
        "reasons": list(dict.fromkeys(one.reason for one in buttons if one.reason)),
        "menu": _menu(actor, account, actions),
        "menu_label": _("More actions for %(account)s") % {"account": account.account_id},
    }


def _menu(actor: Actor, account: Account, actions: dict[str, RowAction]) -> list[dict[str, Any]]:
    items = [
        {"label": one.label, "icon": one.icon, "url": one.url, "reason": one.reason}
        for name, one in actions.items()
        if name not in _NOT_IN_MENU and not (one.is_button and not one.reason)
    ]
    # A closed account is not closed again, but it may be deleted while it is untouched.
    decision = decide(actor, Authorization.MANAGE_ACCOUNT, account)
    delete_reason = "" if decision.is_allowed else decision.sentence

    def ending(name: str, label: Any, icon: str, reason: str, divider: bool) -> dict[str, Any]:
        return {
            "label": label,
            "icon": icon,
            "url": reverse(f"accounts:{name}", args=[account.account_id]),
            "risk": True,
            "reason": reason,
            "divider": divider,
        }

    return [
        *items,
        ending("close", _("Close…"), "no", actions["edit"].reason, True),
        ending("delete", _("Delete…"), "trash", delete_reason, False),
    ]


def _tabs(actor: Actor, account: Account, current: str, logins: int | None) -> list[dict[str, Any]]:
    def tab(name: str, label: Any, url: str, count: int | None = None) -> dict[str, Any]:
        return {"label": label, "url": url, "current": name == current, "count": count}

    def own(name: str) -> str:
        return reverse(f"accounts:{name}", args=[account.account_id])

    if logins is None:
        logins = account.logins.count()
    tabs = [
        tab("overview", _("Overview"), own("detail")),
        tab("sub-accounts", _("Sub-accounts"), own("sub-accounts"), account.sub_account_count),
        tab("logins", _("Logins"), own("logins"), logins),
        tab("authorizations", _("Authorizations"), own("authorizations")),
        tab("number-sections", _("Number sections"), own("number-sections")),
    ]
    for link in registry.account_tabs:
        url = link.url(actor, account)
        if url is not None:
            tabs.append(tab(link.name, link.label, url))
    return [*tabs, tab("audit", _("Audit log"), own("audit"))]
