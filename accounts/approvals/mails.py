"""Mails about sub-agent requests: to administrators at first, to who asked in the end."""

from django.conf import settings
from django.urls import reverse

from accounts.approvals.models import SubAgentRequest
from accounts.core.models import User
from accounts.logins.mails import administrators_with_address, mail_login


def mail_filed(request: SubAgentRequest) -> None:
    """Tell the administrators who have an address that a request waits."""
    for user in administrators_with_address():
        _mail(user, "filed", request)


def mail_decision(request: SubAgentRequest) -> None:
    """Tell who asked how its request ended, while its account is the one that asked."""
    user = request.requester
    if user and user.is_active and user.account_id == request.requester_account_id:
        _mail(user, "decided", request)


def _mail(user: User, template: str, request: SubAgentRequest) -> None:
    mail_login(
        user,
        template,
        folder="accounts/approvals/mail",
        request=request,
        link=settings.PORTAL_URL + reverse("approval", args=[request.pk]),
    )
