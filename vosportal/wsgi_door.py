"""What is refused before Django makes a request of it: there it would be a failure."""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.utils.http import parse_header_parameters

_access = structlog.get_logger("portal.access")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_ENCODINGS = {"utf-8", "ascii"}

#: Where switches ask. It is JSON, whatever it is said to be.
SWITCH_PATH = "/switch/v1/"


def with_legible_kind(application: Application) -> Application:
    """400 for a Content-Type that cannot be read, or that names another encoding than our pages
    have; the application is not asked.

    Django reads the whole request in the encoding named there: some of them read no text, and
    others what UTF-8 cannot say.
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(SWITCH_PATH):
            return application({**environ, "CONTENT_TYPE": "application/json"}, start)
        if not _is_legible(environ.get("CONTENT_TYPE", "")):
            # No request comes of it, and so no other line.
            _access.warning(
                "request",
                method=environ.get("REQUEST_METHOD", ""),
                path=environ.get("PATH_INFO", ""),
                address=environ.get("REMOTE_ADDR", ""),
                status=400,
                reason="Content-Type cannot be read",
            )
            start("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"The Content-Type of this request cannot be read: send UTF-8.\n"]
        return application(environ, start)

    return answer


def _is_legible(kind: str) -> bool:
    try:
        charset = parse_header_parameters(kind)[1].get("charset")
        return charset is None or codecs.lookup(charset).name in _ENCODINGS
    except (ValueError, LookupError):
        return False
