"""The counters by which open pages notice changes (see `AgentVersion`). Written inside the trees'
lock.
"""

from typing import Any

from django.db.models import F, Func, QuerySet

from accounts.access import Actor
from accounts.models import Account, AgentVersion
from accounts.querysets import chains


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


def counter(actor: Actor) -> "QuerySet[AgentVersion, Any]":
    """The number of `current` as a query of one row and column (NULL: nothing counted), for use
    inside others.
    """
    rows = AgentVersion.objects.all()
    if not actor.is_administrator:
        rows = rows.filter(pk__in=[actor.account_pk])
    else:
        roots = Account._base_manager.filter(parent=None).order_by().values("pk")
        rows = rows.filter(pk__in=roots) | rows.filter(pk=AgentVersion.FOREST)
    # SUM as a plain function: an aggregate would group by row.
    return rows.annotate(total=Func(F("n"), function="SUM")).values_list("total", flat=True)


def current(actor: Actor) -> int:
    """The number an open page of this actor compares; it only grows. One query."""
    return next(iter(counter(actor)), 0) or 0
