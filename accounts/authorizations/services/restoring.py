"""Put back what a batch of grants took, as far as it is still permitted (docs/domain.md 3)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.authorizations.rules.grants import clean_reason, refuse_without_reason
from accounts.authorizations.services.grants import CHANGE_GRANTS, add_each, new_batch
from accounts.core.actor import Actor, require
from accounts.core.authorizations import ALL, Authorization, Codes
from accounts.core.locks import in_locked_trees
from accounts.core.memberships import BATCH
from accounts.core.models import Account, GrantBatch
from accounts.core.querysets import grants_of, in_scope
from accounts.core.reach import refuse_closed
from accounts.core.scope import Scope
from accounts.kit.errors import Refused


def grants_restore(*, actor: Actor, batch: GrantBatch, reason: str = "") -> GrantBatch | None:
    """Give back what a batch took, as far as it is still permitted; return the new batch (None:
    nothing could be given back).

    Accounts that were closed meanwhile, or whose agent or the actor does not hold it any more, stay
    without. Raises Refused when it was restored before or when a reason is missing, NotInScope,
    NotAllowed, Busy.
    """
    reason = clean_reason(reason)
    account = batch.account

    def work(fresh: dict[int, Account]) -> GrantBatch | None:
        nonlocal actor
        current = fresh[account.pk] if account else None
        if current is None:
            raise Refused(_("The account is gone."), code="account_gone")
        actor = require(actor, Authorization.MANAGE_ACCOUNT, current, permission=CHANGE_GRANTS)
        old = GrantBatch.objects.get(pk=batch.pk)
        if old.restored_by_id is not None:
            raise Refused(_("This was restored already."), code="already_restored")
        refuse_closed(current)
        return _restore(actor, old, current, reason)

    return in_locked_trees(work, touching=[account.pk] if account else [])


def _restore(actor: Actor, old: GrantBatch, account: Account, reason: str) -> GrantBatch | None:
    given = _permitted(actor, old, account)
    if not given:
        return None
    rows = [(each.account, frozenset(each.codes)) for each in given]
    # Why it was taken away is no reason to give it back, and may be a level's above.
    refuse_without_reason(rows, reason)
    batch = new_batch(actor, account, GrantBatch.Kind.RESTORE, reason)
    add_each(actor, batch, rows, reason, action="grant.restore")
    GrantBatch.objects.filter(pk=old.pk).update(restored_by=batch)
    return batch


@dataclass(frozen=True)
class _Given:
    """An account, and what it gets back."""

    account: Account
    codes: set[Authorization]


def _permitted(actor: Actor, old: GrantBatch, account: Account) -> list[_Given]:
    """What may be given back, agents before their sub-accounts: what an agent gets back counts for
    those below it.
    """
    mine = ALL if actor.own is None else actor.effective
    lost = (
        old.changes.filter(
            in_scope(Scope.of(account.pk), "account"), added=False, code__in=sorted(mine)
        )
        .exclude(account__status=Account.Status.CLOSED)
        .order_by("account__level", "account__lft")
        .values_list("account_id", "account__account_id", "account__parent_id", "code")
    )
    changes = list(lost)
    holds = _held_by({pk for row in changes for pk in (row[0], row[2]) if pk is not None})
    given: dict[int, _Given] = {}
    for pk, account_id, parent, code in changes:
        code = Authorization(code)
        if code in holds.get(pk, ()) or parent is not None and code not in holds.get(parent, ()):
            continue
        holds.setdefault(pk, set()).add(code)
        if pk not in given:
            # No more of it is written with a grant and its entry.
            given[pk] = _Given(Account(pk=pk, account_id=account_id), set())
        given[pk].codes.add(code)
    return list(given.values())


def _held_by(pks: Iterable[int]) -> dict[int, set[Authorization]]:
    """What each of these accounts holds, read in pieces that every database takes."""
    ordered = sorted(pks)
    found: dict[int, Codes] = {}
    for start in range(0, len(ordered), BATCH):
        found |= grants_of(ordered[start : start + BATCH])
    return {pk: set(codes) for pk, codes in found.items()}
