"""What the navigation tree reads: the accounts of all open branches in one query, their counts in
another. Every page asks for both, so both are prepared.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Count, F, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower

from accounts.core import versions
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import own_key, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.prepared import Prepared, padded


class Row(NamedTuple):
    """An account as the tree shows it; the tree's own version is on some of them, else 0."""

    pk: int
    account_id: str
    name: str
    parent_id: int | None
    status: str
    valid_until: datetime | None
    lft: int
    rght: int
    sibling_key: str
    tree_version: int | None


class _Rows(NamedTuple):
    """What the text of the first query follows from."""

    everything: bool
    customers: bool
    # How many children each open branch shows at most; those of the forest are asked for by None.
    branches: tuple[tuple[bool, int], ...]
    # The branch (by its number) that begins in its middle, and behind which account id.
    after: tuple[int, str] | None


class _Counts(NamedTuple):
    """What the text of the second query follows from."""

    everything: bool
    with_forest: bool


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
    after: tuple[int | None, str] | None = None,
) -> list[Row]:
    """The accounts of the open branches in the order of their ids; one may come twice. One query.

    `extents` says for each branch (None: the forest, or the own account) how many children it shows
    at most. All of `way` is shown, however far behind in its branch. `after` begins a branch behind
    an account id.
    """
    if scope.is_empty:
        return []
    shape = _Rows(
        scope.everything,
        customers,
        tuple((pk is None, extent) for pk, extent in extents.items()),
        (list(extents).index(after[0]), after[1]) if after else None,
    )
    opened = [pk for pk in extents if pk is not None]
    return [Row(*found) for found in _ROWS.rows(shape, *own_key(scope), *opened, *way)]


def read_counts(
    scope: Scope, parents: Iterable[int], *, with_forest: bool
) -> dict[int | None, tuple[int, int]]:
    """Direct sub-accounts of each of these accounts, and how many of them are agents; those of the
    forest under None. Who has none is absent. One query.
    """
    if scope.is_empty:
        return {}
    pks = padded(sorted(set(parents)))
    rows = _COUNTS.rows(_Counts(scope.everything, with_forest), *own_key(scope), *pks)
    return {parent: (direct, agents) for parent, direct, agents in rows}


def _rows(shape: _Rows, *pks: int) -> "QuerySet[Account, Any]":
    scope, rest = scope_and_rest(shape.everything, pks)
    opened = iter(rest)
    shown = listed(scope, shape.customers)
    arms = []
    for at, (is_forest, extent) in enumerate(shape.branches):
        if is_forest and not scope.everything:
            arms.append(Account.objects.within(scope).filter(pk=scope.account_pk))
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
    parts = [_columns(arm, scope, with_version=at == 0) for at, arm in enumerate(arms)]
    union = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return union.order_by("sibling_key")


def _columns(arm: AccountQuerySet, scope: Scope, *, with_version: bool) -> Any:
    version: Any = Value(0, output_field=BigIntegerField())
    if with_version:
        version = Subquery(versions.counter(scope), output_field=BigIntegerField())
    annotated = arm.order_by().annotate(sibling_key=Lower("account_id"), tree_version=version)
    return annotated.values_list(*Row._fields)


def _counts(shape: _Counts, *pks: int) -> "QuerySet[Account, Any]":
    scope, parents = scope_and_rest(shape.everything, pks)
    asked = Q(parent_id__in=parents)
    if shape.with_forest:
        asked |= Q(parent_id=None)
    return (
        Account.objects.within(scope)
        .filter(asked)
        .order_by()
        .values_list("parent_id")
        .annotate(direct=Count("pk"), agents=Count("pk", filter=Q(rght__gt=F("lft") + 1)))
    )


_ROWS = Prepared(_rows)
_COUNTS = Prepared(_counts)
