"""Asking a person who signed in long ago to prove again who they are.

A request that is sent while the proof is too old waits in the session, and goes on once the proof
is there: nothing secret may be in it.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import resolve, reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from accounts.portal.allauth_doors import STATE_SESSION_KEY, deserialize_request, serialize_request

_RESUMED = f"{__name__}.resumed"


def is_recently_signed_in() -> bool:
    """Whether the last proof is no older than ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    return not get_adapter().is_reauthentication_required(app="")


def require_recent_sign_in(request: HttpRequest) -> None:
    """Lead the person to the re-authentication page if the last proof is older than
    ACCOUNT_REAUTHENTICATION_TIMEOUT; afterwards the request goes on, with what was typed.

    Pages state what is gained and never call this themselves (`PortalView.prove`, `ServiceAdmin`).
    Raises allauth's ImmediateHttpResponse, which its middleware answers with.
    """
    if not is_recently_signed_in():
        raise ImmediateHttpResponse(_asking(request))


def resumed(request: HttpRequest, state: Any) -> HttpResponseBase:
    """Go on with the request that waited for this proof. For allauth, which calls it by its name.

    One that waited for an earlier proof, never given, is not done by the proof for another page.
    """
    wanted = get_next_redirect_url(request, REDIRECT_FIELD_NAME)
    if state["address"] != wanted:
        return HttpResponseRedirect(wanted or reverse("dashboard"))
    again = deserialize_request(state["request"], request)
    match = again.resolver_match = resolve(again.path_info)
    answer: HttpResponseBase = match.func(again, *match.args, **match.kwargs)
    return answer


def _asking(request: HttpRequest) -> HttpResponse:
    methods = get_adapter().get_reauthentication_methods(request.user)
    url = methods[0]["url"] if methods else reverse("account_login")
    # What waited before, for a proof that was not given, waits no longer.
    request.session.pop(STATE_SESSION_KEY, None)
    if request.headers.get("HX-Request"):
        # A part of a page cannot ask; the page it belongs to opens again.
        back = request.headers.get("HX-Current-URL", "")
        return HttpResponseClientRedirect(f"{url}?{urlencode({REDIRECT_FIELD_NAME: back})}")
    address = request.get_full_path()
    if request.method == "POST":
        request.session[STATE_SESSION_KEY] = {
            "state": {"address": address, "request": serialize_request(request)},
            "callback": _RESUMED,
        }
    return HttpResponseRedirect(f"{url}?{urlencode({REDIRECT_FIELD_NAME: address})}")
