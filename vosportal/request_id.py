"""Every request has an id: in each line of the log, in the answer's header, and on error pages."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

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
        started = time.monotonic()
        try:
            response = self.get_response(request)
            # The query string stays out: it may hold what somebody searched for.
            _access.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                milliseconds=round((time.monotonic() - started) * 1000),
            )
        finally:
            REQUEST_ID.reset(token)
        response["X-Request-ID"] = request_id
        return response
