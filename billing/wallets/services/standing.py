"""What an account stood below and bought at, kept with the moment it counts from, so that calls of
before are charged as they were made (docs/domain.md 7). Whoever changes an agent or a rate group
calls `hold_charging` before it locks wallets, and `standing_noted` when it has written.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection
from django.utils import timezone

from accounts.core.many import insert_many
from accounts.core.models import Account
from accounts.kit.batches import batched
from billing.wallets.models import Standing, Wallet

# Namespace of the charger's advisory lock in the database ("VOSC").
_CHARGER_CLASS = 0x564F5343
_BATCH = 5000


def hold_charging() -> None:
    """Wait until no batch of calls is being charged; none begins until the end of the caller's
    transaction. So every call that is charged finds each account where it stood. In the order of
    locks it comes after rate groups and before wallets. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_CHARGER_CLASS])


def standing_begun(accounts: Sequence[Account]) -> None:
    """The first standing of new accounts, whose wallets are new as well."""
    rows = [(one.pk, one.created_at, one.parent_id, None) for one in accounts]
    insert_many(Standing, ("account_id", "since", "agent_id", "rate_group_id"), rows)


def standing_noted(account_pks: Collection[int], at: datetime | None = None) -> None:
    """Keep where these accounts stand now, from now on; nothing for those that stand as before.
    `at`: from an earlier moment on, which commands alone may say.
    """
    for pks in batched(sorted(account_pks), _BATCH):
        _note(pks, at or timezone.now())


def _note(pks: Sequence[int], since: datetime) -> None:
    latest = {
        one.account_id: one
        for one in Standing.objects.filter(account__in=pks).order_by("account", "since")
    }
    wallets = Wallet.objects.filter(pk__in=pks).values_list(
        "pk", "account__parent_id", "rate_group_id"
    )
    begun = []
    for pk, agent, group in wallets:
        before = latest.get(pk)
        if before is None or (before.agent_id, before.rate_group_id) != (agent, group):
            begun.append(Standing(account_id=pk, since=since, agent_id=agent, rate_group_id=group))
    Standing.objects.bulk_create(
        begun,
        update_conflicts=True,
        unique_fields=["account", "since"],
        update_fields=["agent", "rate_group"],
    )
