"""The only place that writes past the services: plants violations, for tests to see them found."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import connection, models
from django.utils import timezone

from accounts.core import guards
from accounts.core.models import (
    Account,
    AccountGrant,
    AccountGroup,
    AgentVersion,
    AuditEntry,
    AuditSeal,
    User,
)
from billing.cards.models import Card, CardBatch
from billing.charging.models import VolumeTotal
from billing.ledger.models import Entry
from billing.wallets.models import RateGroup, Wallet


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


def plant_grant(account: Account, code: str, *, group: Group | None = None) -> AccountGrant:
    """A grant row that no service wrote; of the account's own group, made if need be."""
    if group is None:
        link = AccountGroup.objects.filter(account=account).first()
        group = link.group if link else Group.objects.create(name=f"account:{account.account_id}")
        AccountGroup.objects.get_or_create(account=account, defaults={"group": group})
    permission = Permission.objects.get(
        content_type__app_label="accounts", content_type__model="account", codename=code
    )
    return AccountGrant.objects.create(content_object=account, permission=permission, group=group)


def take_grant_out(account: Account, code: str) -> None:
    """Delete a grant and leave those below, which no service does."""
    AccountGrant.objects.filter(content_object=account, permission__codename=code).delete()


def plant_group(name: str) -> Group:
    """A group that belongs to no account."""
    return Group.objects.create(name=name)


def plant_membership(login: User, group: Group) -> None:
    """Put a login into any group."""
    login.groups.add(group)


def plant_login(login: User, **columns: Any) -> None:
    """Overwrite columns of a login's row."""
    User._base_manager.filter(pk=login.pk).update(**columns)


def plant_model_permission(login: User, codename: str) -> None:
    """Give a login a permission of Django's, as platform staff has them."""
    login.user_permissions.add(
        Permission.objects.get(content_type__app_label="accounts", codename=codename)
    )


@contextmanager
def past_the_guards() -> Iterator[None]:
    """The guards step aside for what happens inside."""
    # PostgreSQL alters no table while a check of its rows is still to come.
    connection.check_constraints()
    guards.remove()
    yield
    connection.check_constraints()
    guards.install()


def tamper_audit(entry: AuditEntry, **columns: Any) -> None:
    """Alter an entry of the audit log, or take it out when no column is named, past the guards."""
    rows = AuditEntry.objects.filter(pk=entry.pk)
    with past_the_guards():
        rows.update(**columns) if columns else rows.delete()


def slip_in_audit(entry: AuditEntry) -> None:
    """Insert an entry under a key of its own choice."""
    AuditEntry.objects.bulk_create([entry])


def take_seal_out(seal: AuditSeal) -> None:
    """Delete a seal, past the guards."""
    with past_the_guards():
        AuditSeal.objects.filter(pk=seal.pk).delete()


def plant_balance(account: Account, balance: Decimal) -> None:
    """Write a balance that follows from no entry."""
    Wallet.objects.filter(pk=account.pk).update(balance=balance)


def tamper_entry(entry: Entry, **columns: Any) -> None:
    """Alter an entry of the ledger, or take it out when no column is named, past the guards."""
    rows = Entry.objects.filter(pk=entry.pk)
    with past_the_guards():
        rows.update(**columns) if columns else rows.delete()


def plant_card(card: Card, **columns: Any) -> None:
    """Write columns of a card as no service would. The database's constraints still stand."""
    Card.objects.filter(pk=card.pk).update(**columns)


def plant_batch(batch: CardBatch, **columns: Any) -> None:
    """The same of a batch."""
    CardBatch.objects.filter(pk=batch.pk).update(**columns)


def forget_wallet(account: Account) -> None:
    """Take an account's wallet away."""
    Wallet.objects.filter(pk=account.pk).delete()


def miscount(group: RateGroup) -> None:
    """Let the volumes of a group be a second too many."""
    VolumeTotal._base_manager.filter(group_id=group.pk).update(billed=models.F("billed") + 1)


def tamper(rows: models.QuerySet, **columns: Any) -> None:
    """Alter some rows, or take them out when no column is named, past the guards."""
    assert rows.exists()
    with past_the_guards():
        rows.update(**columns) if columns else rows.delete()
