"""What accounts hold. Nothing here writes."""

from django.db.models import F, OuterRef, QuerySet, Subquery

from accounts.core.authorizations import Codes
from accounts.core.models import Account, AccountGrant, GrantUse
from accounts.core.querysets import grants_of, in_scope
from accounts.core.scope import Scope


def held(account: Account) -> Codes:
    """What was granted to the account, whether it counts at present or not."""
    return grants_of([account.pk]).get(account.pk, frozenset())


def grants_below(account: Account, codes: Codes) -> "QuerySet[AccountGrant]":
    """The grants of these authorizations on all descendants, with `code`, `account_id` and
    `last_used_at`, in tree order.
    """
    below = grants_within(Scope.of(account.pk), codes).exclude(content_object=account.pk)
    used = GrantUse.objects.filter(
        account=OuterRef("content_object"), code=OuterRef("permission__codename")
    )
    return below.annotate(
        code=F("permission__codename"),
        account_text=F("content_object__account_id"),
        last_used_at=Subquery(used.values("last_used_at")[:1]),
    ).order_by("content_object__lft", "permission__codename")


def grants_within(scope: Scope, codes: Codes) -> "QuerySet[AccountGrant]":
    """The grants of these authorizations in the scope."""
    return AccountGrant.objects.filter(
        in_scope(scope, "content_object"), permission__codename__in=sorted(codes)
    )
