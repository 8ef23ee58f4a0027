"""Mails about sub-agent requests: to administrators at first, to who asked in the end."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.approvals.models import SubAgentRequest
from accounts.core.models import User
from accounts.logins.mails import administrators_with_address, mail_login, mail_logins
from accounts.mail.kinds import MailKind, NotSent
from accounts.mail.models import Mail


def mail_filed(request: SubAgentRequest) -> None:
    """Tell the administrators who have an address that a request waits."""
    mail_logins(administrators_with_address(), "request.filed", request=request.pk)


def mail_decision(request: SubAgentRequest) -> None:
    """Tell who asked how its request ended, while its account is the one that asked."""
    user = request.requester
    if user and _may_hear(user, request):
        account = request.fields.get("account_id", "")
        mail_login(user, "request.decided", request=request.pk, account=account)


def _may_hear(user: User, request: SubAgentRequest) -> bool:
    return user.is_active and user.account_id == request.requester_account_id


def _filed(mail: Mail) -> Mapping[str, Any]:
    request = _request(mail)
    if request is None or request.status != SubAgentRequest.Status.WAITING:
        raise NotSent(_("The request was decided meanwhile."))
    return {"request": request, "link": _link(request)}


def _decided(mail: Mail) -> Mapping[str, Any]:
    request = _request(mail)
    if request is None:
        return {"request": _gone(mail), "link": ""}
    if mail.login is None or not _may_hear(mail.login, request):
        raise NotSent(_("The login that asked was locked or moved."))
    return {"request": request, "link": _link(request)}


def _request(mail: Mail) -> SubAgentRequest | None:
    rows = SubAgentRequest.objects.select_related("agent", "target", "requester_account")
    return rows.filter(pk=mail.keys["request"]).first()


def _gone(mail: Mail) -> SubAgentRequest:
    """As the request was: it goes with the account that it was about, and with nothing else."""
    return SubAgentRequest(
        status=SubAgentRequest.Status.VOID,
        fields={"account_id": mail.keys["account"]},
        decision_reason=_("The account was deleted."),
    )


def _link(request: SubAgentRequest) -> str:
    return settings.PORTAL_URL + reverse("approval", args=[request.pk])


KINDS = (
    MailKind(
        "request.filed",
        gettext_lazy("Approval needed"),
        "accounts/approvals/mail/filed.txt",
        _filed,
    ),
    MailKind(
        "request.decided",
        gettext_lazy("Answer to a request"),
        "accounts/approvals/mail/decided.txt",
        _decided,
    ),
)
