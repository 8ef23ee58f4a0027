"""The only place that writes past the services: plants violations, for tests to see them found."""

from typing import Any

from django.db import connection, models
from django.utils import timezone

from accounts.models import Account, AgentVersion


def plant(account: Account, **columns: Any) -> None:
    """Write columns of an account as no service would. The database's constraints still stand."""
    Account._base_manager.filter(pk=account.pk).update(**columns)


def plant_parent_cycle(upper: Account, lower: Account) -> None:
    """Hang `upper` below its own descendant `lower`, leaving the boundaries as they are."""
    Account._base_manager.filter(pk=upper.pk).update(parent_id=lower.pk)


def forget_version(account: Account) -> None:
    """Take away the change counter of an account."""
    AgentVersion.objects.filter(pk=account.pk).delete()


def expire(account: Account) -> None:
    """Let the account's time run out."""
    Account._base_manager.filter(pk=account.pk).update(valid_until=timezone.now())


def scramble(account: Account) -> None:
    """Shift every boundary of the account's tree apart, so that gaps appear everywhere."""
    Account._base_manager.filter(tree_id=account.tree_id).update(
        lft=models.F("lft") * 2, rght=models.F("rght") * 2
    )


def run_sql(sql: str, *values: Any) -> None:
    """Execute any statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
