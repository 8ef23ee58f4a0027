"""What packages may add to lists beside columns and filters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.core.actor import Actor
    from accounts.core.models import Account
    from accounts.core.scope import Scope


@dataclass(frozen=True)
class ListNotice:
    """A line above the list of an agent's sub-accounts, where there are any of these rows: a
    template that shows their `count`. `rows` follows from a scope and the agent's key.
    """

    name: str
    rows: Callable[["Scope", int], "QuerySet[Any]"]
    template: str
    order: int = 0


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
    order: int = 0


@dataclass(frozen=True)
class ProductView:
    """A view of a list that comes with the product: what it is called, and what it asks of the
    list, by the names of its filters (`sort` among them). It is there for who has all of these.
    `is_work`: it holds what is to be done, and its tab says how much that is. `is_steady`: which
    rows it holds follows from them alone, neither from who asks nor from when, nor from anything
    else of the request or the settings. What is counted of it may then be asked by a statement that
    is made once; tests/accounts/tree/test_steady_views.py holds it to that.
    """

    label: Any
    asks: Mapping[str, str]
    order: int = 0
    is_work: bool = False
    is_steady: bool = False
