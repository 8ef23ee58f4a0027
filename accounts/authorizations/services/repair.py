"""Puts right what `accounts.authorizations.queries.integrity` finds. Only ever takes away, but for
memberships.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet

from accounts.authorizations.queries.integrity import (
    foreign_members,
    generic_rows,
    missing_members,
    model_permissions,
    more_than_agent,
    of_a_foreign_group,
    of_nothing,
    on_closed,
    orphan_groups,
)
from accounts.core.actor import SYSTEM
from accounts.core.locks import in_locked_forest
from accounts.core.memberships import drop_empty_groups
from accounts.core.models import AccountGrant, AccountGroup, GrantBatch, GrantChange, User
from accounts.core.record import record
from accounts.core.scope import Scope

_REASON = "check_authorizations --fix"


def authorizations_repair() -> int:
    """Repair every broken rule in one transaction in which nobody changes an account; return how
    many rows were put right. Everything is in the audit log. Raises Busy.
    """
    return in_locked_forest(_repair)


def _repair() -> int:
    repaired = 0
    for find in (of_nothing, of_a_foreign_group, on_closed):
        repaired += _revoke(find)
    # Each round takes one level more: what loses its ground falls with the next.
    while taken := _revoke(more_than_agent):
        repaired += taken
    repaired += _memberships()
    for rows in (*generic_rows(), model_permissions()):
        repaired += _drop(rows, "permission.drop")
    orphans = list(orphan_groups())
    for group in orphans:
        record(actor=SYSTEM, action="group.drop", subject=group.name, reason=_REASON)
    drop_empty_groups(Scope.EVERYTHING)
    Group.objects.filter(pk__in=[one.pk for one in orphans]).delete()
    return repaired + len(orphans)


def _revoke(find: "Callable[[], QuerySet[AccountGrant]]") -> int:
    grants = list(
        find().select_related("content_object", "permission", "granted_by").order_by("pk")
    )
    if not grants:
        return 0
    for grant in grants:
        account, code = grant.content_object, grant.permission.codename
        batch = GrantBatch.objects.create(
            kind=GrantBatch.Kind.REPAIR,
            by_name=SYSTEM.login,
            account=account,
            account_text=account.account_id,
            reason=_REASON,
        )
        GrantChange.objects.create(
            batch=batch,
            account=account,
            code=code[:32],
            added=False,
            granted_by=grant.granted_by,
            granted_at=grant.granted_at,
            grant_reason=grant.reason,
        )
        record(
            actor=SYSTEM,
            action="grant.revoke",
            account=account,
            before={code: True},
            after={code: False},
            reason=_REASON,
        )
    AccountGrant.objects.filter(pk__in=[one.pk for one in grants]).delete()
    return len(grants)


def _memberships() -> int:
    repaired = 0
    for membership in list(foreign_members().select_related("user__account", "group")):
        record(
            actor=SYSTEM,
            action="group.leave",
            account=membership.user.account,
            subject=f"{membership.user.username}: {membership.group.name}",
            reason=_REASON,
        )
        membership.delete()
        repaired += 1
    for login in list(missing_members().select_related("account")):
        link = AccountGroup.objects.get(account=login.account)
        login.groups.add(link.group_id)
        record(
            actor=SYSTEM,
            action="group.join",
            account=login.account,
            subject=login.username,
            reason=_REASON,
        )
        repaired += 1
    return repaired


def _drop(rows: "QuerySet[Any, Any]", action: str) -> int:
    dropped = list(rows)
    for row in dropped:
        login = getattr(row, "user", None)
        record(
            actor=SYSTEM,
            action=action,
            account=login.account if isinstance(login, User) else None,
            subject=str(row)[:150],
            reason=_REASON,
        )
    rows.model._default_manager.filter(pk__in=[one.pk for one in dropped]).delete()
    return len(dropped)
