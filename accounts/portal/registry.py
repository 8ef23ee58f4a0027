"""The one upward hook: what apps above add to accounts, filled in their `AppConfig.ready()`.

Accounts import nothing from above. An app appends to `registry`; pages and services walk through
it. Everything is called inside the request or transaction it belongs to and may raise the errors of
`accounts.kit.errors`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from accounts.kit.proof import Gain

if TYPE_CHECKING:
    from accounts.core.actor import Actor
    from accounts.core.models import Account


@dataclass(frozen=True)
class Blocker:
    """Something of another app that stands against closing or deleting an account, and where to
    settle it.
    """

    label: Any
    url: str = ""


@dataclass(frozen=True)
class Column:
    """A further column of account lists.

    `prepare` reads what a page of accounts needs, by their keys, in one query; columns with the
    same `prepare` share it. `value` takes out of it what a file holds (amounts as numbers), `cell`
    what the list shows, if that is something else. `sort` is an integer that is never null;
    `is_default`: shown to who never chose columns. `card` is the cell's place on a phone.
    """

    name: str
    label: Any
    prepare: Callable[["Actor", Sequence["Account"]], Mapping[int, Any]]
    value: Callable[[Any], Any]
    cell: Callable[[Any], str] | None = None
    sort: Any = None
    is_number: bool = False
    is_default: bool = True
    card: str = "card-skip"


@dataclass(frozen=True)
class ListFilter:
    """A further filter of account lists: `make` gives a new one of django-filter, which narrows a
    scoped queryset by a `method` of its own.
    """

    name: str
    make: Callable[[], Any]


@dataclass(frozen=True)
class Effect:
    """What a form would change elsewhere, for its check page: a template and what it shows.
    `must_be_seen`: it is confirmed before the form is saved.
    """

    template: str
    context: Mapping[str, Any]
    must_be_seen: bool = False


class OpenSection(Protocol):
    """A section of the form of one account, as one person may fill it in."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """By name, as refusals name them. What the person may not change is disabled and says why
        in its help text.
        """

    def apply(self, actor: "Actor", account: "Account", values: Mapping[str, Any]) -> None:
        """Write the values of the fields that are not disabled, in the transaction that saves the
        account. Raises the errors of `accounts.kit.errors`.
        """

    def warnings(self, values: Mapping[str, Any]) -> Sequence[str]:
        """What has to be confirmed before these values are saved."""

    def gain(self, values: Mapping[str, Any]) -> Gain | None:
        """What saving these values gains that takes a fresh proof of who saves them."""

    def effects(self, values: Mapping[str, Any]) -> Sequence[Effect]:
        """What saving these values would change elsewhere."""


@dataclass(frozen=True)
class FormSection:
    """A section of the forms that create and edit accounts. `open` is given the account, or None
    and the agent of a new one (None: top level); None where there is nothing to fill in.
    """

    name: str
    label: Any
    lead: Any
    open: Callable[["Actor", "Account | None", "Account | None"], OpenSection | None]


@dataclass(frozen=True)
class Link:
    """A tab of the account page, or an action of a row. `url` is None where it does not apply;
    `reason` says why an action is not available (""= it is). `is_button`: where it is available,
    the pages of the account and the dashboard show it as a button as well. `is_quick`: where it
    is available, lists show it beside the menu of the row; asking for it takes no query.
    """

    name: str
    label: Any
    icon: str
    url: Callable[["Actor", "Account"], str | None]
    reason: Callable[["Actor", "Account"], str] | None = None
    is_button: bool = False
    is_quick: bool = False


@dataclass(frozen=True)
class BulkAction:
    """A further deed on the selected accounts of a list. The selection is posted to the address
    `url`, whose view is an `accounts.tree.views.selection.SelectionView`. `reason` says why the
    deed is not available below the agent whose list it is (None: the platform's list); "" = it is.
    """

    name: str
    label: Any
    icon: str
    url: Callable[[], str]
    reason: Callable[["Actor", "Account | None"], str]


@dataclass(frozen=True)
class Card:
    """A piece of a dashboard or of the account overview: a template and what it shows (None:
    nothing).
    """

    template: str
    context: Callable[["Actor", "Account | None"], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Hit:
    """Something the global search found: its name, where it lies (None: nowhere the viewer knows),
    and words beside it.
    """

    name: str
    url: str
    account: "Account | None"
    note: str = ""


@dataclass(frozen=True)
class SearchSection:
    """A further kind of things the global search finds. `find` is given the words and how many hits
    the page shows; it finds within the actor's scope only, one more than that where there are
    more, and takes a fixed number of queries. `exact` is the address of the one thing that has
    exactly this name ("" = none).
    """

    name: str
    label: Any
    icon: str
    find: Callable[["Actor", str, int], Sequence[Hit]]
    exact: Callable[["Actor", str], str]


@dataclass
class Registry:
    columns: list[Column] = field(default_factory=list)
    list_filters: list[ListFilter] = field(default_factory=list)
    form_sections: list[FormSection] = field(default_factory=list)
    # A few words about each hit of the global search, by its key.
    hit_notes: list[Callable[["Actor", Sequence["Account"]], Mapping[int, str]]] = field(
        default_factory=list
    )
    search_sections: list[SearchSection] = field(default_factory=list)
    account_tabs: list[Link] = field(default_factory=list)
    row_actions: list[Link] = field(default_factory=list)
    bulk_actions: list[BulkAction] = field(default_factory=list)
    dashboard_cards: list[Card] = field(default_factory=list)
    overview_cards: list[Card] = field(default_factory=list)
    # Called in the creating transaction with the new accounts: one, or thousands of a load.
    on_create: list[Callable[["Actor", "Sequence[Account]"], None]] = field(default_factory=list)
    # Asked before accounts go to another agent (None: the top level), under the lock of the trees
    # when it is done, and for its preview (`lock` false): raises Refused, or says what to know.
    move_checks: list[
        Callable[["Actor", Sequence["Account"], "Account | None", bool], Sequence[str]]
    ] = field(default_factory=list)
    close_blockers: list[Callable[["Account"], Sequence[Blocker]]] = field(default_factory=list)
    delete_blockers: list[Callable[["Account"], Sequence[Blocker]]] = field(default_factory=list)
    # What deeds are called in the audit log: action → symbol, colour, words.
    audit_words: dict[str, tuple[str, str, Any]] = field(default_factory=dict)
    # Where entries of the audit log hold numbers of objects, and of which kind (`object_keys`): as
    # the subject of actions that begin so, and as values of these names.
    audit_subjects: dict[str, str] = field(default_factory=dict)
    audit_values: dict[str, str] = field(default_factory=dict)


registry = Registry()
