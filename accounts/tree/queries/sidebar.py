"""What the navigation tree reads: the accounts of all open branches with their counts, in one query
that is prepared, since every page asks for it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Count,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Lower

from accounts.core import versions
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import own_account, own_key, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.prepared import Prepared

_NUMBER: Any = BigIntegerField()


class Row(NamedTuple):
    """An account as the tree shows it, with how many lie directly below it (`counted`); the tree's
    own version is on some of them, else 0, as is how many roots there are, where that is asked.
    """

    pk: int
    account_id: str
    name: str
    parent_id: int | None
    status: str
    valid_until: datetime | None
    lft: int
    rght: int
    sibling_key: str
    below: int | None
    tree_version: int | None
    roots: int | None


class _Rows(NamedTuple):
    """What the text of the first query follows from."""

    everything: bool
    customers: bool
    # How many children each open branch shows at most; those of the forest are asked for by None.
    branches: tuple[tuple[bool, int], ...]
    with_forest: bool
    # The branch (by its number) that begins in its middle, and behind which account id.
    after: tuple[int, str] | None


def listed(scope: Scope, customers: bool) -> AccountQuerySet:
    """What of a scope the tree shows below its roots: agents, or customers as well."""
    door = Account.objects.within(scope)
    return door if customers else door.agents()


def siblings(rows: AccountQuerySet, parent_pk: int | None) -> AccountQuerySet:
    """Those of the rows with this agent, with the key of their order."""
    return rows.filter(parent_id=parent_pk).annotate(sibling_key=Lower("account_id"))


def read_rows(
    scope: Scope,
    extents: Mapping[int | None, int],
    way: Iterable[int] = (),
    *,
    customers: bool,
    with_forest: bool = False,
    after: tuple[int | None, str] | None = None,
) -> list[Row]:
    """The accounts of the open branches in the order of their ids; one may come twice. One query.

    `extents` says for each branch (None: the forest, or the own account) how many children it shows
    at most. All of `way` is shown, however far behind in its branch. `after` begins a branch behind
    an account id. `with_forest`: the roots are counted as well.
    """
    if scope.is_empty:
        return []
    shape = _Rows(
        scope.everything,
        customers,
        tuple((pk is None, extent) for pk, extent in extents.items()),
        with_forest,
        (list(extents).index(after[0]), after[1]) if after else None,
    )
    opened = [pk for pk in extents if pk is not None]
    return [Row(*found) for found in _ROWS.rows(shape, *own_key(scope), *opened, *way)]


def read_counts(scope: Scope, parent: int) -> tuple[int, int]:
    """Direct sub-accounts of an account, and how many of them are agents. One query."""
    if scope.is_empty:
        return 0, 0
    rows = _COUNTS.rows(scope.everything, *own_key(scope), parent)
    return counted(next((n for (n,) in rows), 0))


def counted(both: int | None) -> tuple[int, int]:
    """How many, and how many of them are agents, of a number that says both."""
    agents, all_of_them = divmod(both or 0, _BOTH)
    return all_of_them, agents


# A subquery gives one number: agents are counted in units of this.
_BOTH = 2**32
_COUNTED = ExpressionWrapper(
    Count("pk") + Count("pk", filter=Q(rght__gt=F("lft") + 1)) * Value(_BOTH, _NUMBER),
    output_field=_NUMBER,
)


def _children(rows: AccountQuerySet) -> "QuerySet[Account, Any]":
    """How many these are, all with the same agent."""
    by_agent = rows.order_by().values("parent_id")
    return by_agent.annotate(both=_COUNTED).values_list("both")


def _rows(shape: _Rows, *pks: int) -> "QuerySet[Account, Any]":
    scope, rest = scope_and_rest(shape.everything, pks)
    opened = iter(rest)
    shown = listed(scope, shape.customers)
    arms = []
    for at, (is_forest, extent) in enumerate(shape.branches):
        if is_forest and not scope.everything:
            arms.append(own_account(scope))
            continue
        page = siblings(shown, None if is_forest else next(opened))
        if shape.after and shape.after[0] == at:
            page = page.filter(sibling_key__gt=Lower(Value(shape.after[1])))
        # A part of a union may not be limited on every database; a subquery of one may. The scope
        # is inside it: said again outside, it misleads PostgreSQL's planner (56 instead of 3 ms).
        chosen = page.order_by("sibling_key").values("pk")[:extent]
        arms.append(Account.objects.filter(pk__in=chosen))
    way = list(opened)
    if way:
        arms.append(shown.filter(pk__in=way))
    parts = [_columns(arm, shape, scope, is_first=at == 0) for at, arm in enumerate(arms)]
    union = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return union.order_by("sibling_key")


def _columns(arm: AccountQuerySet, shape: _Rows, scope: Scope, *, is_first: bool) -> Any:
    version: Any = Value(0, output_field=_NUMBER)
    roots: Any = version
    if is_first:
        version = Subquery(versions.counter(scope), output_field=_NUMBER)
    if is_first and shape.with_forest:
        roots = Subquery(_children(Account.objects.within(scope).filter(parent_id=None)))
    below = Account.objects.filter(parent_id=OuterRef("pk"))
    annotated = arm.order_by().annotate(
        sibling_key=Lower("account_id"),
        below=Subquery(_children(below)),
        tree_version=version,
        roots=roots,
    )
    return annotated.values_list(*Row._fields)


def _counts(everything: bool, *values: int) -> "QuerySet[Account, Any]":
    scope, (parent,) = scope_and_rest(everything, values)
    return _children(Account.objects.within(scope).filter(parent_id=parent))


_ROWS = Prepared(_rows)
_COUNTS = Prepared(_counts)
