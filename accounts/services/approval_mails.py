"""Mails about sub-agent requests: to administrators at first, to who asked in the end."""

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from accounts.access import ADMINISTRATORS
from accounts.models import SubAgentRequest, User
from accounts.services.login_mails import mail_login

_MOST_MAILED = 20


def mail_filed(request: SubAgentRequest) -> None:
    """Tell the administrators who have an address that a request waits."""
    who = Q(is_superuser=True) | Q(groups__name=ADMINISTRATORS)
    readers = User.objects.filter(who, account=None, is_active=True).exclude(email="")
    for user in readers.distinct().order_by("pk")[:_MOST_MAILED]:
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
