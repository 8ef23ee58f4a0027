"""Move accounts to another agent (change of Agent ID), one or many, with everything below them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db.models import F, Max, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.authorizations.queries.grants import held
from accounts.authorizations.rules.policies import check_may_become_agent
from accounts.authorizations.services.grants import cut_to
from accounts.core.actor import Actor, check_allowed, fresh, require, require_each
from accounts.core.authorizations import ALL, Authorization, in_order
from accounts.core.locks import Placements, in_locked_trees
from accounts.core.models import Account, AccountGrant, GrantBatch
from accounts.core.querysets import ChainLink, chains
from accounts.core.reach import check_depth, check_may_hold_sub_accounts, refuse_closed
from accounts.core.record import record
from accounts.core.versions import bump, bump_forest
from accounts.kit.errors import DomainError, NotInScope, Refused
from accounts.logins.queries import count_in_branches
from accounts.logins.services.sessions import sessions_end_of_branch
from accounts.portal.ground import ground_lost
from accounts.portal.registry import Effect, registry
from accounts.tree.rules.account_types import check_may_stand_below

WARN_DEPTH = 3
_CUTS_SHOWN = 20


@dataclass(frozen=True)
class Move:
    """What moving one account would do, or why it is refused. Paths run from the root downwards."""

    account: Account
    moved: int
    path_before: tuple[ChainLink, ...]
    path_after: tuple[ChainLink, ...]
    refusal: DomainError | None = None
    # Agents above the deepest moved account, after the move.
    depth: int = 0


@dataclass(frozen=True)
class Cut:
    """An account that loses authorizations by a move, and which, in words."""

    account_id: str
    labels: str


@dataclass(frozen=True)
class MovePlan:
    """The whole plan: what moves, whose category changes, how many logins are signed out."""

    moves: tuple[Move, ...]
    target: Account | None
    promoted: Account | None = None
    demoted: tuple[Account, ...] = ()
    logins_signed_out: int = 0
    warnings: tuple[str, ...] = field(default=())
    # What the new agent does not hold: how many grants go, the first accounts that lose some, and
    # how many more of them there are.
    cut_count: int = 0
    cuts: tuple["Cut", ...] = ()
    cuts_not_shown: int = 0
    # What it would change elsewhere.
    effects: tuple[Effect, ...] = ()

    @property
    def possible(self) -> tuple[Move, ...]:
        return tuple(one for one in self.moves if one.refusal is None)

    @property
    def skipped(self) -> tuple[Move, ...]:
        return tuple(one for one in self.moves if one.refusal is not None)


def move_preview(*, actor: Actor, accounts: Sequence[Account], parent: Account | None) -> MovePlan:
    """What `accounts_move` would do, per account; changes nothing. The accounts are read as they
    are now. Raises NotInScope when `parent` is not (any more) in the actor's scope, NotAllowed.
    """
    actor = fresh(actor)
    current = list(Account.objects.within(actor.scope).filter(pk__in=[one.pk for one in accounts]))
    target = None
    if parent:
        target = Account.objects.within(actor.scope).filter(pk=parent.pk).first()
        if target is None:
            raise NotInScope
    for account in current:
        check_allowed(actor, Authorization.MANAGE_ACCOUNT, account)
    if current:
        check_allowed(actor, Authorization.MANAGE_ACCOUNT, target, is_agent_id=True)
    ways = chains([one.pk for one in current] + ([target.pk] if target else []))
    above = ways[target.pk] if target else ()
    heights = _heights(current)
    moves = []
    for account in current:
        height = heights.get(account.pk, 0)
        refusal = move_refusal(account, target, height=height)
        way = ways[account.pk]
        moves.append(
            Move(
                account=account,
                moved=account.sub_account_count + 1,
                path_before=way,
                path_after=(*above, way[-1]),
                refusal=refusal,
                depth=len(above) + height,
            )
        )
    possible = [one.account for one in moves if one.refusal is None]
    warnings: list[str] = []
    try:
        for check in registry.move_checks:
            warnings += check(actor, possible, target, False)
    except DomainError as refused:
        moves = [one if one.refusal else replace(one, refusal=refused) for one in moves]
        possible = []
    leaving: dict[int, int] = {}
    for account in possible:
        if account.parent_id:
            leaving[account.parent_id] = leaving.get(account.parent_id, 0) + 1
    demoted = [
        agent
        for agent in Account.objects.filter(pk__in=leaving).with_direct_counts()
        if agent.direct_count == leaving[agent.pk]
    ]
    deepest = max((one.depth for one in moves if one.refusal is None), default=0)
    if deepest > WARN_DEPTH:
        warnings.append(
            _(
                "The hierarchy becomes %(depth)s agents deep; "
                "more than %(warn)s is hard to keep in view."
            )
            % {"depth": deepest, "warn": WARN_DEPTH}
        )
    return MovePlan(
        moves=tuple(moves),
        target=target,
        promoted=target if target and not target.is_agent and possible else None,
        demoted=tuple(demoted),
        logins_signed_out=count_in_branches(possible),
        warnings=tuple(warnings),
        effects=effects_elsewhere(actor, possible, target),
        **_cuts(possible, target),
    )


def effects_elsewhere(
    actor: Actor,
    accounts: Sequence[Account],
    target: Account | None,
    *,
    of_one_agent: bool = False,
) -> tuple[Effect, ...]:
    """What moving these accounts below `target` would change elsewhere; `of_one_agent`: what can be
    said only of accounts that share their agent.
    """
    found = []
    for effect in registry.move_effects:
        if effect.of_one_agent == of_one_agent:
            shown = effect.context(actor, accounts, target)
            if shown is not None:
                found.append(Effect(effect.template, shown))
    return tuple(found)


def _cuts(accounts: Sequence[Account], target: Account | None) -> dict[str, Any]:
    """What `accounts` and everything below them would lose below `target`, in at most four
    queries however many those are.
    """
    if target is None or not accounts:
        return {}
    within = Q()
    for account in accounts:
        within |= Q(
            content_object__tree_id=account.tree_id,
            content_object__lft__range=(account.lft, account.rght),
        )
    excess = sorted(ALL - held(target))
    lost = AccountGrant.objects.filter(within, permission__codename__in=excess).order_by(
        "content_object__tree_id", "content_object__lft"
    )
    rows = lost.values_list("content_object__account_id", "permission__codename")
    by_account: dict[str, set[Authorization]] = {}
    for account_id, code in rows[: _CUTS_SHOWN * len(ALL)]:
        by_account.setdefault(account_id, set()).add(Authorization(code))
    losers = lost.order_by().values("content_object").distinct().count() if by_account else 0
    shown = list(by_account.items())[:_CUTS_SHOWN]
    return {
        "cut_count": lost.count() if by_account else 0,
        "cuts": tuple(
            Cut(account_id, ", ".join(str(code.label) for code in in_order(codes)))
            for account_id, codes in shown
        ),
        "cuts_not_shown": losers - len(shown),
    }


def account_move(
    *, actor: Actor, account: Account, parent: Account | None, reason: str = ""
) -> Account:
    """Give `account` another Agent ID (None: top-level, administrators only). Raises as
    `accounts_move`.
    """
    return accounts_move(actor=actor, accounts=[account], parent=parent, reason=reason)[0]


def accounts_move(
    *,
    actor: Actor,
    accounts: Sequence[Account],
    parent: Account | None,
    reason: str = "",
    is_approved: bool = False,
) -> list[Account]:
    """Move several accounts below `parent`, all or none, in one transaction; their branches are
    signed out.

    Old and new agents become ordinary accounts or agents by themselves. `is_approved`: an
    administrator approved that `parent` becomes an agent. What the new agent does not hold is cut
    from the moved branch.
    Raises Refused (cycle, too deep, closed, already there), NeedsApproval, NotInScope, NotAllowed,
    Busy.
    """
    pks = sorted({one.pk for one in accounts})
    target_pk = parent.pk if parent else None

    def forest(seen: Placements) -> bool:
        return target_pk is None or any(seen[pk][1] for pk in pks)

    def work(fresh: dict[int, Account]) -> list[Account]:
        nonlocal actor
        done = []
        target = fresh[target_pk] if target_pk else None
        actor = require_each(actor, Authorization.MANAGE_ACCOUNT, [fresh[pk] for pk in pks])
        require(actor, Authorization.MANAGE_ACCOUNT, target, is_agent_id=True)
        for check in registry.move_checks:
            check(actor, [fresh[pk] for pk in pks], target, True)
        for pk in pks:
            # Earlier moves of this selection have shifted boundaries: read each pair anew.
            account = Account.objects.get(pk=pk)
            target = Account.objects.get(pk=target_pk) if target_pk else None
            refusal = move_refusal(account, target)
            if refusal:
                raise refusal
            if target:
                check_may_become_agent(actor, target, is_approved=is_approved)
            done.append(_move(actor, account, target, reason))
        # Read anew: later moves of this selection have shifted the earlier ones.
        moved = list(Account.objects.filter(pk__in=pks))
        for take_away in registry.on_move:
            take_away(actor, moved)
        return done

    return in_locked_trees(work, touching=pks + ([target_pk] if target_pk else []), forest=forest)


def _move(actor: Actor, account: Account, target: Account | None, reason: str) -> Account:
    old = account.parent
    touched = {link.pk for link in chains([account.pk])[account.pk]}
    if old is None:
        bump_forest(taking_over=account.pk)
    account.parent = target
    account.version += 1
    account.updated_at = timezone.now()
    account.save(update_fields=["parent", "version", "updated_at"])
    if target is None:
        bump_forest()
    account.refresh_from_db()
    # Before the cut, which would give another reason.
    ground_lost(actor, account, _("The account was moved."))
    cut_to(
        actor,
        account,
        held(target) if target else ALL,
        kind=GrantBatch.Kind.MOVE,
        reason=reason,
    )
    touched |= {link.pk for link in chains([account.pk])[account.pk]}
    bump(*touched)
    sessions_end_of_branch(account)
    record(
        actor=actor,
        action="account.move",
        account=account,
        before={"agent": old.account_id if old else None},
        after={"agent": target.account_id if target else None},
        reason=reason,
    )
    return account


def move_refusal(
    account: Account, target: Account | None, *, height: int | None = None
) -> DomainError | None:
    """Why `account` cannot go below `target`, or None. Whoever asks about many targets reads
    `height_of` the account once.
    """
    try:
        refuse_closed(account)
        if account.parent_id == (target.pk if target else None):
            raise Refused(
                _("%(account)s already belongs there.") % {"account": account.account_id},
                code="already_there",
                field="parent",
            )
        if target is None:
            return None
        if target.tree_id == account.tree_id and account.lft <= target.lft < account.rght:
            raise Refused(
                _("%(account)s cannot move below itself or one of its own sub-accounts.")
                % {"account": account.account_id},
                code="cycle",
                field="parent",
            )
        check_may_stand_below(account)
        check_may_hold_sub_accounts(target)
        check_depth(target.level + 1 + (height_of(account) if height is None else height))
    except Refused as refusal:
        return refusal
    return None


def height_of(account: Account) -> int:
    """Levels below the account: 0 for an ordinary account."""
    return _heights([account]).get(account.pk, 0)


def _heights(accounts: Sequence[Account]) -> dict[int, int]:
    """The `height_of` those of the accounts that are agents, in one query."""
    agents = [one.pk for one in accounts if one.is_agent]
    if not agents:
        return {}
    below = Account.objects.filter(
        tree_id=OuterRef("tree_id"), lft__gt=OuterRef("lft"), lft__lt=OuterRef("rght")
    )
    deepest = below.order_by().values("tree_id").annotate(deepest=Max("level")).values("deepest")
    heights = Account.objects.filter(pk__in=agents).annotate(height=Subquery(deepest) - F("level"))
    return {pk: height or 0 for pk, height in heights.values_list("pk", "height")}


def depth_warning(depth: int) -> str:
    """A sentence for a hierarchy deeper than recommended, or ""."""
    if depth <= WARN_DEPTH:
        return ""
    return _(
        "This puts %(depth)s agents above the account; more than %(warn)s is hard to keep in view "
        "(at most %(max)s are permitted)."
    ) % {"depth": depth, "warn": WARN_DEPTH, "max": settings.MAX_AGENT_DEPTH}
