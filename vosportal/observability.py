"""Logs: one structured line per event with the request's id, and never a secret."""

import logging
import re
import sys
import time
from collections.abc import MutableMapping
from contextvars import ContextVar
from types import TracebackType
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


class Repeated:
    """A filter of a log's handler that leaves out what the log says already.

    Django tells of every answer that refuses or fails, and so does `portal.access`: the reason goes
    into that line, the other is dropped. The traceback of an error is written once a minute in each
    process, or an outage would fill the disk; lines after it name the error alone.
    """

    def __init__(self, every: float = 60) -> None:
        self.every = every  # seconds
        self._written: dict[tuple[object, ...], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; its traceback may be taken out of it."""
        error = _error_of(record)
        is_new = error is not None and self._is_new(error)
        if error is not None and not is_new:
            _name_only(record, error)
        request = getattr(record, "request", None)
        if not record.name.startswith(("django.request", "django.security")):
            return True
        if not isinstance(request, HttpRequest) or not _access_is_logged():
            return True
        if error is not None:
            note_reason(request, f"{type(error).__name__}: {error}")
        elif record.name.startswith("django.security"):
            note_reason(request, record.getMessage())
        return is_new and getattr(record, "status_code", 500) >= 500

    def _is_new(self, error: BaseException) -> bool:
        now = time.monotonic()
        key = (type(error), *_raised_at(error.__traceback__))
        if now - self._written.get(key, -self.every) < self.every:
            return False
        if len(self._written) > 500:
            self._written.clear()
        self._written[key] = now
        return True


def note_reason(request: HttpRequest, reason: str) -> None:
    """Say in the request's line of `portal.access` why it was refused, or failed."""
    request.log_reason = " ".join(reason.split())[:300]  # type: ignore[attr-defined]


def _access_is_logged() -> bool:
    return logging.getLogger("portal.access").isEnabledFor(logging.WARNING)


def _error_of(record: logging.LogRecord) -> BaseException | None:
    told: Any = record.exc_info
    if isinstance(record.msg, dict):
        # A line of structlog, which brings what belongs to it.
        told = record.msg.get("exc_info")
    if isinstance(told, BaseException):
        return told
    return (told if isinstance(told, tuple) else sys.exc_info())[1] if told else None


def _name_only(record: logging.LogRecord, error: BaseException) -> None:
    record.exc_info = record.exc_text = None
    said = f"{type(error).__name__}: {error}"[:300]
    if isinstance(record.msg, dict):
        record.msg = {k: v for k, v in record.msg.items() if k != "exc_info"} | {"error": said}
    else:
        record.error = said


def _raised_at(traceback: TracebackType | None) -> tuple[str, int]:
    """File and line of where the error was raised."""
    if traceback is None:
        return "", 0
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename, traceback.tb_lineno


def line_formatter(*, json: bool) -> dict[str, Any]:
    """How a line is written, as `dictConfig` has it: JSON for machines, or readable."""
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _first(),
        "processors": _last(json=json),
    }


def _first() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_request,
        add_request_id,
    ]


def _last(*, json: bool) -> list[Any]:
    # The traceback becomes text before secrets are hidden, so that it is searched as well.
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.processors.JSONRenderer(default=str)
        if json
        else structlog.dev.ConsoleRenderer(colors=False),
    ]


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """The `LOGGING` setting: JSON lines for machines, or readable ones for development.

    `portal.access` has a line per request, `portal.security` what a guard of the portal notices.
    The development server prints its own access lines instead.
    """
    structlog.configure(
        processors=[*_first(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(json)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line_formatter(json=json)},
        "filters": {"repeated": {"()": Repeated}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["repeated"] if json else [],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "portal.access": {"level": "INFO" if json else "CRITICAL"},
        },
    }
