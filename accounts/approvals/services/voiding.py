"""Ends requests that lost their ground: requester, agent or target locked, moved, closed, or the
requester without its right (docs/domain.md 3).
"""

from django.db.models import Q
from django.utils import timezone

from accounts.approvals.mails import mail_decision
from accounts.approvals.models import SubAgentRequest
from accounts.core.actor import Actor
from accounts.core.querysets import in_scope
from accounts.core.record import record
from accounts.core.scope import Scope
from accounts.portal.deeds import LostGround


def void_groundless(actor: Actor, lost: LostGround) -> None:
    """Make the waiting requests void that have to do with the accounts or logins that lost their
    ground; of what an account only did itself, those that were filed from there.
    """
    concerned = Q(requester__in=lost.logins)
    if lost.account is not None:
        scope = Scope.of(lost.account.pk)
        concerned |= in_scope(scope, "requester_account")
        if not lost.as_actor:
            concerned |= in_scope(scope, "agent") | in_scope(scope, "target")
    void_where(actor, concerned, lost.why)


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
