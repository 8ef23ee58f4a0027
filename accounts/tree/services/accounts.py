"""Create, edit, lock and unlock accounts; `ending`, `moving` and `load` beside it do the rest.

Every function takes the actor, runs under the trees' lock (`accounts.core.locks`), requires the
authorization again from what it re-reads there, and records what it did.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.authorizations.rules.policies import check_may_become_agent
from accounts.core.actor import ADD_ACCOUNT, Actor, Kind, require, require_each
from accounts.core.authorizations import Authorization
from accounts.core.availability import Holder, NotAvailable, Taken, Thing
from accounts.core.availability_deeds import answers, refuse_taken, stand_in
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AccountDetail
from accounts.core.querysets import chains
from accounts.core.reach import (
    check_depth,
    check_fields,
    check_may_hold_sub_accounts,
    refuse_closed,
)
from accounts.core.record import changes, record, record_each
from accounts.core.rules import clean_account_id, clean_detail, clean_name, clean_time_zone
from accounts.core.versions import bump, bump_forest, path_pks
from accounts.kit.errors import Clash, NotAllowed
from accounts.portal.ground import ground_lost
from accounts.portal.registry import registry
from accounts.tree.rules.account_types import check_change_of_type, check_new_type

_ASKED_AT_ONCE = 2000
EDITABLE = ("name", "type", "valid_until", "ctd_billing_model", "time_zone")


@answers
def account_create(
    *,
    actor: Actor,
    account_id: str,
    name: str,
    parent: Account | None = None,
    type: str = Account.Type.GENERAL,
    valid_until: datetime | None = None,
    ctd_billing_model: str = Account.BillingModel.STANDARD,
    time_zone: str | None = None,
    detail: Mapping[str, Any] | None = None,
    with_new: Callable[[Account], None] | None = None,
    is_approved: bool = False,
    created_at: datetime | None = None,
) -> Account:
    """Create an account below `parent` (None: top-level, administrators only) and return it.

    The parent becomes an agent by itself. `time_zone` defaults to the parent's. `with_new` runs in
    the same transaction with the new account, for what is made together with it (its first login).
    `is_approved`: an administrator approved that `parent` becomes an agent. `created_at` is for
    commands of the operator's shell alone, which take over accounts of an earlier time.

    Raises Refused (field `account_id`, `name`, `parent` …), NeedsApproval, NotInScope, NotAllowed,
    Busy.
    """
    account_id = clean_account_id(account_id)
    name = clean_name(name)
    values = clean_detail(detail or {})

    def work(fresh: dict[int, Account]) -> Account:
        nonlocal actor
        agent = fresh[parent.pk] if parent else None
        actor = require(
            actor, Authorization.MANAGE_ACCOUNT, agent, permission=ADD_ACCOUNT, is_agent_id=True
        )
        if created_at is not None and actor.kind is not Kind.SYSTEM:
            raise NotAllowed(_("Accounts are created now, not earlier."), code="created_earlier")
        if agent:
            check_may_hold_sub_accounts(agent)
            check_depth(agent.level + 1)
            check_may_become_agent(actor, agent, is_approved=is_approved)
        check_ids_free(actor, [account_id])
        account = Account(
            account_id=account_id,
            name=name,
            parent=agent,
            type=type,
            valid_until=valid_until,
            ctd_billing_model=ctd_billing_model,
            time_zone=clean_time_zone(time_zone or (agent.time_zone if agent else "UTC")),
        )
        if created_at is not None:
            account.created_at = account.updated_at = created_at
        check_fields(account)
        check_new_type(actor, account)
        try:
            with transaction.atomic():
                account.save()
        except IntegrityError as error:
            check_ids_free(actor, [account_id])
            raise id_taken(account_id) from error
        AccountDetail.objects.create(account=account, **values)
        bump(account.pk, *(path_pks(agent) if agent else ()))
        if not agent:
            bump_forest()
        for make in registry.on_create:
            make(actor, [account])
        record(
            actor=actor,
            action="account.create",
            account=account,
            after={
                **account_values(account),
                "agent": agent.account_id if agent else None,
                **values,
            },
            at=created_at,
        )
        if with_new:
            with_new(account)
        return account

    return in_locked_trees(work, touching=[parent.pk] if parent else [], forest=parent is None)


def account_edit(
    *,
    actor: Actor,
    account: Account,
    expected_version: int | None = None,
    detail: Mapping[str, Any] | None = None,
    with_edited: Callable[[Account], None] | None = None,
    **fields: Any,
) -> Account:
    """Change the named `fields` (those of EDITABLE) and `detail` values; the rest stays. Return the
    fresh account.

    `expected_version` is the version the person saw; raises Clash when somebody saved in between.
    `with_edited` runs in the same transaction, for what is saved together with the account.
    Raises TypeError for a field that is not editable, Refused, NotInScope, NotAllowed, Busy.
    """
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"Not editable: {', '.join(sorted(unknown))}")
    if "name" in fields:
        fields["name"] = clean_name(fields["name"])
    if "time_zone" in fields:
        fields["time_zone"] = clean_time_zone(fields["time_zone"])
    values = clean_detail(detail or {})

    def work(fresh: dict[int, Account]) -> Account:
        nonlocal actor, account
        account = fresh[account.pk]
        actor = require(actor, Authorization.MANAGE_ACCOUNT, account)
        refuse_closed(account)
        if expected_version is not None and account.version != expected_version:
            raise Clash(
                _("Somebody else changed this account in the meantime."), code="changed_meanwhile"
            )
        check_change_of_type(actor, account, fields.get("type", account.type))
        about = AccountDetail.objects.get(account=account)
        before = {**account_values(account), **{key: getattr(about, key) for key in values}}
        for key, value in fields.items():
            setattr(account, key, value)
        check_fields(account)
        after = {**account_values(account), **values}
        was, became = changes(before, after)
        if became:
            save_account(account, *fields)
            if values:
                AccountDetail.objects.filter(account=account).update(**values)
            bump(*path_pks(account))
            record(actor=actor, action="account.edit", account=account, before=was, after=became)
        if with_edited:
            with_edited(account)
        return account

    return in_locked_trees(work, touching=[account.pk])


def account_lock(*, actor: Actor, account: Account, reason: str = "") -> Account:
    """Lock an active account: at run time it and everything below it stops. Raises as
    `accounts_set_status`.
    """
    return accounts_set_status(actor=actor, accounts=[account], locked=True, reason=reason)[0]


def account_unlock(*, actor: Actor, account: Account, reason: str = "") -> Account:
    """Unlock a locked account. An expiry or a level above may still block it. Raises as
    `accounts_set_status`.
    """
    return accounts_set_status(actor=actor, accounts=[account], locked=False, reason=reason)[0]


def accounts_set_status(
    *, actor: Actor, accounts: Sequence[Account], locked: bool, reason: str = ""
) -> list[Account]:
    """Lock or unlock several accounts, all or none. Accounts already in the wanted state stay as
    they are.

    Raises Refused for a closed account, NotInScope, NotAllowed, Busy.
    """
    wanted = Account.Status.LOCKED if locked else Account.Status.ACTIVE
    pks = sorted({one.pk for one in accounts})

    def work(fresh: dict[int, Account]) -> list[Account]:
        nonlocal actor
        actor = require_each(actor, Authorization.MANAGE_ACCOUNT, list(fresh.values()))
        for account in fresh.values():
            refuse_closed(account)
        changing = [fresh[pk] for pk in pks if fresh[pk].status != wanted]
        before = {one.pk: {"status": one.status} for one in changing}
        Account.objects.filter(pk__in=before).update(
            status=wanted, version=F("version") + 1, updated_at=timezone.now()
        )
        for account in changing:
            account.status = wanted
            account.version += 1
        bump(*(link.pk for way in chains(before).values() for link in way))
        if locked:
            for account in changing:
                ground_lost(actor, account, _("The account was locked."))
        record_each(
            actor=actor,
            action="account.lock" if locked else "account.unlock",
            changed=[(one, before[one.pk], {"status": wanted}) for one in changing],
            reason=reason,
        )
        return [fresh[one.pk] for one in accounts]

    return in_locked_trees(work, touching=pks)


def account_values(account: Account) -> dict[str, Any]:
    """The account's own values, for the audit log."""
    return {key: getattr(account, key) for key in ("account_id", *EDITABLE, "status")}


def check_ids_free(actor: Actor, account_ids: Sequence[str]) -> None:
    """Raise NotAvailable for those account ids that are taken, in any case and wherever that is."""
    typed = {one.lower(): one for one in account_ids}
    told: list[Taken] = []
    for at in range(0, len(typed), _ASKED_AT_ONCE):
        some = list(typed)[at : at + _ASKED_AT_ONCE]
        taken = Account.objects.filter(account_id__lower__in=some)
        reached = set(taken.within(actor.scope).values_list("pk", flat=True))
        for pk, account_id in taken.values_list("pk", "account_id"):
            holder = Holder.KNOWN if pk in reached else Holder.FOREIGN
            told.append(Taken(typed[account_id.lower()], Thing.ACCOUNT, holder))
    for hidden in refuse_taken(told, {"account_id": account_ids}):
        Account.objects.called(hidden.typed).update(account_id=stand_in())


def id_taken(account_id: str) -> NotAvailable:
    """For an account id that somebody took at this very moment."""
    return NotAvailable([Taken(account_id, Thing.ACCOUNT)], field="account_id")


def save_account(account: Account, *fields: str) -> None:
    """Update the named fields of an account and count a new version of its row."""
    account.version += 1
    account.updated_at = timezone.now()
    account.save(update_fields=[*fields, "version", "updated_at"])
