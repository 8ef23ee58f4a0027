"""Deciding about sub-agent requests: once each, and with everything checked again (docs/domain.md
3).

What is approved is done by the one who asked, with what it holds at that moment; the audit log
names the approver beside it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.approvals.mails import mail_decision
from accounts.approvals.models import SubAgentRequest
from accounts.approvals.queries import is_stopped, requests_of
from accounts.approvals.services.asking import perform
from accounts.approvals.services.voiding import void_where
from accounts.authorizations.rules.grants import clean_reason
from accounts.core.actor import Actor, Kind, actor_for, fresh
from accounts.core.authorizations import Codes, codes_from, in_order
from accounts.core.availability_deeds import answers
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, User
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, NotInScope, Refused

Status = SubAgentRequest.Status


@answers
def request_approve(
    *, actor: Actor, request: SubAgentRequest, reason: str = "", codes: Codes | None = None
) -> SubAgentRequest:
    """Do what was asked for, in the requester's name; administrators only. `codes` may be fewer
    than asked.

    Return the request as it is then: approved, or void when it lost its ground meanwhile (its
    `decision_reason` says why). Raises Refused when it was decided before or when a rule stands
    against the act by now (it then goes on waiting), NotAllowed, NotInScope, Busy.
    """
    reason = clean_reason(reason)

    def work(_accounts: dict[int, Account]) -> SubAgentRequest:
        nonlocal actor, request
        actor = _approver(actor, request)
        request = SubAgentRequest.objects.select_related("agent", "target").get(pk=request.pk)
        if request.status != Status.WAITING:
            raise _decided_before(actor, request)
        asked = codes_from(request.codes)
        granted = asked if codes is None else codes
        if granted - asked:
            raise Refused(_("Only what was asked for can be granted."), code="not_asked")
        requester, why = _ground(request)
        if not why:
            try:
                with transaction.atomic():
                    fields = {
                        **request.fields,
                        "granted": [code.value for code in in_order(granted)],
                    }
                    # First of all: the move itself ends requests that wait.
                    _decide(actor, request, Status.APPROVED, reason, fields=fields)
                    done = perform(replace(requester, approver=actor.user), request, granted)
                    _tell(
                        actor, request, "request.approve", after={"made": done.account_id, **fields}
                    )
            except Refused as error:
                raise _to_the_approver(error) from error
            except (NotAllowed, NotInScope) as error:
                why = _("New agents are not permitted there any more.")
                if error.code != "sub_agents_forbidden":
                    why = _("The requester no longer has the right to do this.")
        if why:
            void_where(actor, Q(pk=request.pk), why)
        return SubAgentRequest.objects.get(pk=request.pk)

    touched = (request.requester_account_id, request.agent_id, request.target_id)
    return in_locked_trees(work, touching=[pk for pk in touched if pk is not None])


@transaction.atomic
def request_reject(*, actor: Actor, request: SubAgentRequest, reason: str) -> SubAgentRequest:
    """Say no, with a reason; administrators only. Raises Refused without a reason or when it was
    decided before, NotAllowed, NotInScope.
    """
    reason = clean_reason(reason)
    actor = _approver(actor, request)
    one = SubAgentRequest.objects.select_related("agent").get(pk=request.pk)
    if not reason:
        raise Refused(_("Say why: both sides see it."), code="reason_required", field="reason")
    _decide(actor, one, Status.REJECTED, reason)
    _tell(actor, one, "request.reject")
    return one


@transaction.atomic
def request_withdraw(*, actor: Actor, request: SubAgentRequest) -> SubAgentRequest:
    """Take back a request of one's own account. Raises Refused when it was decided before,
    NotAllowed for another account's, NotInScope.
    """
    actor = fresh(actor)
    current = requests_of(actor).filter(pk=request.pk).first()
    if current is None:
        raise NotInScope
    if actor.account_pk != current.requester_account_id or actor.read_only:
        raise NotAllowed(
            _("Only the account that asked can withdraw its request."), code="not_own_request"
        )
    _decide(actor, current, Status.WITHDRAWN, "", seen_at=timezone.now())
    _tell(actor, current, "request.withdraw", is_mailed=False)
    return current


def request_seen(*, actor: Actor, request: SubAgentRequest) -> None:
    """Note that the account that asked has seen the decision; looking on as somebody else does not
    count.
    """
    if actor.account_pk == request.requester_account_id and not actor.read_only:
        SubAgentRequest.objects.filter(pk=request.pk, seen_at=None).exclude(
            status=Status.WAITING
        ).update(seen_at=timezone.now())


def _ground(request: SubAgentRequest) -> tuple[Actor, str]:
    """The requester as it is now, and why the request stands no longer ("": it does)."""
    user = User.objects.filter(pk=request.requester_id).first() if request.requester_id else None
    actor = actor_for(user)
    if user is None or actor.kind is not Kind.ACCOUNT:
        return actor, _("The login that asked cannot sign in any more.")
    if actor.account_pk != request.requester_account_id:
        return actor, _("The login that asked belongs to another account now.")
    pks = [
        request.requester_account_id,
        request.agent_id,
        *([request.target_id] if request.target_id else []),
    ]
    if is_stopped(pks):
        return actor, _("One of its accounts, or a level above, is locked or expired.")
    return actor, ""


def _approver(actor: Actor, request: SubAgentRequest) -> Actor:
    """The fresh actor, an administrator. Raises NotInScope for a request it may not know of."""
    actor = fresh(actor)
    if not requests_of(actor).filter(pk=request.pk).exists():
        raise NotInScope
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(_("Administrators decide this."), code="administrators_only")
    return actor


def _decide(
    actor: Actor, request: SubAgentRequest, status: Status, reason: str, **more: Any
) -> None:
    """Write the decision if there is none yet: the condition sits in the UPDATE, so that of two at
    the same moment one fails.
    """
    values = {
        "status": status,
        "decided_at": timezone.now(),
        "decided_by": actor.user,
        "decided_by_name": actor.login,
        "decision_reason": reason,
        **more,
    }
    if not SubAgentRequest.objects.filter(pk=request.pk, status=Status.WAITING).update(**values):
        raise _decided_before(actor, SubAgentRequest.objects.get(pk=request.pk))
    for name, value in values.items():
        setattr(request, name, value)


def _to_the_approver(error: Refused) -> Refused:
    """The refusal of the act in words for who approves: those of grants speak to the requester."""
    if error.code != "not_grantable":
        return error
    return Refused(
        _(
            "Not everything asked for can be granted any more: the requester, or the account that "
            "would become an agent, no longer holds it. Approve with fewer authorizations."
        ),
        code=error.code,
    )


def _decided_before(actor: Actor, one: SubAgentRequest) -> Refused:
    if one.status == Status.VOID:
        text = _("The request became void: %(why)s") % {"why": one.decision_reason}
    elif one.status == Status.WITHDRAWN:
        text = _("The request was withdrawn.")
    else:
        by = one.decided_by_name if actor.is_administrator else _("an administrator")
        text = _("The request was already decided by %(who)s.") % {"who": by}
    return Refused(text, code="already_decided")


def _tell(
    actor: Actor,
    request: SubAgentRequest,
    action: str,
    *,
    after: Mapping[str, Any] | None = None,
    is_mailed: bool = True,
) -> None:
    """Record the decision, and mail it to who asked."""
    record(
        actor=actor,
        action=action,
        account=request.agent,
        subject=str(request.pk),
        before={"status": Status.WAITING.value},
        after={"status": Status(request.status).value, **(after or {})},
        reason=request.decision_reason,
    )
    if is_mailed:
        mail_decision(request)
