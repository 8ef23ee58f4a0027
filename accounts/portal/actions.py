"""What can be done with one account, in the order every menu shows it: tree, lists and account page
say the same. Each package registers its own (`accounts.portal.registry.Link`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.registry import Link, Place, registry


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
    place: Place = Place.MENU
    risk: bool = False
    divider: bool = False


def row_actions(actor: Actor, account: Account) -> list[RowAction]:
    """The actions for `account`. Those the actor may not do stay, with the reason. At most the
    queries for the policy in force there, where the account may become an agent.
    """
    return actions_of(actor, account, (link for link in registry.row_actions if link.in_rows))


def page_actions(actor: Actor, account: Account) -> list[RowAction]:
    """The same for the pages of the account, which have more."""
    return actions_of(actor, account, registry.row_actions)


def linked_buttons(actor: Actor, account: Account) -> list[RowAction]:
    """Those that are available and shown as buttons."""
    buttons = [link for link in registry.row_actions if link.is_button]
    return [one for one in actions_of(actor, account, buttons) if not one.reason]


def quick_actions(actor: Actor, account: Account) -> list[RowAction]:
    """Those that are available and stand beside the menu in lists. No query."""
    quick = [link for link in registry.row_actions if link.is_quick]
    return [one for one in actions_of(actor, account, quick) if not one.reason]


def actions_of(actor: Actor, account: Account, links: Iterable[Link]) -> list[RowAction]:
    """Those of the links that apply to the account."""
    actions = []
    for link in links:
        url = link.url(actor, account)
        if url is not None:
            actions.append(
                RowAction(
                    link.name,
                    link.label,
                    link.icon,
                    url,
                    link.reason(actor, account) if link.reason else "",
                    link.copies(account) if link.copies else "",
                    link.is_button,
                    link.place,
                    link.is_risky,
                    link.has_divider,
                )
            )
    return actions
