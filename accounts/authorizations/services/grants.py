"""Grant and revoke authorizations. The only writer of grants (docs/domain.md 3).

An account never holds more than its agent: what is granted must be held by the agent and by the
granter; what is taken from an account is taken from everything below it in the same transaction.
Every deed is one batch, which `restoring` puts back as far as it is still permitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Permission
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.authorizations.queries.grants import grants_below, grants_within, held
from accounts.authorizations.rules.grants import (
    clean_reason,
    needs_reason,
    refuse_without_reason,
    unavailable,
)
from accounts.core.actor import Actor, Kind, require, require_to_look
from accounts.core.authorizations import ALL, Authorization, Codes, in_order
from accounts.core.locks import in_locked_trees
from accounts.core.memberships import BATCH, drop_empty_groups, groups_of
from accounts.core.models import (
    Account,
    AccountGrant,
    AppliedTemplate,
    AuthorizationTemplate,
    GrantBatch,
    GrantChange,
)
from accounts.core.reach import refuse_closed
from accounts.core.record import insert_selected, record_each, record_selected
from accounts.core.scope import Scope
from accounts.kit.errors import Clash, NotAllowed, Refused
from accounts.kit.private_doors import delete_unread
from accounts.logins.services.shutting import shut_operators_logins
from accounts.portal.ground import ground_lost
from accounts.portal.registry import registry

# The model permission that opens the eight boxes of the Django admin to an operator.
CHANGE_GRANTS = "accounts.change_accountgrant"


@dataclass(frozen=True)
class GrantPlan:
    """What saving these authorizations would do. `hits` are the grants below that go as well."""

    account: Account
    before: Codes
    after: Codes
    hits: "QuerySet[AccountGrant]"

    @property
    def added(self) -> list[Authorization]:
        return in_order(self.after - self.before)

    @property
    def removed(self) -> list[Authorization]:
        return in_order(self.before - self.after)

    @property
    def is_empty(self) -> bool:
        return self.before == self.after

    def needs_reason(self) -> bool:
        """A reason is required for a new High authorization, for all eight, and where accounts
        below lose something.
        """
        return needs_reason(self.added, self.after, self.hits)


def grants_preview(*, actor: Actor, account: Account, codes: Codes) -> GrantPlan:
    """What `grants_set` would do; changes nothing. Raises NotInScope, NotAllowed."""
    require_to_look(actor, Authorization.MANAGE_ACCOUNT, [account], permission=CHANGE_GRANTS)
    before = held(account)
    return GrantPlan(account, before, codes, grants_below(account, before - codes))


def grants_set(
    *,
    actor: Actor,
    account: Account,
    codes: Codes,
    expected: Codes | None = None,
    reason: str = "",
    template: AuthorizationTemplate | None = None,
    granted_at: datetime | None = None,
) -> GrantBatch | None:
    """Make `codes` the authorizations of `account`; return the batch (None: nothing changed).

    `expected` is what the person saw as granted; raises Clash when that is no longer so. `template`
    is remembered as where the set came from. `granted_at` is for commands of the operator's shell
    alone, which take over grants of an earlier time.
    Raises Refused (`not_grantable` with the sentences as `items`, `reason_required`, `closed`),
    NotInScope, NotAllowed, Busy.
    """
    reason = clean_reason(reason)

    def work(fresh: dict[int, Account]) -> GrantBatch | None:
        nonlocal actor, account
        account = fresh[account.pk]
        actor = require(actor, Authorization.MANAGE_ACCOUNT, account, permission=CHANGE_GRANTS)
        if granted_at is not None and actor.kind is not Kind.SYSTEM:
            raise NotAllowed(_("Grants are made now, not earlier."), code="granted_earlier")
        return set_under_lock(
            actor,
            account,
            codes,
            expected=expected,
            reason=reason,
            template=template,
            granted_at=granted_at,
        )

    return in_locked_trees(work, touching=[account.pk])


def set_under_lock(
    actor: Actor,
    account: Account,
    codes: Codes,
    *,
    reason: str,
    expected: Codes | None = None,
    template: AuthorizationTemplate | None = None,
    kind: str = GrantBatch.Kind.EDIT,
    granted_at: datetime | None = None,
) -> GrantBatch | None:
    """`grants_set` for services that hold the tree's lock and have required authorization 1."""
    refuse_closed(account)
    before = held(account)
    if expected is not None and expected != before:
        raise Clash(
            _("Somebody else changed these authorizations in the meantime."),
            code="changed_meanwhile",
        )
    added, removed = codes - before, before - codes
    lacking = unavailable(actor, account)
    refused = [lacking[code] for code in in_order(added) if code in lacking]
    if refused:
        raise Refused(" ".join(dict.fromkeys(refused)), code="not_grantable", items=refused)
    if not reason and needs_reason(added, codes, grants_below(account, removed)):
        raise Refused(
            _("Give a reason: it is kept with the grant."), code="reason_required", field="reason"
        )
    if template is not None:
        _remember(account, template)
    if not added and not removed:
        return None
    batch = new_batch(actor, account, kind, reason)
    add_each(actor, batch, [(account, added)], reason, granted_at=granted_at)
    _cut(actor, batch, account, removed, "grant.revoke", reason)
    return batch


def cut_to(
    actor: Actor, account: Account, allowed: Codes, *, kind: str, reason: str
) -> GrantBatch | None:
    """Take from an account and everything below it what is not in `allowed`; for moves and
    closings, under their lock. None: there was nothing to take.
    """
    excess = ALL - allowed
    if not grants_within(Scope.of(account.pk), excess).exists():
        return None
    batch = new_batch(actor, account, kind, reason)
    _cut(actor, batch, account, excess, "grant.cut", reason)
    return batch


def new_batch(actor: Actor, account: Account, kind: str, reason: str) -> GrantBatch:
    """The batch of a deed about `account`, with who does it."""
    return GrantBatch.objects.create(
        kind=kind,
        by=actor.user,
        by_name=actor.login,
        by_account_pk=actor.account_pk,
        account=account,
        account_text=account.account_id,
        reason=reason,
    )


def add_each(
    actor: Actor,
    batch: GrantBatch,
    given: Sequence[tuple[Account, Codes]],
    reason: str,
    *,
    action: str = "grant.add",
    granted_at: datetime | None = None,
) -> None:
    """Write grants that were found to be permitted, account by account; for services that hold the
    tree's lock. The number of statements grows with the hundreds of accounts, not with each.
    Logins that an operator opened are shut. Raises Refused where a reason is required and missing:
    nothing is granted past this.
    """
    given = [(account, codes) for account, codes in given if codes]
    if not given:
        return
    shut_operators_logins(actor, [account for account, _codes in given])
    refuse_without_reason(given, reason)
    groups = groups_of([account for account, _codes in given])
    permissions = {
        one.codename: one
        for one in Permission.objects.filter(
            content_type__app_label="accounts",
            content_type__model="account",
            codename__in=list(Authorization),
        )
    }
    each = [(account, code) for account, codes in given for code in in_order(codes)]
    at = granted_at or timezone.now()
    AccountGrant.objects.bulk_create(
        [
            AccountGrant(
                group_id=groups[account.pk],
                permission=permissions[code],
                content_object=account,
                granted_by=actor.user,
                granted_at=at,
                reason=reason,
            )
            for account, code in each
        ],
        batch_size=BATCH,
    )
    GrantChange.objects.bulk_create(
        [GrantChange(batch=batch, account=one, code=code, added=True) for one, code in each],
        batch_size=BATCH,
    )
    record_each(
        actor=actor,
        action=action,
        changed=[(account, {code: False}, {code: True}) for account, code in each],
        reason=reason,
    )
    for hear in registry.on_grant:
        hear(actor, given)


def _cut(
    actor: Actor, batch: GrantBatch, account: Account, codes: Codes, action: str, reason: str
) -> None:
    """Take `codes` from the account and all below it; the number of statements does not depend on
    how many those are.
    """
    if not codes:
        return
    grants = grants_within(Scope.of(account.pk), codes)
    insert_selected(
        GrantChange,
        grants.values_list(
            "content_object_id", "permission__codename", "granted_by_id", "granted_at", "reason"
        ),
        ("account_id", "code", "granted_by_id", "granted_at", "grant_reason"),
        {"batch_id": batch.pk, "added": False},
    )
    for code in in_order(codes):
        record_selected(
            actor=actor,
            action=action,
            accounts=grants.filter(permission__codename=code).annotate(
                account_text=Subquery(
                    Account._base_manager.filter(pk=OuterRef("content_object")).values(
                        "account_id"
                    ),
                    output_field=CharField(),
                )
            ),
            account=("account_text", "content_object_id"),
            before={code: True},
            after={code: False},
            reason=reason,
        )
    delete_unread(grants)
    drop_empty_groups(Scope.of(account.pk))
    if Authorization.MANAGE_ACCOUNT in codes:
        why = _("Authorization 1 was revoked.")
        ground_lost(actor, account, why, as_actor=True)


def _remember(account: Account, template: AuthorizationTemplate) -> None:
    AppliedTemplate.objects.update_or_create(
        account=account,
        defaults={"template": template, "name": template.name, "codes": template.codes},
    )
