"""The counters by which open pages notice changes (see `AgentVersion`). Written inside the trees'
lock.
"""

from typing import Any

from django.db.models import F, Func, QuerySet

from accounts.core.models import Account, AgentVersion
from accounts.core.querysets import chains
from accounts.core.scope import Scope
from accounts.kit.prepared import Prepared


def path_pks(account: Account) -> tuple[int, ...]:
    """Keys from the root down to the account itself."""
    return tuple(link.pk for link in chains([account.pk])[account.pk])


def bump(*account_pks: int) -> None:
    """Count a change for each of these accounts."""
    pks = set(account_pks)
    if AgentVersion.objects.filter(pk__in=pks).update(n=F("n") + 1) == len(pks):
        return
    known = set(AgentVersion.objects.filter(pk__in=pks).values_list("pk", flat=True))
    AgentVersion.objects.bulk_create(AgentVersion(pk=pk) for pk in sorted(pks - known))


def bump_forest(*, taking_over: int | None = None) -> None:
    """Count an appearing or vanishing root; a vanishing root (`taking_over`) leaves its count to
    the forest.
    """
    left = 0
    if taking_over is not None:
        gone = AgentVersion.objects.filter(pk=taking_over)
        left = gone.values_list("n", flat=True).first() or 0
    AgentVersion.objects.get_or_create(pk=AgentVersion.FOREST)
    AgentVersion.objects.filter(pk=AgentVersion.FOREST).update(n=F("n") + left + 1)


def forget(account_pk: int) -> None:
    """Remove the counter of an account that is being deleted."""
    AgentVersion.objects.filter(pk=account_pk).delete()


def counter(scope: Scope) -> "QuerySet[AgentVersion, Any]":
    """The number of `current` as a query of one row and column (NULL: nothing counted), for use
    inside others.
    """
    rows = AgentVersion.objects.all()
    if not scope.everything:
        rows = rows.filter(pk__in=[scope.account_pk])
    else:
        # As one set of keys: with an "or" PostgreSQL reads the counters of all accounts.
        roots = Account._base_manager.filter(parent=None).order_by().values_list("pk")
        forest = AgentVersion.objects.filter(pk=AgentVersion.FOREST).values_list("pk")
        rows = rows.filter(pk__in=roots.union(forest, all=True))
    # SUM as a plain function: an aggregate would group by row.
    return rows.annotate(total=Func(F("n"), function="SUM")).values_list("total", flat=True)


def current(scope: Scope) -> int:
    """The number an open page of somebody with this scope compares; it only grows. One query."""
    if scope.is_empty:
        return 0
    own = [] if scope.account_pk is None else [scope.account_pk]
    return next((n for (n,) in _CURRENT.rows(scope.everything, *own)), 0) or 0


def _current(everything: bool, *account_pks: int) -> "QuerySet[AgentVersion, Any]":
    return counter(Scope.EVERYTHING if everything else Scope.of(*account_pks))


_CURRENT = Prepared(_current)
