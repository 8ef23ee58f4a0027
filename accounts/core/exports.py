"""Every export is recorded: who took what, how much of it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.record import record


@transaction.atomic
def export_recorded(
    *, actor: Actor, what: str, account: Account | None, filters: Mapping[str, Any], rows: int
) -> None:
    """Note in the audit log that `actor` exported `rows` rows of `what`, below `account` if any."""
    record(
        actor=actor,
        action=f"{what}.export",
        account=account,
        after={"rows": rows, "filters": dict(filters)},
    )
