"""The one upward hook: what apps above add to accounts, filled in their `AppConfig.ready()`.

Accounts import nothing from above. An app appends to `registry`; pages and services walk through
it. Everything is called inside the request or transaction it belongs to and may raise the errors of
`accounts.errors`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.access import Actor
    from accounts.models import Account


@dataclass(frozen=True)
class Blocker:
    """Something of another app that stands against closing or deleting an account, and where to
    settle it.
    """

    label: Any
    url: str = ""


@dataclass(frozen=True)
class Column:
    """A further column of account lists. `values` prepares the texts of one page of accounts in one
    query.
    """

    name: str
    label: Any
    values: Callable[["Actor", Sequence["Account"]], Mapping[int, str]]
    is_number: bool = False


@dataclass(frozen=True)
class Link:
    """A tab of the account page, or an action of a row. `url` is None where it does not apply;
    `reason` says why an action is not available (""= it is). `is_button`: where it is available,
    the pages of the account and the dashboard show it as a button as well.
    """

    name: str
    label: Any
    icon: str
    url: Callable[["Actor", "Account"], str | None]
    reason: Callable[["Actor", "Account"], str] | None = None
    is_button: bool = False


@dataclass(frozen=True)
class Card:
    """A piece of a dashboard or of the account overview: a template and what it shows (None:
    nothing).
    """

    template: str
    context: Callable[["Actor", "Account | None"], Mapping[str, Any] | None]


@dataclass
class Registry:
    columns: list[Column] = field(default_factory=list)
    account_tabs: list[Link] = field(default_factory=list)
    row_actions: list[Link] = field(default_factory=list)
    dashboard_cards: list[Card] = field(default_factory=list)
    overview_cards: list[Card] = field(default_factory=list)
    # Called in the creating transaction with the new accounts: one, or thousands of a load.
    on_create: list[Callable[["Actor", "Sequence[Account]"], None]] = field(default_factory=list)
    close_blockers: list[Callable[["Account"], Sequence[Blocker]]] = field(default_factory=list)
    delete_blockers: list[Callable[["Account"], Sequence[Blocker]]] = field(default_factory=list)


registry = Registry()
