"""Requests as somebody may know of them. Nothing here writes."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.approvals.models import SubAgentRequest
from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import chains
from accounts.core.scope import Scope

Status = SubAgentRequest.Status
_LATELY = timedelta(days=30)


def requests_of(actor: Actor) -> QuerySet[SubAgentRequest]:
    """The requests `actor` may see: all for administrators, else those filed by its own account
    and from below it.
    """
    return SubAgentRequest.objects.filter(
        _reached(actor.scope, "requester_account")
    ).select_related("requester_account", "agent", "target")


def _reached(scope: Scope, path: str) -> Exists | Q:
    """A condition for requests: the account at `path` lies in the scope. Asked of each request by
    its key: requests are few, and a database without statistics begins a join of two scopes with
    every account of both.
    """
    if scope.everything:
        return Q()
    return Exists(Account.objects.within(scope).filter(pk=OuterRef(path)))


def to_look_at(scope: Scope) -> QuerySet[SubAgentRequest]:
    """The requests that wait for an administrator, or the decisions that the requesters' account
    has not opened yet.
    """
    if scope.everything:
        return SubAgentRequest.objects.filter(status=Status.WAITING)
    return SubAgentRequest.objects.filter(requester_account=scope.account_pk, seen_at=None).exclude(
        status=Status.WAITING
    )


def requests_waiting_below(scope: Scope, account_pk: int) -> QuerySet[SubAgentRequest]:
    """The requests known within a scope that would make an account an agent here or below."""
    return SubAgentRequest.objects.filter(
        _reached(scope, "requester_account"),
        _reached(scope, "agent"),
        _reached(Scope.of(account_pk), "agent"),
        status=Status.WAITING,
    )


def approved_lately(account_pks: Iterable[int]) -> dict[int, int]:
    """How many agents these accounts were allowed to make in 30 days, by key; none is absent."""
    since = timezone.now() - _LATELY
    approved = SubAgentRequest.objects.filter(
        requester_account__in=list(account_pks), status=Status.APPROVED, decided_at__gt=since
    )
    return dict(approved.values_list("requester_account").annotate(Count("pk")).order_by())


def is_stopped(pks: list[int]) -> bool:
    """Whether one of these accounts, or a level above, is locked, closed or expired."""
    return any(link.is_stopped() for way in chains(pks).values() for link in way)
