"""Requests for authorizations as somebody may know of them. Nothing here writes."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization, Codes, codes_from
from accounts.core.models import Account, AccountGrant
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.requests.models import AuthorizationRequest

Status = AuthorizationRequest.Status
# What was refused can be asked again after so many days.
REST = timedelta(days=7)


def asked_of(actor: Actor) -> "QuerySet[Any, Any]":
    """The requests the actor may see: of its own account and of those below, all for
    administrators. Each knows `may_name`: whether who decided works within the actor's scope.
    """
    near = Account.objects.within(actor.scope).filter(pk=OuterRef("decided_by__account"))
    rows = AuthorizationRequest.objects.filter(in_scope(actor.scope, "account"))
    return rows.select_related("account", "decided_by").annotate(may_name=Exists(near))


def asked_to_grant(scope: Scope) -> QuerySet[AuthorizationRequest]:
    """What waits below for somebody of this scope: for what its account holds together with
    authorization 1; all that waits for administrators.
    """
    waiting = AuthorizationRequest.objects.filter(status=Status.WAITING)
    if scope.everything:
        return waiting
    own = AccountGrant.objects.filter(content_object=scope.account_pk)
    manages = own.filter(permission__codename=Authorization.MANAGE_ACCOUNT.value)
    holds = own.filter(permission__codename=OuterRef("code"))
    return waiting.filter(in_scope(scope, "account"), Exists(manages), Exists(holds)).exclude(
        account=scope.account_pk
    )


def waiting_for(account: Account) -> Codes:
    """What the account asked for and waits for."""
    rows = AuthorizationRequest.objects.filter(account=account, status=Status.WAITING)
    return codes_from(rows.values_list("code", flat=True))


def rests_until(account: Account, code: Authorization) -> datetime | None:
    """When the account may ask again for what was refused to it lately; None: now."""
    refused = AuthorizationRequest.objects.filter(
        account=account,
        code=code.value,
        status=Status.REFUSED,
        decided_at__gt=timezone.now() - REST,
    )
    latest = refused.order_by("-decided_at").values_list("decided_at", flat=True).first()
    return latest + REST if latest else None
