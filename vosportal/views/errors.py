"""Error pages. Their text depends on the status alone: foreign and unknown look the same."""

import json
import sys
from typing import Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.refusals import refusal_recorded
from accounts.kit.outage import ASK_AGAIN, Outage, outage_of
from accounts.kit.private_doors import said_already

#: What every form of the answer says.
AWAY = gettext_lazy(
    "The portal is away for a moment. What you sent was saved as a whole or not at all: look "
    "before you repeat it. Try again in a minute."
)
_OURS = ("accounts.", "billing.", "vosportal.")

log = structlog.get_logger("portal.outage")


@login_not_required
def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """413 for more data than a form may hold, else 400. The request was not read to its end."""
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    return _bare(request, status)


@login_not_required
def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403 without a reason: what raised it gave none that a person should read. Pages of the
    Django admin end here; those of the portal record their refusals themselves.
    """
    actor = getattr(request, "actor", None)
    if actor is not None and request.user.is_authenticated:
        refusal_recorded(
            actor=actor, method=str(request.method), path=request.path, code="permission_denied"
        )
    return render(request, "403.html", status=403)


@login_not_required
def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404 with one text for everything: unknown, foreign, mistyped."""
    return render(request, "404.html", status=404)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that is older than the session."""
    return render(request, "403_csrf.html", _context(request), status=403)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where not the portal failed but what it stands on. Needs neither the database nor a
    session.
    """
    outage = outage_of(sys.exception())
    return unavailable(request, outage) if outage else _bare(request, 500)


def unavailable(request: HttpRequest, outage: Outage) -> HttpResponse:
    """503 in the form that was asked for, and one line in the log: a database that is away for a
    minute ends every request, and each has the same to tell.
    """
    log.error(
        "not available",
        part=outage.part,
        error=outage.error,
        **({"guard": outage.guard} if outage.guard else {}),
        at=_last_of_ours(sys.exception()),
        method=request.method,
        path=request.path,
        request_id=getattr(request, "request_id", ""),
    )
    if request.headers.get("HX-Request"):
        response = HttpResponse(escape(AWAY), status=503)
        # A part of a page that fails is swapped for nothing: the page says it (static/js/app.js).
        response["HX-Trigger"] = json.dumps({"portal:away": str(AWAY)})
    elif "application/json" in request.headers.get("Accept", ""):
        response = JsonResponse({"error": "unavailable", "message": str(AWAY)}, status=503)
    else:
        response = _bare(request, 503)
    response["Retry-After"] = str(ASK_AGAIN)
    response["Cache-Control"] = "no-store"
    said_already(response)
    return response


def _last_of_ours(error: BaseException | None) -> str:
    """Where the portal was when it failed: module and line, the innermost of ours."""
    found = ""
    step = error.__traceback__ if error else None
    while step is not None:
        module = step.tb_frame.f_globals.get("__name__", "")
        if module.startswith(_OURS):
            found = f"{module}:{step.tb_lineno}"
        step = step.tb_next
    return found


def _bare(request: HttpRequest, status: int) -> HttpResponse:
    """The page without anything that could fail a second time."""
    try:
        page: str = render_to_string(f"{status}.html", _context(request))
    except Exception:
        # Even the template or its assets are broken: words alone.
        page = f"<!doctype html><title>{status}</title><p>" + _("Something failed on our side.")
    return HttpResponse(page, status=status)


def _context(request: HttpRequest) -> dict[str, str]:
    return {"request_id": getattr(request, "request_id", "")}
