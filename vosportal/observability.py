"""Logs: one structured line per event with the request's id, and never a secret."""

import re
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog
from django.http import HttpRequest

from accounts.kit.secret_paths import without_secrets

# The id of the request being served; every line of the log carries it.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

_HIDDEN = "[hidden]"
_NAMES = (
    r"(?:\w*(?:password|passwd|passphrase|secret|token|cookie|sessionid)\w*"
    r"|(?:\w+[_-])?(?:pin|otp|totp)|(?:one|recovery|reset|login)[_-]codes?|code|authorization)"
)
_SECRET_NAME = re.compile(_NAMES, re.IGNORECASE)
# In running text: password=…, "token": "…", Authorization: Bearer ….
_SECRET_IN_TEXT = re.compile(
    rf"(\b{_NAMES}\b[\"']?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|(?:(?:Basic|Bearer)\s+)?[^\s,;&)}}]+)",
    re.IGNORECASE,
)


def add_request_id(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put the current request's id into the line."""
    request_id = REQUEST_ID.get()
    if request_id and not event.get("request_id"):
        event["request_id"] = request_id
    return event


def name_request(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace the request that Django attaches by its method, address and id.

    Django logs refusals after the middleware has ended, when only the request still knows its id.
    """
    request = event.pop("request", None)
    if isinstance(request, HttpRequest):
        event["method"] = request.method
        event["path"] = request.path
        event["request_id"] = getattr(request, "request_id", "")
    return event


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank what a name marks as secret, at any depth and in running text, and secret addresses."""
    for key, value in list(event.items()):
        event[key] = _hide(key, value)
    return event


def _hide(key: str, value: Any) -> Any:
    if _SECRET_NAME.fullmatch(key) and value not in (None, "", True, False):
        return _HIDDEN
    if isinstance(value, dict):
        return {inner: _hide(str(inner), one) for inner, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hide("", one) for one in value]
    if isinstance(value, str):
        return _SECRET_IN_TEXT.sub(rf"\1{_HIDDEN}", without_secrets(value))
    return value


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """The `LOGGING` setting: JSON lines for machines, or readable ones for development.

    `portal.access` has a line per request, `portal.security` what a guard of the portal notices.
    The development server prints its own access lines instead.
    """
    first: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_request,
        add_request_id,
    ]
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # The traceback becomes text before secrets are hidden, so that it is searched as well.
    last: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.processors.JSONRenderer(default=str)
        if json
        else structlog.dev.ConsoleRenderer(colors=False),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": first,
                "processors": last,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "portal.access": {"level": "INFO" if json else "WARNING"},
        },
    }
