"""Looking as somebody else, in the path of a request: the actor, and what is refused meanwhile."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, Kind
from accounts.core.models import User
from accounts.core.refusals import refusal_recorded
from accounts.logins.services.view_as import view_as_end, view_as_now

#: What the session holds: the key of the view, nothing else.
KEY = "view_as"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Ending the view, and signing out altogether.
_ALWAYS = frozenset({"view-as-end", "account_logout"})


def viewed_actor(request: HttpRequest, administrator: Actor) -> Actor:
    """The actor of this request: the administrator, or the login looked as while that goes on."""
    user = administrator.user
    if KEY not in request.session or not isinstance(user, User):
        return administrator
    viewing = view_as_now(user, request.session[KEY])
    if viewing is not None and viewing.actor is not None:
        request.view_as = viewing.view  # type: ignore[attr-defined]
        return viewing.actor
    del request.session[KEY]
    if viewing is not None:
        view_as_end(view=viewing.view, why=viewing.over)
        messages.warning(request, _("You look as yourself again. %(why)s") % {"why": viewing.over})
    return administrator


def refused_while_viewing(request: HttpRequest, view: Any) -> HttpResponse | None:
    """The refusal of what nobody does while looking as somebody else: changing anything, exports,
    one's own security, the Django admin. None: go on.
    """
    if not hasattr(request, "view_as"):
        return None
    match = request.resolver_match
    if match is not None and match.view_name in _ALWAYS:
        return None
    page = getattr(view, "view_class", None)
    # Pages that operators reach too are one's own security: the administrator's, not the login's.
    is_own = Kind.OPERATOR in getattr(page, "audience", ())
    if request.method in _SAFE and getattr(page, "in_view_as", False) and not is_own:
        return None
    if getattr(page, "records_refusals", True):
        refusal_recorded(
            actor=request.actor,  # type: ignore[attr-defined]
            method=str(request.method),
            path=request.path,
            code="view_as",
        )
    return render(request, "accounts/logins/view_as/refused.html", status=403)
