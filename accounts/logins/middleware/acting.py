"""Who acts in a request: set once, read everywhere as `request.actor`."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from structlog.contextvars import bind_contextvars

from accounts.core.actor import Kind, actor_for
from accounts.core.record import ORIGIN, Origin
from accounts.logins.middleware.viewing import refused_while_viewing, viewed_actor
from accounts.portal.visitor import address_of


class ActorMiddleware:
    """Sets `request.actor` and the time zone pages are shown in (the login's own, else that of its
    account); at most one query beyond session and user.

    The actor is read from the database in every request: sign-out, a disabled login, a closed
    account and any revocation take effect at once. A signed-in login that is nobody any more is
    signed out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            bind_contextvars(login=request.user.get_username())
            actor = actor_for(request.user)
            if actor.kind is Kind.NOBODY and not (
                request.user.is_active and request.user.account_id is None
            ):
                logout(request)
                actor = actor_for(request.user)
            if actor.kind is Kind.ADMINISTRATOR:
                actor = viewed_actor(request, actor)
            request.actor = actor  # type: ignore[attr-defined]
            # For `user.has_perm`, which gets the login alone; it lives as long as the request.
            request.user.actor_of_request = actor
            own_zone = actor.own.time_zone if actor.own else "UTC"
            zone = getattr(actor.user or request.user, "time_zone", "") or own_zone
        else:
            request.actor = SimpleLazyObject(  # type: ignore[attr-defined]
                lambda: actor_for(request.user)
            )
            zone = "UTC"
        token = ORIGIN.set(Origin(getattr(request, "request_id", ""), address_of(request)))
        try:
            with timezone.override(ZoneInfo(zone)):
                return self.get_response(request)
        finally:
            ORIGIN.reset(token)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Nothing is changed while an administrator looks as somebody else."""
        return refused_while_viewing(request, view)
