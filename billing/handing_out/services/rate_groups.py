"""The rate group that accounts buy at: many at once, what a move takes away, and the accounts that
cards open (docs/domain.md 1, 7, 8). One account's stands among its terms, in `terms` beside it.

Whose group an account may buy at follows from who stands above it, so that it is written under the
lock of the tree. The group is locked before policies and wallets: nobody deletes it meanwhile, or
keeps it from those below.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, check_allowed, fresh, require_each
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees, said_busy
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.core.record import record_each
from accounts.kit.errors import NotInScope
from billing.handing_out.queries.rate_groups import strayed_wallets
from billing.ledger.services.posting import locked_wallets
from billing.wallets.models import RateGroup, Wallet
from billing.wallets.queries import accounts_offered
from billing.wallets.rules import group_not_yours
from billing.wallets.services.standing import hold_charging, standing_noted

_BATCH = 2000


def rate_group_set_many(
    *,
    actor: Actor,
    accounts: Sequence[Account],
    group: RateGroup | None,
    reason: str = "",
) -> list[Account]:
    """Let several accounts buy at a rate group (None: no calls), all or none; return those that
    change. Authorization 1 on each; the group is one of the actor's own, or shared with it.

    Raises Refused (field `rate_group`) for a group that may not be given to each of them, and for a
    closed account; NotAllowed, NotInScope, Busy.
    """
    pks = sorted({one.pk for one in accounts})

    def work(fresh: dict[int, Account]) -> list[Account]:
        nonlocal actor
        current = [fresh[pk] for pk in pks]
        actor = require_each(actor, Authorization.MANAGE_ACCOUNT, current)
        for one in current:
            refuse_closed(one)
        given = permitted_group(actor, current, group) if group else None
        wanted = given.pk if given else None
        hold_charging()
        locked_wallets(pks)
        changing = [one for one in _wallets(pks) if one.rate_group_id != wanted]
        _write(actor, changing, fresh, given, reason)
        return [fresh[one.pk] for one in changing]

    with said_busy():
        return in_locked_trees(work, touching=pks)


@dataclass(frozen=True)
class GroupPlan:
    """What giving a rate group to several accounts would do: who changes, and who stays as it is,
    with the reason.
    """

    changing: tuple[Account, ...]
    skipped: tuple[tuple[Account, str], ...]


def rate_group_preview(
    *, actor: Actor, accounts: Sequence[Account], group: RateGroup | None
) -> GroupPlan:
    """What `rate_group_set_many` would do with those of the accounts that it can be done with;
    changes nothing. Raises NotInScope, NotAllowed.
    """
    actor = fresh(actor)
    pks = {one.pk for one in accounts}
    current = list(Account.objects.within(actor.scope).filter(pk__in=pks).order_by("account_id"))
    if len(current) < len(pks):
        raise NotInScope
    for one in current:
        check_allowed(actor, Authorization.MANAGE_ACCOUNT, one)
    held = dict(Wallet.objects.filter(pk__in=pks).values_list("pk", "rate_group"))
    offered = accounts_offered(actor, current, group) if group else pks
    wanted = group.pk if group else None
    changing, skipped = [], []
    for one in current:
        if one.status == Account.Status.CLOSED:
            skipped.append((one, _("It is closed.")))
        elif held[one.pk] == wanted:
            words = _("It has this rate group already.") if group else _("It has none.")
            skipped.append((one, words))
        elif one.pk not in offered:
            skipped.append((one, _("It does not stand below the agent whose group this is.")))
        else:
            changing.append(one)
    return GroupPlan(tuple(changing), tuple(skipped))


def groups_lost(actor: Actor, accounts: Sequence[Account]) -> None:
    """After a move, under its lock: in the branches of these accounts, who buys at the group of an
    agent that is not above it any more has none (docs/domain.md 1, tree rule 5).
    """
    pks = list(strayed_wallets(accounts).values_list("pk", flat=True))
    if not pks:
        return
    locked_wallets(pks)
    strayed = _wallets(pks)
    by_key = {one.pk: one.account for one in strayed}
    _write(actor, strayed, by_key, None, "")


def group_of_card_given(account: Account, group: RateGroup) -> dict[str, Any] | None:
    """The rate group of an account that a card opened, in the transaction that opens it; for the
    record. It was chosen with the batch, by somebody who might: what is asked for is that its owner
    still stands above the account, and that it is there.
    """
    hold_charging()
    wallet = Wallet.objects.filter(pk=account.pk)
    with_group = wallet.filter(rate_group=None).update(rate_group=group)
    if not with_group or strayed_wallets([account]).exists():
        wallet.update(rate_group=None)
        return None
    standing_noted([account.pk])
    return group_noted(group)


def permitted_group(actor: Actor, accounts: Sequence[Account], group: RateGroup) -> RateGroup:
    """The rate group, locked, once the actor may give it to each of the accounts. An unknown one
    and a foreign one are refused alike, and nobody waits for a foreign one.
    """
    _refuse_foreign(actor, accounts, group)
    locked = RateGroup.objects.select_for_update(no_key=True, of=("self",))
    found = locked.select_related("owner").filter(pk=group.pk).first()
    if found is None:
        raise group_not_yours(actor)
    _refuse_foreign(actor, accounts, found)
    return found


def group_noted(group: RateGroup | None) -> dict[str, Any] | None:
    """A rate group for records: its name, and what decides who may read it there."""
    if group is None:
        return None
    owner = group.owner.account_id if group.owner else ""
    return {"group": group.pk, "name": group.name, "owner": owner}


def _refuse_foreign(actor: Actor, accounts: Sequence[Account], group: RateGroup) -> None:
    if len(accounts_offered(actor, accounts, group)) < len({one.pk for one in accounts}):
        raise group_not_yours(actor)


def _wallets(pks: Sequence[int]) -> list[Wallet]:
    """Read once they are locked."""
    found: list[Wallet] = []
    for at in range(0, len(pks), _BATCH):
        some = Wallet.objects.filter(pk__in=pks[at : at + _BATCH])
        found += some.select_related("account", "rate_group__owner")
    return sorted(found, key=lambda one: one.pk)


def _write(
    actor: Actor,
    wallets: Sequence[Wallet],
    accounts: dict[int, Account],
    group: RateGroup | None,
    reason: str,
) -> None:
    """Locked wallets get the group, each with its entry."""
    after = {"rate_group": group_noted(group)}
    before = [(one.pk, {"rate_group": group_noted(one.rate_group)}) for one in wallets]
    for at in range(0, len(before), _BATCH):
        pks = [pk for pk, _was in before[at : at + _BATCH]]
        changed = Wallet.objects.filter(pk__in=pks)
        changed.update(rate_group=group, version=F("version") + 1)
    standing_noted([pk for pk, _was in before])
    record_each(
        actor=actor,
        action="wallet.terms",
        changed=[(accounts[pk], was, after) for pk, was in before],
        reason=reason,
    )
