"""Heading, badges, actions and tabs of the pages of one account."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.actions import RowAction, page_actions
from accounts.portal.breadcrumbs import breadcrumb, way_to
from accounts.portal.registry import Place, registry
from accounts.portal.standing import standing


def account_head(
    request: HttpRequest,
    account: Account,
    *,
    current: str,
    page: Any = "",
    primary: RowAction | None = None,
    counts: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Any]:
    """The context of `accounts/portal/_head.html`. A query for the way to the root, and one for
    each count of a tab that the caller has not made: `counts`, by the names of the tabs.

    `current` is the tab shown, `page` the page's own name in the breadcrumb, `primary` the page's
    main action in place of the one that all pages have.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.is_customer:
        return _of_customer(request, account, current, page, primary)
    actions = page_actions(actor, account)
    buttons = _buttons(actor, account, actions, primary)
    return {
        "account": account,
        "crumbs": breadcrumb(request, account, page),
        "standing": standing(actor, way_to(request, account.pk)),
        "tabs": _tabs(actor, account, current, counts),
        "buttons": buttons,
        "reasons": list(dict.fromkeys(one.reason for one in buttons if one.reason)),
        "menu": [one for one in actions if one.place is Place.MENU and one not in buttons],
        "menu_label": _("More actions for %(account)s") % {"account": account.account_id},
    }


def _of_customer(
    request: HttpRequest, account: Account, current: str, page: Any, primary: RowAction | None
) -> dict[str, Any]:
    """Of a page of the one account there is: its own name, and what may be done there. No query."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    linked = [one for one in page_actions(actor, account) if one.is_button]
    match = request.resolver_match
    menu = [one.label for one in registry.own_pages if match and match.view_name in one.pages]
    names = {tab.name: tab.label for tab in registry.account_tabs}
    names["overview"] = _("Your account")
    return {
        "account": account,
        "crumbs": breadcrumb(request, account, page),
        "standing": standing(actor, way_to(request, account.pk)),
        "own_heading": page or next(iter(menu), names.get(current, account.name)),
        "tabs": [],
        "buttons": [one for one in [*linked, primary] if one and not one.reason],
        "reasons": [],
        "menu": [],
        "menu_label": "",
    }


def _buttons(
    actor: Actor, account: Account, actions: Sequence[RowAction], primary: RowAction | None
) -> list[RowAction]:
    """The page's main one is the last."""
    always = [one for one in actions if one.place is Place.BUTTON]
    # One's own account is looked after by the level above: no button that can never be pressed.
    shown = [] if account.pk == actor.account_pk else always
    linked = [one for one in actions if one.is_button and not one.reason]
    main = [primary] if primary else [one for one in actions if one.place is Place.PRIMARY]
    return [*shown, *linked, *main]


def _tabs(
    actor: Actor, account: Account, current: str, counts: Mapping[str, int]
) -> list[dict[str, Any]]:
    tabs = []
    for tab in registry.account_tabs:
        url = tab.url(actor, account)
        if url is not None:
            count = counts.get(tab.name)
            if count is None and tab.count is not None:
                count = tab.count(account)
            tabs.append(
                {"label": tab.label, "url": url, "current": tab.name == current, "count": count}
            )
    return tabs
