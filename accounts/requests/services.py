"""Asking for an authorization, and the one answer to it (docs/domain.md 3)."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.approvals.queries import is_stopped
from accounts.authorizations.queries.grants import held
from accounts.authorizations.rules.grants import clean_reason
from accounts.authorizations.services.grants import CHANGE_GRANTS, set_under_lock
from accounts.core.actor import Actor, Kind, fresh, require
from accounts.core.authorizations import Authorization, Codes
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, GrantBatch
from accounts.core.querysets import in_scope
from accounts.core.record import record
from accounts.core.scope import Scope
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.moments import moment_words
from accounts.portal.deeds import LostGround
from accounts.requests.mails import mail_answer
from accounts.requests.models import AuthorizationRequest
from accounts.requests.queries import asked_of, rests_until, waiting_for

Status = AuthorizationRequest.Status


def authorization_ask(*, actor: Actor, code: Authorization, reason: str) -> AuthorizationRequest:
    """Ask for `code` on one's own account.

    Raises Refused (`reason_required`, `too_long`, `already_held`, `already_requested`,
    `refused_lately`, `stopped`), NotAllowed for who has no account or only looks on, Busy.
    """
    reason = clean_reason(reason)
    if not reason:
        raise _no_reason()
    own = actor.account_pk
    if actor.kind is not Kind.ACCOUNT or own is None or actor.read_only:
        raise NotAllowed(
            _("Only the login of an account asks for an authorization."), code="no_account"
        )

    def work(accounts: dict[int, Account]) -> AuthorizationRequest:
        nonlocal actor
        actor = fresh(actor)
        if actor.account_pk != own:
            raise NotInScope
        account = accounts[own]
        _refuse_asking(account, code)
        made = AuthorizationRequest.objects.create(
            account=account,
            code=code.value,
            requester=actor.user,
            requester_name=actor.login,
            reason=reason,
        )
        record(
            actor=actor,
            action="asked.file",
            account=account,
            subject=str(made.pk),
            after={"code": code.value},
            reason=reason,
        )
        return made

    return in_locked_trees(work, touching=[own])


def authorization_grant(
    *, actor: Actor, request: AuthorizationRequest, answer: str = ""
) -> GrantBatch | None:
    """Grant what was asked for, as the actor would grant it on the account's page; the batch, or
    None where the account holds it by now.

    Raises Refused where the subset rule or the state of the account stands against it
    (`not_grantable`, `closed`, `stopped`) or it was decided before (`already_decided`), NotInScope,
    NotAllowed, Busy.
    """
    answer = clean_reason(answer)

    def work(accounts: dict[int, Account]) -> GrantBatch | None:
        nonlocal actor
        account = accounts[request.account_id]
        actor = require(actor, Authorization.MANAGE_ACCOUNT, account, permission=CHANGE_GRANTS)
        _refuse_stopped(account)
        code = Authorization(request.code)
        # First of all: of two at the same moment one fails.
        _decide(actor, request, Status.GRANTED, answer)
        codes = held(account) | {code}
        return set_under_lock(actor, account, codes, reason=answer or request.reason)

    return in_locked_trees(work, touching=[request.account_id])


def authorization_refuse(
    *, actor: Actor, request: AuthorizationRequest, answer: str
) -> AuthorizationRequest:
    """Say no, with the reason; for who could say yes. Raises as `authorization_grant`, and Refused
    without a reason.
    """
    answer = clean_reason(answer)
    if not answer:
        raise Refused(_("Say why: both sides see it."), code="reason_required", field="answer")

    def work(accounts: dict[int, Account]) -> AuthorizationRequest:
        nonlocal actor
        account = accounts[request.account_id]
        actor = require(actor, Authorization.MANAGE_ACCOUNT, account, permission=CHANGE_GRANTS)
        if not actor.is_administrator and Authorization(request.code) not in actor.effective:
            raise NotAllowed(
                _("Only who could grant it answers: you do not hold it."),
                code="not_yours_to_answer",
            )
        return _decide(actor, request, Status.REFUSED, answer)

    return in_locked_trees(work, touching=[request.account_id])


def authorization_withdraw(*, actor: Actor, request: AuthorizationRequest) -> AuthorizationRequest:
    """Take back a request of one's own account. Raises Refused when it was decided before,
    NotAllowed for another account's, NotInScope, Busy.
    """

    def work(_accounts: dict[int, Account]) -> AuthorizationRequest:
        nonlocal actor
        actor = fresh(actor)
        if not asked_of(actor).filter(pk=request.pk).exists():
            raise NotInScope
        if actor.account_pk != request.account_id or actor.read_only:
            raise NotAllowed(
                _("Only the account that asked can withdraw its request."), code="not_own_request"
            )
        return _decide(actor, request, Status.WITHDRAWN, "")

    return in_locked_trees(work, touching=[request.account_id])


def close_granted(actor: Actor, given: Sequence[tuple[Account, Codes]]) -> None:
    """What was asked for and is granted on another page waits no longer."""
    codes = {account.pk: codes for account, codes in given}
    waiting = AuthorizationRequest.objects.filter(account__in=list(codes), status=Status.WAITING)
    for one in waiting.select_related("account", "requester").order_by("pk"):
        if Authorization(one.code) in codes[one.account_id]:
            _close(actor, one, Status.GRANTED, "")


def void_asked(actor: Actor, lost: LostGround) -> None:
    """Make the waiting requests void of the accounts and logins that lost their ground."""
    concerned = Q(requester__in=lost.logins)
    if lost.account is not None and not lost.as_actor:
        concerned |= in_scope(Scope.of(lost.account.pk), "account")
    waiting = AuthorizationRequest.objects.filter(concerned, status=Status.WAITING)
    for one in waiting.select_related("account", "requester").order_by("pk"):
        _close(actor, one, Status.VOID, lost.why[:500])


def _refuse_asking(account: Account, code: Authorization) -> None:
    _refuse_stopped(account)
    if code in held(account):
        raise Refused(_("Your account holds it already."), code="already_held", field="code")
    if code in waiting_for(account):
        raise Refused(
            _("Your account has asked for it already; the request is waiting."),
            code="already_requested",
            field="code",
        )
    until = rests_until(account, code)
    if until is not None:
        raise Refused(
            _("It was refused lately; it can be asked for again from %(when)s.")
            % {"when": moment_words(until)},
            code="refused_lately",
            field="code",
        )


def _refuse_stopped(account: Account) -> None:
    if is_stopped([account.pk]):
        raise Refused(
            _("The account, or a level above it, is locked or expired: nothing can be asked for."),
            code="stopped",
        )


def _decide(
    actor: Actor, request: AuthorizationRequest, status: Status, answer: str
) -> AuthorizationRequest:
    """Write and record the answer; under the lock of the account's tree."""
    one = (
        AuthorizationRequest.objects.select_related("account", "requester")
        .filter(pk=request.pk)
        .first()
    )
    if one is None:
        raise NotInScope
    if one.status != Status.WAITING:
        raise Refused(_("This request was answered already."), code="already_decided")
    _close(actor, one, status, answer)
    return one


def _close(actor: Actor, one: AuthorizationRequest, status: Status, answer: str) -> None:
    one.status, one.answer, one.decided_at = status, answer, timezone.now()
    if status != Status.VOID:
        one.decided_by, one.decided_by_name = actor.user, actor.login
    one.save(update_fields=["status", "answer", "decided_at", "decided_by", "decided_by_name"])
    if status != Status.WITHDRAWN:
        mail_answer(one)
    record(
        actor=actor,
        action=_ACTIONS[status],
        account=one.account,
        subject=str(one.pk),
        before={"status": Status.WAITING.value},
        after={"status": status.value, "code": one.code},
        reason=answer,
    )


def _no_reason() -> Refused:
    return Refused(_("Say what you need it for."), code="reason_required", field="reason")


_ACTIONS = {
    Status.GRANTED: "asked.grant",
    Status.REFUSED: "asked.refuse",
    Status.WITHDRAWN: "asked.withdraw",
    Status.VOID: "asked.void",
}
