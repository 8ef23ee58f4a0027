"""One line in the audit log for every deed of a service, written in the deed's own transaction."""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.db.models import QuerySet

from accounts.core.actor import Actor
from accounts.core.models import Account, AuditEntry
from accounts.core.querysets import ChainLink
from accounts.kit.private_doors import select_of
from accounts.kit.text import tidied_lines


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
    account: Account | ChainLink | None = None,
    subject: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    at: datetime | None = None,
    is_refused: bool = False,
) -> AuditEntry:
    """Write what `actor` did (`action`, e.g. "account.move") to `account`, with the values before
    and after. `at` is for commands that record what was earlier; `is_refused` says that nothing
    was done, and `after` then why.
    """
    entry = _entry(actor, action, account, subject, before, after, reason)
    entry.is_refused = is_refused
    if at is not None:
        entry.at = at
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


def record_subjects(
    *,
    actor: Actor,
    action: str,
    changed: Iterable[tuple[Account, str, Mapping[str, Any], Mapping[str, Any]]],
    reason: str = "",
) -> None:
    """One entry per (account, object of it, before, after) of a deed on many objects."""
    AuditEntry.objects.bulk_create(
        [
            _entry(actor, action, one, subject, before, after, reason)
            for one, subject, before, after in changed
        ],
        batch_size=500,
    )


def _entry(
    actor: Actor,
    action: str,
    account: Account | ChainLink | None,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    reason: str,
) -> AuditEntry:
    origin = ORIGIN.get() or Origin()
    # Who looks as somebody else is the one who acts, and belongs to no account.
    other = actor.login if actor.viewer else ""
    if actor.approver:
        other = actor.approver.get_username()
    return AuditEntry(
        actor=actor.viewer.get_username() if actor.viewer else actor.login,
        actor_account_pk=None if actor.viewer else actor.account_pk,
        on_behalf_of=other,
        action=action,
        account=account.account_id if account else "",
        account_pk=account.pk if account else None,
        subject=subject,
        before=_plain(before),
        after=_plain(after),
        reason=tidied_lines(reason),
        address=origin.address,
        request_id=origin.request_id,
    )


def record_selected(
    *,
    actor: Actor,
    action: str,
    accounts: "QuerySet[Any, Any]",
    account: tuple[str, str],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str = "",
) -> None:
    """One entry per row of a query, written by the database in one statement: for deeds on
    thousands of accounts.

    `account` names the columns of the query that hold the account's id and key.
    """
    same = _entry(actor, action, None, "", before, after, reason)
    constant = {
        field.attname: getattr(same, field.attname)
        for field in AuditEntry._meta.concrete_fields
        if field.attname not in ("id", "account", "account_pk")
    }
    insert_selected(AuditEntry, accounts.values_list(*account), ("account", "account_pk"), constant)


def insert_selected(
    model: type[models.Model],
    selected: "QuerySet[Any, Any]",
    columns: Sequence[str],
    constant: Mapping[str, Any],
) -> None:
    """INSERT … SELECT: a row of `model` per row of `selected`, whose columns fill `columns`; the
    rest are the same in every row.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    sql, values = select_of(selected)
    names: list[str] = []
    marks: list[str] = []
    parameters: list[Any] = []
    for name, value in constant.items():
        names.append(str(fields[name].column))
        marks.append(_typed_mark(fields[name]))
        parameters.append(fields[name].get_db_prep_save(value, connection))
    quote = connection.ops.quote_name
    chosen = [str(fields[name].column) for name in columns]
    target = ", ".join(quote(name) for name in [*names, *chosen])
    aliases = ", ".join(f"column_{at}" for at in range(len(chosen)))
    table = quote(model._meta.db_table)
    # Names come from models, values travel as parameters.
    statement = (
        f"WITH picked ({aliases}) AS ({sql}) "  # noqa: S608
        f"INSERT INTO {table} ({target}) SELECT {', '.join([*marks, aliases])} FROM picked"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *parameters])


def _typed_mark(field: Any) -> str:
    """A placeholder; PostgreSQL can't guess the type of one that stands in a SELECT."""
    if connection.vendor != "postgresql":
        return "%s"
    kind = field.rel_db_type(connection) if field.is_relation else field.cast_db_type(connection)
    return f"CAST(%s AS {kind})"


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
