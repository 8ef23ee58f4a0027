"""Ends requests that lost their ground: requester, agent or target locked, moved, closed, or the
requester without its right (docs/domain.md 3).
"""

from django.db.models import Q
from django.utils import timezone

from accounts.approvals.mails import mail_decision
from accounts.approvals.models import SubAgentRequest
from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.record import record
from accounts.core.scope import Scope


def void_requests(actor: Actor, account: Account, why: str, *, by_requester: bool = False) -> int:
    """Make the waiting requests void that have to do with `account` or anything below it; return
    how many. `by_requester`: only those that were filed from there.

    Call it under the tree's lock, in the transaction of the deed.
    """
    scope = Scope.of(account.pk)
    concerned = in_scope(scope, "requester_account")
    if not by_requester:
        concerned |= in_scope(scope, "agent") | in_scope(scope, "target")
    return void_where(actor, concerned, why)


def void_where(actor: Actor, concerned: Q, why: str) -> int:
    """Make the waiting requests void that `concerned` selects, tell who asked; return how many."""
    waiting = SubAgentRequest.objects.filter(concerned, status=SubAgentRequest.Status.WAITING)
    ended = 0
    for request in waiting.select_related("agent", "requester").order_by("pk"):
        changed = SubAgentRequest.objects.filter(
            pk=request.pk, status=SubAgentRequest.Status.WAITING
        ).update(
            status=SubAgentRequest.Status.VOID,
            decided_at=timezone.now(),
            decision_reason=why[:500],
        )
        if not changed:
            continue
        ended += 1
        request.status, request.decision_reason = SubAgentRequest.Status.VOID, why[:500]
        mail_decision(request)
        record(
            actor=actor,
            action="request.void",
            account=request.agent,
            subject=str(request.pk),
            before={"status": SubAgentRequest.Status.WAITING.value},
            after={"status": SubAgentRequest.Status.VOID.value},
            reason=why,
        )
    return ended
