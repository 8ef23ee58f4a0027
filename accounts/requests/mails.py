"""The mail about the answer to a request, to who asked."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.authorizations import Authorization
from accounts.core.models import User
from accounts.logins.mails import mail_login
from accounts.mail.kinds import MailKind, NotSent
from accounts.mail.models import Mail
from accounts.requests.models import AuthorizationRequest


def mail_answer(request: AuthorizationRequest) -> None:
    """Tell who asked how its request ended, while its account is the one that asked."""
    user = request.requester
    if user and _may_hear(user, request):
        mail_login(user, "asked.decided", request=request.pk)


def _may_hear(user: User, request: AuthorizationRequest) -> bool:
    return user.is_active and user.account_id == request.account_id


def _decided(mail: Mail) -> Mapping[str, Any]:
    rows = AuthorizationRequest.objects.select_related("account")
    request = rows.filter(pk=mail.keys["request"]).first()
    if request is None or mail.login is None or not _may_hear(mail.login, request):
        raise NotSent(_("The login that asked was locked or moved, or its account is gone."))
    code = Authorization(request.code)
    return {
        "request": request,
        "title": f"{code.number} {code.label}",
        "link": settings.PORTAL_URL + reverse("authorization-request", args=[request.pk]),
    }


KINDS = (
    MailKind(
        "asked.decided",
        gettext_lazy("Answer to a request for an authorization"),
        "accounts/requests/mail/decided.txt",
        _decided,
    ),
)
