"""Logs: one structured line per event with the request's id, and never a secret."""

import logging
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog

# The id of the request being served; every line of the log carries it.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

_SECRET_WORDS = frozenset(
    {"password", "passwd", "pin", "token", "secret", "authorization", "cookie", "codes", "otp"}
)
_SECRET_NAMES = frozenset({"code", "one_time_code", "recovery_code", "set_cookie"})
_HIDDEN = "[hidden]"


def add_request_id(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put the current request's id into the line."""
    request_id = REQUEST_ID.get()
    if request_id:
        event.setdefault("request_id", request_id)
    return event


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank every value whose name says that it is secret, at any depth."""
    for key, value in list(event.items()):
        event[key] = _hide(key, value)
    return event


def _hide(key: str, value: Any) -> Any:
    name = key.lower().replace("-", "_")
    if name in _SECRET_NAMES or not _SECRET_WORDS.isdisjoint(name.split("_")):
        return _HIDDEN
    if isinstance(value, dict):
        return {inner: _hide(str(inner), one) for inner, one in value.items()}
    return value


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """The `LOGGING` setting: JSON lines for machines, or readable ones for development."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_request_id,
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if json:
        last.append(structlog.processors.format_exc_info)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [*last, renderer],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["console"], "level": logging.INFO, "propagate": False}
        },
    }
