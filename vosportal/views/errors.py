"""Error pages. Their text depends on the status alone: foreign and unknown look the same."""

import sys
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.core.refusals import refusal_recorded


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
    """500, or 503 while the database does not answer. Needs neither the database nor a session."""
    away = isinstance(sys.exception(), OperationalError)
    return _bare(request, 503 if away else 500)


def _bare(request: HttpRequest, status: int) -> HttpResponse:
    """The page without anything that could fail a second time."""
    try:
        page: str = render_to_string(f"{status}.html", _context(request))
    except Exception:
        # Even the template or its assets are broken: words alone.
        page = f"<!doctype html><title>{status}</title><p>" + _("Something failed on our side.")
    response = HttpResponse(page, status=status)
    if status == 503:
        response["Retry-After"] = "30"
    return response


def _context(request: HttpRequest) -> dict[str, str]:
    return {"request_id": getattr(request, "request_id", "")}
