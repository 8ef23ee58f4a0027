"""One line in the audit log for every deed of a service, written in the deed's own transaction."""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.access import Actor
from accounts.models import Account, AuditEntry


@dataclass(frozen=True)
class Origin:
    """Where a request came from; empty for commands."""

    request_id: str = ""
    address: str | None = None


# Set by the request middleware for the time of a request.
ORIGIN: ContextVar[Origin | None] = ContextVar("origin", default=None)


def record(
    *,
    actor: Actor,
    action: str,
    account: Account | None = None,
    subject: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write what `actor` did (`action`, e.g. "account.move") to `account`, with the values before
    and after.
    """
    entry = _entry(actor, action, account, subject, before, after, reason)
    entry.save(force_insert=True)
    return entry


def record_each(
    *,
    actor: Actor,
    action: str,
    changed: Iterable[tuple[Account, Mapping[str, Any], Mapping[str, Any]]],
    reason: str = "",
) -> None:
    """One entry per (account, before, after) of a deed on many accounts."""
    AuditEntry.objects.bulk_create(
        [_entry(actor, action, one, "", before, after, reason) for one, before, after in changed],
        batch_size=500,
    )


def _entry(
    actor: Actor,
    action: str,
    account: Account | None,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    reason: str,
) -> AuditEntry:
    origin = ORIGIN.get() or Origin()
    return AuditEntry(
        actor=actor.login,
        action=action,
        account=account.account_id if account else "",
        account_pk=account.pk if account else None,
        subject=subject,
        before=_plain(before),
        after=_plain(after),
        reason=reason,
        address=origin.address,
        request_id=origin.request_id,
    )


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts of two states that differ."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: _plain_value(value) for key, value in (values or {}).items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")  # PostgreSQL stores no such character.
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (int, bool, list)) or value is None:
        return value
    return str(value)
