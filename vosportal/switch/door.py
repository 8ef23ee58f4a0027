"""The door of the switches: everything below /switch/v1/ is answered here, in JSON, without
session, cookie, form token, language or actor (docs/switch/README.md).

Who asks is settled first, by the key alone; until then nothing of a body is read.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars

from accounts.kit.outage import ASK_AGAIN, outage_of
from accounts.kit.private_doors import said_already
from accounts.portal.visitor import address_of
from accounts.switches.keys import is_key, key_id_of
from accounts.switches.models import DoorRefusal, Switch
from accounts.switches.queries import switch_with_key
from accounts.switches.services.switches import switch_seen
from accounts.switches.sources import comes_from
from vosportal.observability import note_reason
from vosportal.patience import LONGEST, at_most
from vosportal.places import places
from vosportal.switch.endpoints import ENDPOINTS, Endpoint
from vosportal.switch.reading import MOST_BYTES, BadBody, read_body
from vosportal.switch.refusing import refused
from vosportal.wsgi_door import SWITCH_PATH

_log = structlog.get_logger("portal.switch")
Why = DoorRefusal.Why

# Status, word for programs and sentence of everybody who is not let in.
_NOT_LET_IN: dict[Why, tuple[int, str, str]] = {
    Why.NO_KEY: (401, "no_key", "Send the key of the switch: Authorization: Bearer vsw_…"),
    Why.UNKNOWN_KEY: (401, "unknown_key", "This is the key of none of the switches."),
    Why.ADDRESS: (403, "address", "This switch does not call from here."),
    Why.LOCKED: (403, "locked", "This switch is locked."),
    Why.PLAIN: (403, "not_encrypted", "Keys are taken over HTTPS alone."),
}


class _NotLetIn(Exception):
    """Why, and whose key it was."""

    def __init__(self, why: Why, switch: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.switch = switch


class SwitchMiddleware:
    """Answers what switches ask, and hands on everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(SWITCH_PATH):
            return self.get_response(request)
        response = _answered(request, request.path_info.removeprefix(SWITCH_PATH))
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        said_already(response)
        return response


def _answered(request: HttpRequest, name: str) -> HttpResponse:
    if not places.take():
        return _away(request, "threads", "all of them wait")
    endpoint = ENDPOINTS.get(name)
    try:
        with at_most(endpoint.seconds if endpoint else LONGEST):
            return _asked(request, name, endpoint)
    except Exception as error:
        outage = outage_of(error)
        if outage is not None:
            return _away(request, outage.part, outage.error, outage.guard)
        # A fault of ours. The switch keeps what it has and asks again.
        _log.exception("an endpoint failed", endpoint=name)
        return _said(request, 503, "failed", "Something failed on our side. Try again.")
    finally:
        places.give_back()


def _asked(request: HttpRequest, name: str, endpoint: Endpoint | None) -> HttpResponse:
    address = address_of(request) or ""
    try:
        switch = _let_in(request, address)
    except _NotLetIn as error:
        seconds = refused(request, address, error.why, switch=error.switch)
        return _slowed_down(request, seconds) if seconds else _turned_away(request, error.why)
    bind_contextvars(switch=switch.name)
    # Seen or not: a row that is held for a moment keeps no call waiting.
    with suppress(DatabaseError):
        switch_seen(switch=switch, address=address)
    if endpoint is None:
        return _said(request, 404, "unknown", "There is nothing to ask here.")
    if request.method != "POST":
        response = _said(request, 405, "post_only", "Only POST is answered here.")
        response["Allow"] = "POST"
        return response
    try:
        body = read_body(_body(request), takes_list=endpoint.takes_list)
        answer = endpoint.call(switch, body)
    except BadBody as error:
        return _said(request, error.status, error.error, error.message)
    status, found = answer if isinstance(answer, tuple) else (200, answer)
    return _json(found, status)


def _let_in(request: HttpRequest, address: str) -> Switch:
    """The switch whose key came with the request. Raises _NotLetIn."""
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        raise _NotLetIn(Why.PLAIN)
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not text:
        raise _NotLetIn(Why.NO_KEY)
    key_id = key_id_of(text)
    switch = switch_with_key(key_id) if key_id else None
    if not is_key(text, switch.key_hash if switch else "") or switch is None:
        raise _NotLetIn(Why.UNKNOWN_KEY)
    if not comes_from(address, switch.addresses):
        raise _NotLetIn(Why.ADDRESS, switch.name)
    if switch.is_locked:
        raise _NotLetIn(Why.LOCKED, switch.name)
    return switch


def _body(request: HttpRequest) -> bytes:
    """What was posted, if it is not too much. Raises BadBody."""
    stated = request.headers.get("Content-Length") or "0"
    size = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else None
    if size is not None and size <= MOST_BYTES:
        try:
            return request.read(size)
        except OSError as error:
            raise BadBody(400, "broken_off", "The body ended too early.") from error
    raise BadBody(413, "too_large", f"A body has at most {MOST_BYTES} bytes.")


def _turned_away(request: HttpRequest, why: Why) -> HttpResponse:
    status, error, message = _NOT_LET_IN[why]
    response = _said(request, status, error, message)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _slowed_down(request: HttpRequest, seconds: int) -> HttpResponse:
    words = "Too many tries from this address that were refused."
    response = _said(request, 429, "too_many_tries", words)
    response["Retry-After"] = str(seconds)
    return response


def _away(request: HttpRequest, part: str, error: str, guard: str = "") -> HttpResponse:
    more = {"guard": guard} if guard else {}
    _log.error("not available", part=part, error=error, path=request.path, **more)
    words = "The portal is away for a moment. Nothing was done; try again."
    response = _said(request, 503, "unavailable", words)
    response["Retry-After"] = str(ASK_AGAIN)
    return response


def _said(request: HttpRequest, status: int, error: str, message: str) -> HttpResponse:
    note_reason(request, error)
    return _json({"error": error, "message": message}, status)


def _json(found: dict[str, Any], status: int) -> HttpResponse:
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    return HttpResponse(text, status=status, content_type="application/json")
