"""The one upward hook: what packages add to the pages and deeds of those below them.

A package imports nothing from above. Each adds what is its own to `registry` when the apps are
ready (`register_hooks`); pages and services walk through it and name nobody. Everything is called
inside the request or transaction it belongs to and may raise the errors of `accounts.kit.errors`.
People see entries by their `order`, whoever registered first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from accounts.kit.errors import NotAllowed, WayOut
from accounts.kit.proof import Gain
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.deeds import LostGround, MoveEffect
from accounts.portal.desk import Desk
from accounts.portal.finding import SearchDeed, SearchPage, SearchSection
from accounts.portal.list_parts import BulkAction, ListNotice, ProductView
from accounts.portal.modules import Module, ModuleAction, OwnPage
from accounts.portal.panel import PanelPart
from accounts.portal.steps import CountedNote, DataCheck, StandingCheck, StandingNote, Step
from accounts.portal.ways import (
    AskCall,
    CallPage,
    CallsUp,
    CallTrial,
    CallWay,
    ChargedPrefixes,
    CorrectionWay,
    GroupCard,
    NumberCard,
)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.core.actor import Actor
    from accounts.core.authorizations import Codes
    from accounts.core.models import Account
    from accounts.core.scope import Scope


@dataclass(frozen=True)
class Placed(Generic[P, R]):
    """A function with its place among those that are called for the same."""

    order: int
    call: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.call(*args, **kwargs)


@dataclass(frozen=True)
class Blocker:
    """Something of another package that stands against closing or deleting an account, and where to
    settle it.
    """

    label: Any
    url: str = ""


@dataclass(frozen=True)
class AccountColumn:
    """A further column of account lists.

    `prepare` reads what a page of accounts needs, by their keys, in one query; columns with the
    same `prepare` share it. `value` takes out of it what a file holds (amounts as numbers), `cell`
    what the list shows, if that is something else. `sort` is an integer that is never null;
    `is_default`: shown to who never chose columns. `card` is the cell's place on a phone, `hint`
    what the column is good for, where people choose theirs; `yields` is that of `Column`.
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
    hint: Any = ""
    yields: int = 0
    order: int = 0


@dataclass(frozen=True)
class Counted:
    """Something accounts have and lists count: its rows, each with an `account`, as who has the
    scope may count them; the address of the list behind the figure, and what the link says. Its
    column is made by `accounts.portal.counted.counted_column`.
    """

    name: str
    label: Any
    rows: Callable[["Scope"], "QuerySet[Any]"]
    page: str
    words: Any
    order: int = 0


@dataclass(frozen=True)
class ListFilter:
    """A further filter of account lists: `make` gives a new one of django-filter, which narrows a
    scoped queryset by a `method` of its own.
    """

    name: str
    make: Callable[[], Any]
    order: int = 0


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

    def held(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a request for the account keeps of these values until it is approved, by name and as
        JSON holds it.
        """


@dataclass(frozen=True)
class FormSection:
    """A section of the forms that create and edit accounts. `open` is given the account, or None
    and the agent of a new one (None: top level); None where there is nothing to fill in.

    Where the account needs an approval first, only the fields `asked` are shown; `take_up` gives
    the account what the request `held` of them, in the transaction that makes it. `usual` is what
    it takes up, and in words, of who comes below an agent without being asked.
    """

    name: str
    label: Any
    lead: Any
    open: Callable[["Actor", "Account | None", "Account | None"], OpenSection | None]
    asked: frozenset[str] = frozenset()
    take_up: Callable[["Actor", "Account", Mapping[str, Any]], None] | None = None
    usual: Callable[["Actor", "Account | None"], tuple[Mapping[str, Any], str]] | None = None
    order: int = 0


@dataclass(frozen=True)
class Tab:
    """A tab of the account page. `url` is None where it does not apply; `count` is the number
    beside its label.
    """

    name: str
    label: Any
    url: Callable[["Actor", "Account"], str | None]
    count: Callable[["Account"], int] | None = None
    order: int = 0


class Place(Enum):
    """Where the pages of an account say an action."""

    MENU = "menu"
    # A button, with the reason where it is not available; none on one's own account, which the
    # level above looks after.
    BUTTON = "button"
    # The main button, where the page has no other.
    PRIMARY = "primary"
    # Nowhere: tabs or the page itself say it.
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Link:
    """An action of a row. `url` is None where it does not apply; `reason` says why an action is not
    available (""= it is). `is_button`: where it is available, the pages of the account and the
    dashboard show it as a button as well. `is_quick`: where it is available, lists show it beside
    the menu of the row; asking for it takes no query. `place` is its place on the pages of the
    account; only there is what is not `in_rows`, menus of tree and lists are without it. `copies`:
    a text for the clipboard instead of an address.
    """

    name: str
    label: Any
    icon: str
    url: Callable[["Actor", "Account"], str | None]
    reason: Callable[["Actor", "Account"], str] | None = None
    is_button: bool = False
    is_quick: bool = False
    place: Place = Place.MENU
    in_rows: bool = True
    copies: Callable[["Account"], str] | None = None
    is_risky: bool = False
    has_divider: bool = False
    order: int = 0


@dataclass(frozen=True)
class Card:
    """A piece of a dashboard or of the account overview: a template and what it shows (None:
    nothing), beside what the page itself knows. `is_aside`: in the narrow column. `first`: a
    template of the same, which stands before everything else.
    """

    template: str
    context: Callable[["Actor", "Account | None"], Mapping[str, Any] | None]
    is_aside: bool = False
    first: str = ""
    order: int = 0


@dataclass
class Additions:
    """What one package adds."""

    columns: list[AccountColumn] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    list_notices: list[ListNotice] = field(default_factory=list)
    list_filters: list[ListFilter] = field(default_factory=list)
    # Of lists of accounts, by filters of these.
    list_views: list[ProductView] = field(default_factory=list)
    form_sections: list[FormSection] = field(default_factory=list)
    # A few words about each hit of the global search, by its key.
    hit_notes: list[Callable[["Actor", Sequence["Account"]], Mapping[int, str]]] = field(
        default_factory=list
    )
    search_sections: list[SearchSection] = field(default_factory=list)
    search_deeds: list[SearchDeed] = field(default_factory=list)
    search_pages: list[SearchPage] = field(default_factory=list)
    # How calls of an account come in that is in the actor's scope, where that rewrites numbers.
    call_ways: list[Callable[["Actor", "Account"], Sequence[CallWay]]] = field(default_factory=list)
    call_pages: list[CallPage] = field(default_factory=list)
    calls_up: list[CallsUp] = field(default_factory=list)
    call_trials: list[CallTrial] = field(default_factory=list)
    call_verdicts: list[AskCall] = field(default_factory=list)
    account_tabs: list[Tab] = field(default_factory=list)
    row_actions: list[Link] = field(default_factory=list)
    bulk_actions: list[BulkAction] = field(default_factory=list)
    dashboard_cards: list[Card] = field(default_factory=list)
    # The start page of customers, and their menu.
    own_cards: list[Card] = field(default_factory=list)
    own_pages: list[OwnPage] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    module_actions: list[ModuleAction] = field(default_factory=list)
    overview_cards: list[Card] = field(default_factory=list)
    panel_parts: list[PanelPart] = field(default_factory=list)
    number_cards: list[NumberCard] = field(default_factory=list)
    # Of the page of a rate group, which the actor may see.
    group_cards: list[GroupCard] = field(default_factory=list)
    # What a new agent needs, in the order it is usually done.
    setup_steps: list[Callable[["Actor", "Account"], Step]] = field(default_factory=list)
    # What a new platform needs: asked with the login, and how many accounts and agents there are.
    first_steps: list[Callable[[Any, int, int], Step]] = field(default_factory=list)
    standing_checks: list[StandingCheck] = field(default_factory=list)
    # Beside those on the dashboard of administrators; None where there is nothing to say.
    standing_notes: list[Callable[[], StandingNote | None]] = field(default_factory=list)
    counted_notes: list[CountedNote] = field(default_factory=list)
    data_checks: list[DataCheck] = field(default_factory=list)
    # Called in the creating transaction with the new accounts: one, or thousands of a load.
    on_create: list[Callable[["Actor", "Sequence[Account]"], None]] = field(default_factory=list)
    # Asked before accounts go to another agent (None: the top level), under the lock of the trees
    # when it is done, and for its preview (`lock` false): raises Refused, or says what to know.
    move_checks: list[
        Callable[["Actor", Sequence["Account"], "Account | None", bool], Sequence[str]]
    ] = field(default_factory=list)
    move_effects: list[MoveEffect] = field(default_factory=list)
    # Called under the lock of the trees once accounts were moved, all of one deed: takes away what
    # they, and all below them, have by what does not stand above them any more.
    on_move: list[Callable[["Actor", Sequence["Account"]], None]] = field(default_factory=list)
    # Asked before prices of the past change.
    charged_prefixes: list[ChargedPrefixes] = field(default_factory=list)
    # The same of calls that were let through and are not charged yet.
    held_prefixes: list[ChargedPrefixes] = field(default_factory=list)
    # Asked with a rate group's key: whether something was settled by its zone, which stays then.
    zone_keepers: list[Callable[[int], bool]] = field(default_factory=list)
    # What to do about what was charged at a rate group's past price of a prefix, and of which time.
    correction_ways: list[CorrectionWay] = field(default_factory=list)
    # Called under the lock of the trees once accounts were granted something, all of one deed.
    on_grant: list[Callable[["Actor", Sequence[tuple["Account", "Codes"]]], None]] = field(
        default_factory=list
    )
    # Called under the lock of the trees (`accounts.portal.ground`).
    ground_lost: list[Callable[["Actor", LostGround], None]] = field(default_factory=list)
    # Asked before an account becomes one of another type; raises Refused.
    type_checks: list[Callable[["Account", str], None]] = field(default_factory=list)
    desks: list[Desk] = field(default_factory=list)
    # What a person can do about a page that was refused, beside what the refusal says; no query.
    refused_ways: list[Callable[["Actor", NotAllowed], WayOut | None]] = field(default_factory=list)
    close_blockers: list[Callable[["Account"], Sequence[Blocker]]] = field(default_factory=list)
    delete_blockers: list[Callable[["Account"], Sequence[Blocker]]] = field(default_factory=list)
    audit_terms: list[AuditTerms] = field(default_factory=list)
    audit_groups: list[AuditGroup] = field(default_factory=list)


class Registry(Additions):
    """What all packages add, in the order people see it."""

    def __init__(self) -> None:
        super().__init__()
        self._packages: dict[str, Additions] = {}

    @property
    def packages(self) -> list[str]:
        return list(self._packages)

    def add(self, package: str, additions: Additions) -> None:
        """Called once by each package, when the apps are ready."""
        if package in self._packages:
            raise ValueError(f"{package} is registered already.")
        self._packages[package] = additions
        self._gather()

    def take_back(self, package: str) -> Additions:
        """Take out what a package added, and return it."""
        additions = self._packages.pop(package)
        self._gather()
        return additions

    def _gather(self) -> None:
        for one in fields(Additions):
            added = [getattr(additions, one.name) for additions in self._packages.values()]
            entries = [entry for some in added for entry in some]
            setattr(self, one.name, sorted(entries, key=_order))


def numbered(first: int, entries: Sequence[T]) -> list[T]:
    """The entries, each with the order that follows that of the one before."""
    changed: Any = entries
    return [replace(one, order=first + at) for at, one in enumerate(changed)]


def _order(entry: Any) -> int:
    return getattr(entry, "order", 0)


registry = Registry()


def register_hooks(app: str) -> None:
    """Let every package of the app, and the app itself, add what is its own: `hooks.register()`."""
    below = iter_modules(import_module(app).__path__, f"{app}.")
    for package in (app, *(one.name for one in below if one.ispkg)):
        if find_spec(f"{package}.hooks"):
            import_module(f"{package}.hooks").register()
