"""The password of a phone on its way from the deed that made it to the page that shows it.

It is kept nowhere by the portal: it travels encrypted in a cookie, which only that page is sent,
and which it takes back. So a page that is loaded again neither repeats the deed nor shows it twice.
"""

import json
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from accounts.kit.encryption import Unreadable, decrypted, encrypted
from accounts.phones.rules.values import IssuedPhone
from accounts.portal.views.responses import SeeOther

_COOKIE = "handover"
# As long as a browser takes to follow.
_LASTS = timedelta(minutes=2)


class Handover(NamedTuple):
    """What a phone was given, and by which deed: one of the names the page knows."""

    deed: str
    password: str


# What a page that shows a password is called after.
RESET, ADDED, NEW_CUSTOMER = "reset", "added", "customer"


def hand_over(request: HttpRequest, issued: IssuedPhone, deed: str) -> HttpResponse:
    """Lead to the page that shows the new password, to this login and this once."""
    phone = issued.phone
    page = reverse("phone-password", args=[phone.number])
    answer = SeeOther(page)
    answer.set_cookie(
        _COOKIE,
        encrypted(json.dumps([*_of(request, phone), deed, issued.password])),
        max_age=_LASTS,
        path=page,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return answer


def handed_over(request: HttpRequest, phone: Any) -> Handover | None:
    """What was handed over with this request; None where it was shown before, came too late, is
    another's, or is no password of the phone any more.
    """
    try:
        *of, deed, password = json.loads(decrypted(request.COOKIES.get(_COOKIE, "")))
    except (Unreadable, ValueError):
        return None
    if of != _of(request, phone) or timezone.now() - phone.password_set_at > _LASTS:
        return None
    return Handover(deed, password)


def take_back(answer: HttpResponseBase, phone: Any) -> None:
    """Once it was shown."""
    page = reverse("phone-password", args=[phone.number])
    answer.delete_cookie(_COOKIE, path=page, samesite="Strict")


def _of(request: HttpRequest, phone: Any) -> list[Any]:
    return [request.user.pk, phone.pk, phone.password_set_at.isoformat()]
