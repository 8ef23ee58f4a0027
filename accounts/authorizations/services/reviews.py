"""Reviews of grants: which are due or unused, and the decision to keep or to revoke them
(docs/domain.md 3).
"""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.reviews import Which, grants_for_review
from accounts.authorizations.rules.grants import clean_reason
from accounts.authorizations.services.grants import CHANGE_GRANTS, set_under_lock
from accounts.core.actor import Actor, require_each
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AccountGrant, GrantBatch
from accounts.core.record import record_each
from accounts.kit.errors import NotInScope, Refused

# How many grants are decided together at most.
MOST = 500


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
        raise Refused(_("Say why they are revoked."), code="reason_required", field="reason")
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
