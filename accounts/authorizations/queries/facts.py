"""What is known about grants: who gave them and why, when they were used, and every change to them.

Reads only; `accounts.authorizations.services.grants` writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization, Codes, in_order
from accounts.core.models import (
    Account,
    AccountGrant,
    AppliedTemplate,
    GrantBatch,
    GrantChange,
    GrantUse,
)
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope


def grants_along(actor: Actor, pks: Iterable[int]) -> dict[int, dict[Authorization, AccountGrant]]:
    """The grants of these accounts, by account and authorization. One query.

    Each knows its `last_used_at`, its granter and reviewer, `by_name` (the granter as the batch
    keeps it, also when the login is gone) and `may_name`: whether the granter works in the actor's
    own hierarchy.
    """
    used = GrantUse.objects.filter(
        account=OuterRef("content_object"), code=OuterRef("permission__codename")
    )
    made = GrantChange.objects.filter(
        account=OuterRef("content_object"), code=OuterRef("permission__codename"), added=True
    ).order_by("-pk")
    near = Account.objects.within(actor.scope).filter(pk=OuterRef("granted_by__account"))
    rows = (
        AccountGrant.objects.filter(
            content_object__in=list(pks), permission__codename__in=list(Authorization)
        )
        .select_related("granted_by")
        .annotate(
            code=F("permission__codename"),
            last_used_at=Subquery(used.values("last_used_at")[:1]),
            by_name=Subquery(made.values("batch__by_name")[:1]),
            may_name=Exists(near),
        )
    )
    grants: dict[int, dict[Authorization, AccountGrant]] = {}
    for row in rows:
        grants.setdefault(row.content_object_id, {})[Authorization(row.code)] = row
    return grants


def template_of(account: Account) -> AppliedTemplate | None:
    """The template the account's authorizations were last taken from, with that template as it is
    now.
    """
    return AppliedTemplate.objects.filter(account=account).select_related("template").first()


def hit_accounts(hits: "QuerySet[AccountGrant]") -> int:
    """How many accounts these grants belong to."""
    return hits.order_by().aggregate(n=Count("content_object", distinct=True))["n"]


def batches_about(account: Account) -> "QuerySet[GrantBatch]":
    """Every batch that is about the account, or that changed what it holds from above."""
    hit = GrantChange.objects.filter(account=account).values("batch")
    return GrantBatch.objects.filter(Q(account=account) | Q(pk__in=hit)).select_related(
        "by", "restored_by"
    )


def changes_reached(actor: Actor) -> QuerySet[GrantChange]:
    """What batches changed of accounts the actor reaches, the highest account first."""
    changes = GrantChange.objects.filter(in_scope(actor.scope, "account"))
    return changes.order_by("account__level", "pk")


def batch_of(account: Account, pk: int) -> GrantBatch | None:
    """The batch with this number, if it is about this very account."""
    return GrantBatch.objects.filter(account=account, pk=pk).first()


@dataclass(frozen=True)
class BatchFacts:
    """What a batch gave and took: on one account, and on those below it that the actor reaches."""

    added: list[Authorization]
    removed: list[Authorization]
    below: int = 0
    below_accounts: int = 0


def facts_of(
    actor: Actor, account: Account, batches: Sequence[GrantBatch]
) -> dict[int, BatchFacts]:
    """The facts of each of these batches, by its number. Two queries, however many they are."""
    pks = [one.pk for one in batches]
    changes = GrantChange.objects.filter(batch__in=pks)
    added: dict[int, set[Authorization]] = {}
    removed: dict[int, set[Authorization]] = {}
    for change in changes.filter(account=account):
        (added if change.added else removed).setdefault(change.batch_id, set()).add(
            Authorization(change.code)
        )
    below = (
        changes.filter(in_scope(Scope.of(account.pk), "account"))
        .exclude(account=account)
        .order_by()
        .values("batch")
        .annotate(n=Count("pk"), accounts=Count("account", distinct=True))
    )
    counts = {row["batch"]: (row["n"], row["accounts"]) for row in below}
    return {
        pk: BatchFacts(
            in_order(added.get(pk, ())), in_order(removed.get(pk, ())), *counts.get(pk, (0, 0))
        )
        for pk in pks
    }


def taken_by(batch: GrantBatch) -> tuple[Codes, int, int]:
    """What a batch took: the authorizations, how many grants, from how many accounts."""
    lost = batch.changes.filter(added=False)
    codes = frozenset(Authorization(one) for one in lost.values_list("code", flat=True).distinct())
    counted = lost.aggregate(n=Count("pk"), accounts=Count("account", distinct=True))
    return codes, counted["n"], counted["accounts"]


def restorable(batches: Iterable[GrantBatch], account: Account) -> set[int]:
    """Which of these batches about the account took something that was not put back. One query."""
    pks = [one.pk for one in batches if one.account_id == account.pk and not one.restored_by_id]
    lost = GrantChange.objects.filter(batch__in=pks, added=False)
    return set(lost.values_list("batch", flat=True).distinct())


def login_accounts(batches: Iterable[GrantBatch]) -> set[int]:
    """The accounts whose logins made these batches."""
    return {one.by_account_pk for one in batches if one.by_account_pk is not None}
