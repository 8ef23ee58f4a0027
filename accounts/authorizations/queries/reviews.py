"""Which grants are due for a review, or unused (docs/domain.md 3)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AccountGrant, GrantUse
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.moments import asked_now


class Which(StrEnum):
    """The lists of the review page."""

    UNUSED = "unused"
    DUE = "due"
    REVIEWED = "reviewed"
    ALL = "all"


def grants_for_review(actor: Actor, which: Which) -> "QuerySet[Any, Any]":
    """The grants this actor decides about: of everybody for administrators, else of the accounts
    below its own. Each knows its `code`, `last_used_at`, and `may_name` (whether its granter works
    within the actor's scope).
    """
    used = GrantUse.objects.filter(
        account=OuterRef("content_object"), code=OuterRef("permission__codename")
    )
    near = Account.objects.within(actor.scope)
    grants = AccountGrant.objects.filter(
        in_scope(actor.scope, "content_object"), permission__codename__in=list(Authorization)
    ).exclude(content_object=actor.account_pk)
    grants = grants.annotate(
        code=F("permission__codename"),
        last_used_at=Subquery(used.values("last_used_at")[:1]),
        may_name=Exists(near.filter(pk=OuterRef("granted_by__account"))),
        may_name_reviewer=Exists(near.filter(pk=OuterRef("reviewed_by__account"))),
    )
    return grants.filter(_condition(which, due_before())).select_related(
        "content_object", "granted_by", "reviewed_by"
    )


def _condition(which: Which, limit: datetime) -> Q:
    if which is Which.UNUSED:
        idle = Q(last_used_at=None) | Q(last_used_at__lt=limit)
        return Q(granted_at__lt=limit) & idle & _not_looked_at(limit)
    if which is Which.DUE:
        return _not_looked_at(limit)
    if which is Which.REVIEWED:
        return Q(reviewed_at__isnull=False)
    return Q()


def _not_looked_at(limit: datetime) -> Q:
    """Granted, and reviewed if ever, longer ago than the limit."""
    return Q(granted_at__lt=limit) & (Q(reviewed_at=None) | Q(reviewed_at__lt=limit))


def grants_due(scope: Scope, limit: datetime) -> QuerySet[AccountGrant]:
    """The grants that are due for whoever reviews in this scope: none of the own account.

    `limit` is `due_before()`.
    """
    grants = AccountGrant.objects.filter(in_scope(scope, "content_object"), _not_looked_at(limit))
    return grants if scope.everything else grants.exclude(content_object=scope.account_pk)


def due_before() -> datetime:
    """What nobody looked at since then is due for a review."""
    return asked_now() - timedelta(days=settings.GRANT_REVIEW_DAYS)


@dataclass(frozen=True)
class Loss:
    """How far revoking some grants reaches: `accounts` lose what was chosen of themselves, `below`
    lose it with an account above them, whether it was chosen of them as well or not.
    """

    accounts: int
    below: int


def loss_of(grants: Sequence[AccountGrant]) -> Loss:
    """What revoking these grants takes with it. One query, whose cost is that of what lies below
    their accounts.
    """
    chosen = {one.content_object_id for one in grants}
    if not chosen:
        return Loss(0, 0)
    of_chosen = f"below.id IN ({_marks(chosen)})"
    what = f"COUNT(DISTINCT below.id), COUNT(DISTINCT below.id) FILTER (WHERE {of_chosen})"
    ((below, chosen_below),) = _lost_below(what, grants, chosen)
    return Loss(len(chosen) - chosen_below, below)


def grants_lost_below(grants: Sequence[AccountGrant]) -> dict[int, int]:
    """How many grants below go with each of these, by key; those with none are left out. One
    query, as `loss_of`.
    """
    if not grants:
        return {}
    return dict(_lost_below("chosen.id, COUNT(*)", grants, end="GROUP BY chosen.id"))


def _lost_below(
    what: str, grants: Sequence[AccountGrant], values: Iterable[int] = (), end: str = ""
) -> list[tuple[int, int]]:
    """What is asked about the pairs of a chosen grant and an account `below` that loses the same
    with it.
    """
    quote = connection.ops.quote_name
    accounts, held = quote(Account._meta.db_table), quote(AccountGrant._meta.db_table)
    # Names come from the models and the marks are placeholders: nothing of a request is in the
    # text. The joins go from what was chosen downwards: conditions on all grants that there are
    # would be asked of each of them.
    sql = f"""
        SELECT {what}
        FROM {held} chosen
        JOIN {accounts} top ON top.id = chosen.content_object_id
        JOIN {accounts} below
            ON below.tree_id = top.tree_id AND below.lft > top.lft AND below.lft < top.rght
        JOIN {held} lost
            ON lost.content_object_id = below.id AND lost.permission_id = chosen.permission_id
        WHERE chosen.id IN ({_marks(grants)})
        {end}
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *(one.pk for one in grants)])
        return cursor.fetchall()


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))
