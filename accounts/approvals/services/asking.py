"""Asking for an act that would make an ordinary account an agent (docs/domain.md 3);
`deciding` beside it answers.

A request is validated by rehearsing the very act and undoing it, and approved by doing it: no rule
exists twice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.approvals.mails import mail_filed
from accounts.approvals.models import SubAgentRequest
from accounts.approvals.queries import is_stopped
from accounts.authorizations.rules.grants import clean_reason
from accounts.authorizations.rules.policies import NeedsApproval
from accounts.core.actor import Actor, Kind, fresh
from accounts.core.authorizations import Codes, in_order
from accounts.core.availability_deeds import answers
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.record import record
from accounts.core.rules import clean_detail
from accounts.kit.errors import Refused
from accounts.logins.services.codes import Issued
from accounts.tree.services.accounts import account_create
from accounts.tree.services.moving import accounts_move
from accounts.tree.services.together import Together

Status = SubAgentRequest.Status
# Requests of one account that may wait at a time.
MOST_WAITING = 50
_OF_THE_ACCOUNT = (
    "account_id",
    "name",
    "type",
    "valid_until",
    "ctd_billing_model",
    "time_zone",
    "detail",
)
_OF_A_LOGIN = ("username", "full_name", "email")
T = TypeVar("T")


@answers
def request_create_filed(
    *,
    actor: Actor,
    parent: Account,
    account_id: str,
    name: str,
    type: str = Account.Type.GENERAL,
    valid_until: datetime | None = None,
    ctd_billing_model: str = Account.BillingModel.STANDARD,
    time_zone: str | None = None,
    detail: Mapping[str, Any] | None = None,
    codes: Codes = frozenset(),
    first_login: Mapping[str, str] | None = None,
    held: Mapping[str, Any] | None = None,
    reason: str = "",
) -> SubAgentRequest:
    """Ask for a new account below `parent`, which would become an agent; nothing of it is made.
    `held` is what packages keep of it until then (`Together`).

    Raises what creating it would raise, and Refused where no approval is needed, where the account
    asked for the same before (`already_requested`), has too many requests waiting, or where the
    first login has no address to be invited at.
    """
    reason = clean_reason(reason)
    if first_login and not first_login.get("email", "").strip():
        raise Refused(
            _("Enter an address: the invitation is mailed once the request is approved."),
            code="email_required",
            field="login_email",
        )
    more = held or {}
    together = Together(codes, reason, first_login, more)
    values: dict[str, Any] = {
        "account_id": account_id,
        "name": name,
        "type": type,
        "valid_until": valid_until,
        "ctd_billing_model": ctd_billing_model,
        "time_zone": time_zone,
        "detail": detail,
    }

    def act(is_approved: bool) -> Account:
        return _create(actor, parent, values, together, is_approved=is_approved)[0]

    def kept(account: Account) -> dict[str, Any]:
        return {
            **more,
            "account_id": account.account_id,
            "name": account.name,
            "type": account.type,
            "valid_until": valid_until.isoformat() if valid_until else None,
            "ctd_billing_model": account.ctd_billing_model,
            "time_zone": account.time_zone,
            "detail": clean_detail(detail or {}),
            "first_login": {key: first_login.get(key, "").strip() for key in _OF_A_LOGIN}
            if first_login
            else None,
        }

    return _file(actor, SubAgentRequest.Kind.CREATE, parent, None, act, kept, codes, reason)


def request_move_filed(
    *, actor: Actor, account: Account, parent: Account, reason: str = ""
) -> SubAgentRequest:
    """Ask for a move below `parent`, which would become an agent; nothing moves.

    Raises what moving would raise, and Refused as `request_create_filed`.
    """
    reason = clean_reason(reason)

    def act(is_approved: bool) -> Account:
        return accounts_move(
            actor=actor, accounts=[account], parent=parent, reason=reason, is_approved=is_approved
        )[0]

    def held(moved: Account) -> dict[str, Any]:
        return {"account_id": moved.account_id}

    kind = SubAgentRequest.Kind.MOVE
    return _file(actor, kind, parent, account, act, held, frozenset(), reason)


def _file(
    actor: Actor,
    kind: SubAgentRequest.Kind,
    agent: Account,
    target: Account | None,
    act: Callable[[bool], Account],
    held: Callable[[Account], dict[str, Any]],
    codes: Codes,
    reason: str,
) -> SubAgentRequest:
    own = actor.account_pk
    if actor.kind is not Kind.ACCOUNT or own is None:
        raise _nothing_to_approve()

    def work(accounts: dict[int, Account]) -> SubAgentRequest:
        nonlocal actor
        try:
            _rehearse(lambda: act(False))
        except NeedsApproval:
            fields = _rehearse(lambda: held(act(True)))
        else:
            raise _nothing_to_approve()
        actor = fresh(actor)
        _refuse_stopped([agent.pk, *([target.pk] if target else [])])
        _refuse_more(own, kind, fields, target)
        request = SubAgentRequest.objects.create(
            kind=kind,
            requester=actor.user,
            requester_name=actor.login,
            requester_account=accounts[own],
            agent=accounts[agent.pk],
            target=accounts[target.pk] if target else None,
            fields=fields,
            codes=[code.value for code in in_order(codes)],
            reason=reason,
        )
        record(
            actor=actor,
            action="request.file",
            account=request.agent,
            subject=str(request.pk),
            after={"kind": kind.value, "codes": request.codes, **fields},
            reason=reason,
        )
        mail_filed(request)
        return request

    touched = [own, agent.pk, *([target.pk] if target else [])]
    return in_locked_trees(work, touching=touched)


def _rehearse(act: Callable[[], T]) -> T:
    """Do it and undo it, mails included: every rule has been asked then."""
    with transaction.atomic():
        result = act()
        transaction.set_rollback(True)
    return result


def _create(
    actor: Actor,
    agent: Account,
    values: Mapping[str, Any],
    together: Together,
    *,
    is_approved: bool,
) -> tuple[Account, Issued | None]:
    issued: list[Issued | None] = []
    account = account_create(
        actor=actor,
        parent=agent,
        **values,
        with_new=lambda new: issued.append(together.make(actor, new)),
        is_approved=is_approved,
    )
    return account, issued[0]


def perform(requester: Actor, request: SubAgentRequest, codes: Codes) -> Account:
    """The act itself. Returns the account it was about."""
    if request.target:
        return accounts_move(
            actor=requester,
            accounts=[request.target],
            parent=request.agent,
            reason=request.reason,
            is_approved=True,
        )[0]
    values = {key: request.fields[key] for key in _OF_THE_ACCOUNT}
    until = values["valid_until"]
    values["valid_until"] = parse_datetime(until) if until else None
    together = Together(codes, request.reason, request.fields["first_login"], request.fields)
    return _create(requester, request.agent, values, together, is_approved=True)[0]


def _refuse_stopped(pks: list[int]) -> None:
    if is_stopped(pks):
        raise Refused(
            _("The account, or a level above it, is locked or expired: nothing can be asked for."),
            code="stopped",
        )


def _refuse_more(
    own: int, kind: SubAgentRequest.Kind, fields: Mapping[str, Any], target: Account | None
) -> None:
    waiting = SubAgentRequest.objects.filter(requester_account=own, status=Status.WAITING)
    same = waiting.filter(kind=kind, target=target)
    if target is None:
        same = same.filter(fields__account_id__iexact=fields["account_id"])
    if same.exists():
        raise Refused(
            _("Your account has asked for this already; the request is waiting."),
            code="already_requested",
        )
    if waiting.count() >= MOST_WAITING:
        raise Refused(
            _("%(count)s requests of your account are waiting: no more until some are decided.")
            % {"count": MOST_WAITING},
            code="too_many_requests",
        )


def _nothing_to_approve() -> Refused:
    return Refused(_("This needs no approval: do it at once."), code="no_approval_needed")
