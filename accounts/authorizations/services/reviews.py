"""Reviews of grants: which are due or unused, and the decision to keep or to revoke them
(docs/domain.md 3).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.authorizations.services.grants import (
    CHANGE_GRANTS,
    clean_reason,
    held,
    set_under_lock,
)
from accounts.core.actor import Actor, require_each
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AccountGrant, GrantBatch, GrantUse
from accounts.core.querysets import in_scope
from accounts.core.record import record_each
from accounts.core.scope import Scope
from accounts.kit.errors import NotInScope, Refused

# How many grants are decided together at most.
MOST = 500


class Which(StrEnum):
    """The lists of the review page."""

    UNUSED = "unused"
    DUE = "due"
    REVIEWED = "reviewed"
    ALL = "all"


def grants_for_review(actor: Actor, which: Which) -> "QuerySet[Any, Any]":
    """The grants this actor decides about: of everybody for administrators, else of the accounts
    below its own. Each knows its `code`, `last_used_at`, and `may_name` (whether its granter works
    within the actor's scope).
    """
    used = GrantUse.objects.filter(
        account=OuterRef("content_object"), code=OuterRef("permission__codename")
    )
    near = Account.objects.within(actor.scope)
    grants = AccountGrant.objects.filter(
        in_scope(actor.scope, "content_object"), permission__codename__in=list(Authorization)
    ).exclude(content_object=actor.account_pk)
    grants = grants.annotate(
        code=F("permission__codename"),
        last_used_at=Subquery(used.values("last_used_at")[:1]),
        may_name=Exists(near.filter(pk=OuterRef("granted_by__account"))),
        may_name_reviewer=Exists(near.filter(pk=OuterRef("reviewed_by__account"))),
    )
    return grants.filter(_condition(which, due_before())).select_related(
        "content_object", "granted_by", "reviewed_by"
    )


def _condition(which: Which, limit: datetime) -> Q:
    if which is Which.UNUSED:
        idle = Q(last_used_at=None) | Q(last_used_at__lt=limit)
        return Q(granted_at__lt=limit) & idle & _not_looked_at(limit)
    if which is Which.DUE:
        return _not_looked_at(limit)
    if which is Which.REVIEWED:
        return Q(reviewed_at__isnull=False)
    return Q()


def _not_looked_at(limit: datetime) -> Q:
    """Granted, and reviewed if ever, longer ago than the limit."""
    return Q(granted_at__lt=limit) & (Q(reviewed_at=None) | Q(reviewed_at__lt=limit))


def grants_due(scope: Scope, limit: datetime) -> QuerySet[AccountGrant]:
    """The grants that are due for whoever reviews in this scope: none of the own account.

    `limit` is `due_before()`.
    """
    grants = AccountGrant.objects.filter(in_scope(scope, "content_object"), _not_looked_at(limit))
    return grants if scope.everything else grants.exclude(content_object=scope.account_pk)


def due_before() -> datetime:
    """What nobody looked at since then is due for a review."""
    return timezone.now() - timedelta(days=settings.GRANT_REVIEW_DAYS)


def review_keep(*, actor: Actor, grants: Sequence[int], note: str = "") -> int:
    """Note that these grants were looked at and stay; return how many.

    Raises NotAllowed without authorization 1 on each account, NotInScope for a grant that is gone
    or out of scope, Refused, Busy.
    """
    note = clean_reason(note)
    accounts = _accounts_of(actor, grants)

    def work(fresh: dict[int, Account]) -> int:
        nonlocal actor
        actor = require_each(
            actor,
            Authorization.MANAGE_ACCOUNT,
            list(fresh.values()),
            permission=CHANGE_GRANTS,
        )
        kept = AccountGrant.objects.filter(pk__in=grants, content_object__in=accounts)
        rows = list(kept.values_list("pk", "content_object_id", "permission__codename"))
        kept.update(reviewed_at=timezone.now(), reviewed_by=actor.user, review_note=note)
        record_each(
            actor=actor,
            action="grant.review",
            changed=[(fresh[pk], {}, {code: "kept"}) for _grant, pk, code in rows],
            reason=note,
        )
        return len(rows)

    return in_locked_trees(work, touching=accounts)


def review_revoke(*, actor: Actor, grants: Sequence[int], note: str) -> int:
    """Revoke these grants, with everything below them; return from how many accounts.

    Needs a note. Raises as `review_keep`.
    """
    note = clean_reason(note)
    if not note:
        raise Refused(_("Say why they are revoked."), code="reason_required", field="note")
    accounts = _accounts_of(actor, grants)

    def work(fresh: dict[int, Account]) -> int:
        nonlocal actor
        actor = require_each(
            actor,
            Authorization.MANAGE_ACCOUNT,
            list(fresh.values()),
            permission=CHANGE_GRANTS,
        )
        taken: dict[int, set[Authorization]] = {}
        rows = AccountGrant.objects.filter(pk__in=grants, content_object__in=accounts)
        for pk, code in rows.values_list("content_object_id", "permission__codename"):
            taken.setdefault(pk, set()).add(Authorization(code))
        # Agents first: what lies below them loses it with them, and is no deed of its own.
        for pk in sorted(taken, key=lambda one: fresh[one].level):
            account = fresh[pk]
            codes = held(account) - taken[pk]
            set_under_lock(actor, account, codes, reason=note, kind=GrantBatch.Kind.REVIEW)
        return len(taken)

    return in_locked_trees(work, touching=accounts)


def _accounts_of(actor: Actor, grants: Sequence[int]) -> list[int]:
    """The accounts of these grants. Raises NotInScope unless the actor reaches each of them."""
    if not grants or len(grants) > MOST:
        raise Refused(_("Choose 1 to %(most)s grants.") % {"most": MOST}, code="nothing_chosen")
    reached = grants_for_review(actor, Which.ALL).filter(pk__in=grants)
    found = dict(reached.values_list("pk", "content_object_id"))
    if set(found) != set(grants):
        raise NotInScope(_("Some of these grants are gone. Look at the list again."))
    return sorted(set(found.values()))
