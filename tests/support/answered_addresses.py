"""Which addresses a run answered with success, by method, and which of all it never did.

Noted where Django hands out answers, so that browsers of tests and real ones count alike.
"""

from collections.abc import Iterable
from functools import wraps

from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve, reverse

from tests.support.addresses import routes
from tests.support.gains import CASES, MANY, NOTHING, READ_ONLY
from tests.support.urls_registry import classified, is_former

Answered = tuple[str, str]
METHODS = ("GET", "POST")

# Where people are turned aside to, who are to sign in or to prove who they are before anything.
DOORS = (
    "account_login", "admin-sign-in", "account_set_password", "mfa_index", "account_reauthenticate",
    "mfa_reauthenticate",
)  # fmt: skip

# Whose very answer is that: signing out, and the Django admin's door.
LEAD_TO_DOORS = {"account_logout", "admin-sign-out", "admin-sign-in"}

_BEHIND_DOORS = "the portal's own door stands before it"
_NO_DEED = "looks the same however it is asked for"
# What is never answered with success, and why.
NEVER: dict[Answered, str] = {
    **{
        (f"admin:{name}", method): _BEHIND_DOORS
        for name in ("login", "logout", "password_change", "view_on_site")
        for method in METHODS
    },
    ("admin-shortcut", "GET"): "leads nowhere on purpose",
    ("admin-shortcut", "POST"): "leads nowhere on purpose",
    ("admin:accounts_user_delete", "GET"): "logins are never deleted",
    ("admin:accounts_user_delete", "POST"): "logins are never deleted",
    **{
        (name, "POST"): _NO_DEED
        for name in (
            "admin-sign-in", "admin:app_list", "admin:autocomplete", "admin:index", "admin:jsi18n",
            "admin:password_change_done", "admin:", "admin-password-change", "health-live",
            "health-ready", "admin:accounts_account_history", "admin:accounts_user_history",
        )
    },
}  # fmt: skip

seen: set[Answered] = set()


def prepare() -> None:
    """Note every answer from here on."""
    answered = BaseHandler.get_response

    @wraps(answered)
    def noting(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        response = answered(handler, request)
        note(request, response)
        return response

    BaseHandler.get_response = noting  # type: ignore[method-assign]


def note(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep that this address was answered with success, if it was."""
    method = str(request.method)
    if response.status_code >= 400 or method not in METHODS:
        return
    try:
        # Probes are answered before anything is resolved.
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return
    name = ":".join((*match.namespaces, match.url_name or ""))
    if (name, method) not in seen and (name in LEAD_TO_DOORS or not _is_turned_aside(response)):
        seen.add((name, method))


def _is_turned_aside(response: HttpResponseBase) -> bool:
    to = response.headers.get("Location") or response.headers.get("HX-Redirect", "")
    return to.partition("?")[0] in {reverse(name) for name in DOORS}


def to_be_answered() -> set[Answered]:
    """Every address with the methods that it takes."""
    found = set()
    posted_to = {case.name for case in CASES} | set(MANY) | NOTHING
    for route in routes():
        address = classified(route)
        assert address, route
        if not address.is_post_only:
            found.add((route.name, "GET"))
        if route.name in posted_to and not is_former(route):
            found.add((route.name, "POST"))
    is_changed = ("_add", "_delete")
    return {
        (name, method)
        for name, method in found - set(NEVER)
        if not (name.startswith(READ_ONLY) and name.endswith(is_changed))
    }


def never_answered(answered: Iterable[Answered]) -> list[str]:
    """What a whole run should have asked for with success, and did not."""
    return sorted(f"{method} {name}" for name, method in to_be_answered() - set(answered))
