"""Create many accounts at once: numbers the tree itself, makes the space once per agent, inserts in
batches.

For imports and loads of thousands; single accounts go through `account_create`.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from accounts.authorizations.rules.policies import check_may_become_agent, check_may_make_agents
from accounts.core.actor import Actor, require
from accounts.core.authorizations import Authorization
from accounts.core.availability import Holder, NotAvailable, Taken, Thing
from accounts.core.availability_deeds import answers
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AccountDetail, AgentVersion
from accounts.core.reach import check_depth, check_may_hold_sub_accounts
from accounts.core.record import record
from accounts.core.rules import clean_account_id, clean_detail, clean_name, clean_time_zone
from accounts.core.versions import bump, bump_forest, path_pks
from accounts.kit.errors import Busy, Refused
from accounts.kit.text import identifier, name_key
from accounts.portal.registry import registry
from accounts.tree.queries.integrity import tree_problems
from accounts.tree.services.accounts import check_ids_free

_BATCH = 2000


@dataclass(frozen=True)
class Draft:
    """An account to be made. `agent` is the account id of its Agent ID: an existing account,
    another draft of the same load, or "" for a top-level account.
    """

    account_id: str
    name: str
    agent: str = ""
    time_zone: str = "UTC"
    detail: dict[str, Any] = field(default_factory=dict)


@answers
def accounts_load(*, actor: Actor, drafts: Sequence[Draft]) -> int:
    """Create all drafts or none; return how many. Order does not matter, agents may follow their
    sub-accounts.

    Raises Refused naming the draft (`items`) for a bad or taken account id, an unknown agent, a
    cycle among the drafts or too deep a place; NeedsApproval where a non-administrator's load would
    make agents that need one; NotInScope, NotAllowed, Busy.
    """
    by_id = {clean_account_id(one.account_id).lower(): one for one in drafts}
    if len(by_id) != len(drafts):
        counts = Counter(name_key(one.account_id) for one in drafts)
        twice = [Taken(one, Thing.ACCOUNT, Holder.KNOWN) for one, n in counts.items() if n > 1]
        raise NotAvailable(twice, field="account_id")
    below: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        clean_name(draft.name)
        clean_time_zone(draft.time_zone)
        below[name_key(draft.agent)].append(draft)
    outer = sorted({key for key in below if key and key not in by_id})
    agents = _existing(actor, outer)
    _refuse_cycles(below, {"", *outer}, len(drafts))

    def work(fresh: dict[int, Account]) -> int:
        nonlocal actor
        if "" in below:
            require(actor, Authorization.MANAGE_ACCOUNT, None)
        check_ids_free(actor, [identifier(one.account_id) for one in drafts])
        made = 0
        touched: set[int] = set()
        trees: set[int] = set()
        for key in outer:
            # Loads below other agents of the same tree have shifted this one's boundaries.
            agent = Account.objects.get(pk=agents[key].pk)
            actor = require(actor, Authorization.MANAGE_ACCOUNT, agent, is_agent_id=True)
            check_may_hold_sub_accounts(agent)
            check_may_become_agent(actor, agent)
            if any(name_key(one.account_id) in below for one in below[key]):
                check_may_make_agents(actor, agent)
            rows = _numbered(
                below, below[key], agent.tree_id, agent.rght, agent.level + 1, agent.pk
            )
            _make_space(agent, 2 * len(rows))
            made += _insert(actor, rows)
            touched.update(path_pks(agent))
            trees.add(agent.tree_id)
        if "" in below:
            tree_id = Account._base_manager.aggregate(top=Max("tree_id"))["top"] or 0
            roots: list[tuple[Account, Draft, Account | None]] = []
            for draft in below[""]:
                tree_id += 1
                trees.add(tree_id)
                roots += _numbered(below, [draft], tree_id, 1, 0, None)
            made += _insert(actor, roots)
            bump_forest()
        bump(*touched)
        problems = tree_problems(trees)
        if problems:
            raise AssertionError(f"Bulk load would break the trees: {problems}")
        record(actor=actor, action="account.load", after={"accounts": made})
        return made

    return in_locked_trees(work, touching=[one.pk for one in agents.values()], forest="" in below)


def _existing(actor: Actor, keys: list[str]) -> dict[str, Account]:
    agents = {
        one.account_id.lower(): one
        for one in Account.objects.within(actor.scope).filter(account_id__lower__in=keys)
    }
    unknown = [key for key in keys if key not in agents]
    if unknown:
        raise Refused(
            _("Agent ID must be an existing account in your scope."),
            code="unknown_agent",
            field="parent",
            items=unknown,
        )
    return agents


def _refuse_cycles(below: dict[str, list[Draft]], starts: set[str], expected: int) -> None:
    reached = 0
    waiting = [draft for key in starts for draft in below.get(key, ())]
    while waiting:
        draft = waiting.pop()
        reached += 1
        waiting.extend(below.get(name_key(draft.account_id), ()))
    if reached != expected:
        raise Refused(_("Some accounts are their own agents."), code="cycle", field="parent")


def _numbered(
    below: dict[str, list[Draft]],
    tops: list[Draft],
    tree_id: int,
    edge: int,
    level: int,
    parent_pk: int | None,
) -> list[tuple[Account, Draft, Account | None]]:
    """Accounts with their boundaries from `edge` on, each with its draft and its new parent (None:
    existing).
    """
    rows: list[tuple[Account, Draft, Account | None]] = []
    waiting: list[tuple[Draft | None, Account | None, int]] = [
        (draft, None, level) for draft in reversed(tops)
    ]
    while waiting:
        draft, above, depth = waiting.pop()
        if draft is None:
            assert above is not None
            above.rght = edge
            edge += 1
            continue
        check_depth(depth)
        account = Account(
            account_id=identifier(draft.account_id),
            name=clean_name(draft.name),
            time_zone=draft.time_zone,
            tree_id=tree_id,
            lft=edge,
            rght=edge + 1,
            level=depth,
            parent_id=None if above else parent_pk,
        )
        edge += 1
        rows.append((account, draft, above))
        waiting.append((None, account, depth))
        waiting.extend(
            (one, account, depth + 1) for one in reversed(below.get(name_key(draft.account_id), []))
        )
    return rows


def _make_space(agent: Account, width: int) -> None:
    tree = Account._base_manager.filter(tree_id=agent.tree_id)
    tree.filter(rght__gte=agent.rght).update(rght=F("rght") + width)
    tree.filter(lft__gt=agent.rght).update(lft=F("lft") + width)


def _insert(actor: Actor, rows: list[tuple[Account, Draft, Account | None]]) -> int:
    """Insert level by level, so that every parent has its key before its sub-accounts need it."""
    levels: dict[int, list[tuple[Account, Draft, Account | None]]] = defaultdict(list)
    for row in rows:
        levels[row[0].level].append(row)
    for level in sorted(levels):
        for account, _draft, above in levels[level]:
            if above is not None:
                account.parent_id = above.pk
        try:
            with transaction.atomic():
                Account._base_manager.bulk_create([one for one, *_rest in levels[level]], _BATCH)
        except IntegrityError as error:
            check_ids_free(actor, [one.account_id for one, *_rest in levels[level]])
            raise Busy from error
    AccountDetail.objects.bulk_create(
        [AccountDetail(account=one, **clean_detail(draft.detail)) for one, draft, _up in rows],
        _BATCH,
    )
    AgentVersion.objects.bulk_create([AgentVersion(pk=one.pk) for one, *_rest in rows], _BATCH)
    for make in registry.on_create:
        make(actor, [account for account, *_rest in rows])
    return len(rows)
