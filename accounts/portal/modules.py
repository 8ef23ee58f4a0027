"""The modules of the side panel, as packages register them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from accounts.core.scope import Scope

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.core.actor import Actor

Value = int | datetime


@dataclass(frozen=True)
class Waiting:
    """What waits in a module. The side panel counts the rows of all modules in one query, whose
    text is made once (`accounts.kit.prepared`): it may follow from how many values there are, never
    from the values.
    """

    rows: Callable[..., "QuerySet[Any]"]
    values: Callable[["Actor"], Sequence[Value]]
    # A sentence about their number, `count`, for start pages; without one they name the module.
    words: Any = ""


@dataclass(frozen=True)
class ModuleGroup:
    """Entries of the side panel that fold away together."""

    name: str
    label: Any
    icon: str


WORK = ModuleGroup("work", _("Work"), "dashboard")
MONEY = ModuleGroup("money", _("Money"), "wallet")
EQUIPMENT = ModuleGroup("equipment", _("Numbers and equipment"), "phone")
RIGHTS = ModuleGroup("rights", _("Rights"), "shield")
OPERATION = ModuleGroup("operation", _("Operation"), "sliders")
# In the order people see them.
GROUPS = (WORK, MONEY, EQUIPMENT, RIGHTS, OPERATION)


@dataclass(frozen=True)
class Module:
    """An entry of the side panel, in one of its groups. `is_for` says who sees it, of all who work
    in the portal (`is_outside`: of all who sign in). A page belongs to the module that names its
    address, among `pages`, else to the one with the longest of the `beginnings` that fit. `within`
    names the module it is a tab of: it then has no entry of its own, and what waits in it counts
    there. `words` are further names that the search knows it by, those of other products as well.
    """

    name: str
    label: Any
    icon: str
    url: Callable[[], str]
    group: ModuleGroup
    pages: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    is_for: Callable[["Actor"], bool] = lambda actor: True
    is_outside: bool = False
    waiting: Waiting | None = None
    within: str = ""
    words: tuple[Any, ...] = ()
    order: int = 0


@dataclass(frozen=True)
class OwnPage:
    """An entry of the menu of customers, who have no modules; `url` is None where it is not for the
    actor. It is marked on the pages of these names. `in_dock`: on a phone it stands at the bottom,
    which has room for four; the others are listed on the start page.
    """

    name: str
    label: Any
    icon: str
    url: Callable[["Actor"], str | None]
    pages: frozenset[str] = frozenset()
    in_dock: bool = False
    order: int = 0


@dataclass(frozen=True)
class ModuleAction:
    """A main button of the list that a module leads to, for who may do it."""

    module: str
    label: Any
    icon: str
    url: Callable[[], str]
    is_for: Callable[["Actor"], bool]
    order: int = 0


def own_level(actor: "Actor") -> list[Value]:
    """The value that `level_scope` makes the actor's scope of: none where that is everything."""
    return [] if actor.is_administrator else [actor.account_pk or 0]


def level_scope(*own: int) -> Scope:
    return Scope.of(*own) if own else Scope.EVERYTHING
