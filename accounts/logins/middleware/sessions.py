"""How long a sign-in lasts, and what must be settled before anything else: an own password, a
second factor.
"""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from accounts.logins.adapters import SIGNED_IN_AT
from accounts.logins.rules.second_factor import has_second_factor, needs_second_factor
from accounts.logins.services.sessions import session_seen

#: Session key: when the person last did something, in seconds since 1970; written at most once a
#: minute.
SEEN_AT = "seen_at"
_NOTE_EVERY = 60  # seconds

_LEAVE = frozenset({"account_logout", "logout", "security-appearance"})
_PASSWORD_PAGES = _LEAVE | {"account_set_password", "account_change_password"}
_SECOND_FACTOR_PAGES = _PASSWORD_PAGES | {
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
}


class _Middleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Deny by default. A partial update that finds the person signed out sends the whole page to
    the sign-in.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return turn_aside(request, reverse("account_login"))
        return super().handle_no_permission(request, view_func)


class SessionLimitsMiddleware(_Middleware):
    """Signs out after SESSION_ABSOLUTE_AGE seconds, whatever was done meanwhile, and notes activity
    once a minute.

    The idle limit is SESSION_COOKIE_AGE: the note saves the session and so renews it. Views that
    say `counts_as_activity = False` (polls) renew nothing and write nothing. Stands before
    everything that asks who acts.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            started = request.session.get(SIGNED_IN_AT)
            if started is None:
                request.session[SIGNED_IN_AT] = time.time()
            elif time.time() - started > settings.SESSION_ABSOLUTE_AGE:
                logout(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view_func: Any, args: Any, kwargs: Any) -> None:
        if not request.user.is_authenticated or not _counts_as_activity(view_func):
            return
        now = time.time()
        if now - request.session.get(SEEN_AT, 0.0) < _NOTE_EVERY:
            return
        request.session[SEEN_AT] = now
        _note_activity(request)


class OwnPasswordMiddleware(_Middleware):
    """A login let in by a one-time code chooses its own password before it sees anything else."""

    def process_view(
        self, request: HttpRequest, view_func: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or not request.user.must_change_password:
            return None
        if _is_open(request, view_func, _PASSWORD_PAGES):
            return None
        return turn_aside(request, reverse("account_set_password"))


class SecondFactorMiddleware(_Middleware):
    """Whoever must have a second factor (REQUIRE_SECOND_FACTOR) sets one up first of all."""

    def process_view(
        self, request: HttpRequest, view_func: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or _is_open(request, view_func, _SECOND_FACTOR_PAGES):
            return None
        actor = request.actor  # type: ignore[attr-defined]
        if not needs_second_factor(actor) or has_second_factor(request.user):
            return None
        return turn_aside(request, reverse("mfa_index"))


def turn_aside(request: HttpRequest, to: str) -> HttpResponse:
    """Send the person to `to`, remembering where they wanted to go; htmx moves the whole page."""
    if request.headers.get("HX-Request"):
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = f"{page.path}?{page.query}" if page.query else page.path
    else:
        back = request.get_full_path() if request.method == "GET" else ""
    url = f"{to}?{urlencode({REDIRECT_FIELD_NAME: back})}" if back not in ("", "/") else to
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(url)
    return redirect(url)


def _is_open(request: HttpRequest, view_func: Any, names: frozenset[str]) -> bool:
    """One of the pages named, or one that nobody has to sign in for."""
    match = request.resolver_match
    return (match is not None and match.view_name in names) or not getattr(
        view_func, "login_required", True
    )


def _counts_as_activity(view_func: Any) -> bool:
    view = getattr(view_func, "view_class", view_func)
    return bool(getattr(view, "counts_as_activity", True))


def _note_activity(request: HttpRequest) -> None:
    adapter = get_adapter(request)
    # Signed in, hence saved: there is a key and a user.
    key: Any = request.session.session_key
    session_seen(
        key,
        request.user,
        ip=adapter.get_client_ip(request),
        user_agent=adapter.get_http_user_agent(request),
    )
