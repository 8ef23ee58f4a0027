"""Every request has an id: in each line of the log, in the answer's header, and on error pages."""

import logging
import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, unbind_contextvars

from accounts.portal.visitor import address_of
from vosportal.observability import REQUEST_ID

_ACCEPTABLE = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
_access = structlog.get_logger("portal.access")


class RequestIdMiddleware:
    """Takes the proxy's X-Request-ID where it is well-formed, else makes one; logs the access."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.match(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        token = REQUEST_ID.set(request_id)
        # In every line about this request; who is signed in adds `login`, who has a key `switch`.
        bind_contextvars(address=address_of(request))
        started = time.monotonic()
        try:
            response = self.get_response(request)
            _log_access(request, response, started)
        finally:
            unbind_contextvars("address", "login", "switch")
            REQUEST_ID.reset(token)
        response["X-Request-ID"] = request_id
        return response


def _log_access(request: HttpRequest, response: HttpResponse, started: float) -> None:
    """The one line of a request; what failed on our side is an error."""
    status = response.status_code
    level = logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
    reason = getattr(request, "log_reason", "")
    _access.log(
        level,
        "request",
        method=request.method,
        # The query string stays out: it may hold what somebody searched for.
        path=request.path,
        status=status,
        milliseconds=round((time.monotonic() - started) * 1000),
        **({"reason": reason} if reason else {}),
    )
