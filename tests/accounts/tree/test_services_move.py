"""Moving accounts: where they land, what becomes of old and new agents, and what is refused."""

from typing import Any

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.tree.services.accounts import account_create
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move, accounts_move, depth_warning, move_preview
from tests.factories import AccountFactory, ResellerTree
from tests.support.refusals import refused, snapshot
from tests.support.trees import assert_sound, ids_within, outline

pytestmark = pytest.mark.django_db


def move(account: Account, parent: Account | None, **more: Any) -> Account:
    return account_move(actor=more.pop("actor", SYSTEM), account=account, parent=parent, **more)


def chain_of(length: int, prefix: str) -> list[Account]:
    made: list[Account] = []
    for n in range(length):
        made.append(AccountFactory(account_id=f"{prefix}{n}", parent=made[-1] if made else None))
    return made


def test_a_branch_moves_whole_to_another_tree(reseller_tree: ResellerTree) -> None:
    moved = move(reseller_tree.agent, reseller_tree.other_top, reason="sold")
    assert moved.parent == reseller_tree.other_top
    assert outline() == [
        "BD-Wholesale-Agent",
        "  Sylhet-Retail-Sub",
        "    Customer-101",
        "Master-Agent-2",
        "  Customer-201",
        "  Dhaka-Retail-Sub",
        "    Sub-Sub-Agent",
        "      Customer-301",
        "    Customer-001",
        "    Customer-002",
    ]
    assert ids_within(reseller_tree.top) == {
        "BD-Wholesale-Agent",
        "Sylhet-Retail-Sub",
        "Customer-101",
    }
    assert "Customer-301" in ids_within(reseller_tree.other_top)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.account, entry.reason) == (
        "account.move",
        "Dhaka-Retail-Sub",
        "sold",
    )
    assert (entry.before, entry.after) == (
        {"agent": "BD-Wholesale-Agent"},
        {"agent": "Master-Agent-2"},
    )
    assert_sound()


@pytest.mark.parametrize(
    ("what", "where"),
    [
        ("customer", "sibling"),  # within one tree
        ("customer", "customer_2"),  # its own sibling becomes an agent
        ("sub_agent", "top"),  # a level up
        ("customer", "other_customer"),  # another tree, promoting a customer
        ("agent", None),  # becomes a root
        ("deep_customer", None),
        ("other_top", "customer"),  # a root becomes a branch
        ("top", "other_customer"),  # a whole tree
    ],
)
def test_every_kind_of_move_leaves_sound_trees_and_right_categories(
    reseller_tree: ResellerTree, what: str, where: str | None
) -> None:
    tree = reseller_tree
    target = getattr(tree, where) if where else None
    branch = ids_within(getattr(tree, what))
    moved = move(getattr(tree, what), target)
    tree.refresh()
    assert moved.parent == target
    assert ids_within(moved) == branch
    above = {target.pk: (target.is_agent, branch < ids_within(target))} if target else {}
    assert above == ({moved.parent_id: (True, True)} if where else {})
    assert_sound()


def test_promotion_and_demotion_happen_by_themselves(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    move(tree.sibling_customer, tree.customer)
    tree.refresh()
    assert (tree.sibling.category, tree.customer.category) == ("Account", "Agent")
    move(tree.sibling_customer, tree.sibling)
    tree.refresh()
    assert (tree.sibling.category, tree.customer.category) == ("Agent", "Account")


@pytest.mark.parametrize("where", ["agent", "customer", "sub_agent", "deep_customer"])
def test_no_account_moves_below_itself_or_its_descendants(
    reseller_tree: ResellerTree, where: str
) -> None:
    target = getattr(reseller_tree, where)
    with refused("cycle", Refused, field="parent"):
        move(reseller_tree.agent, target)


def test_a_cycle_is_refused_for_instances_read_before_another_move(
    reseller_tree: ResellerTree,
) -> None:
    tree = reseller_tree
    stale_agent, stale_sibling = (
        Account.objects.get(pk=one.pk) for one in (tree.agent, tree.sibling)
    )
    move(tree.agent, tree.sibling)
    with refused("cycle", Refused, field="parent"):
        move(stale_sibling, stale_agent)
    assert_sound()


def test_moving_to_where_it_is_is_refused(reseller_tree: ResellerTree) -> None:
    with refused("already_there", Refused, field="parent"):
        move(reseller_tree.customer, reseller_tree.agent)
    with refused("already_there", Refused, field="parent"):
        move(reseller_tree.top, None)


@pytest.mark.parametrize("kind", ["phone_card", "clearing"])
def test_only_general_accounts_take_sub_accounts(kind: str) -> None:
    account, target = AccountFactory(), AccountFactory(type=kind)
    with refused("agent_not_general", Refused, field="parent"):
        move(account, target)


def test_closed_accounts_neither_move_nor_take() -> None:
    closed, other = AccountFactory(status="closed"), AccountFactory()
    with refused("agent_closed", Refused, field="parent"):
        move(other, closed)
    with refused("closed", Refused):
        move(closed, other)


def test_the_depth_of_the_whole_branch_counts(settings: Any) -> None:
    settings.MAX_AGENT_DEPTH = 4
    upper, lower = chain_of(3, "u"), chain_of(3, "l")
    with refused("too_deep", Refused, field="parent"):
        move(lower[0], upper[2])
    move(lower[0], upper[1])
    assert Account.objects.get(pk=lower[2].pk).level == 4
    assert_sound()


def test_the_preview_says_what_the_move_then_does(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    before = snapshot()
    plan = move_preview(
        actor=SYSTEM, accounts=[tree.sibling_customer, tree.sub_agent], parent=tree.other_customer
    )
    assert snapshot() == before
    assert {one.account.account_id: one.moved for one in plan.moves} == {
        "Customer-101": 1,
        "Sub-Sub-Agent": 2,
    }
    assert plan.promoted == tree.other_customer
    assert [one.account_id for one in plan.demoted] == ["Sylhet-Retail-Sub"]
    assert not plan.skipped
    by_id = {one.account.account_id: one for one in plan.moves}
    assert [link.account_id for link in by_id["Sub-Sub-Agent"].path_before] == [
        "BD-Wholesale-Agent",
        "Dhaka-Retail-Sub",
        "Sub-Sub-Agent",
    ]
    assert [link.account_id for link in by_id["Sub-Sub-Agent"].path_after] == [
        "Master-Agent-2",
        "Customer-201",
        "Sub-Sub-Agent",
    ]
    assert by_id["Sub-Sub-Agent"].depth == 3
    accounts_move(actor=SYSTEM, accounts=[one.account for one in plan.possible], parent=plan.target)
    tree.refresh()
    assert tree.other_customer.is_agent
    assert not tree.sibling.is_agent
    assert tree.agent.is_agent
    deep = Account.objects.get(pk=tree.deep_customer.pk)
    assert deep.level == by_id["Sub-Sub-Agent"].depth
    assert_sound()


def test_the_preview_names_what_is_refused_and_why(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    account_close(actor=SYSTEM, account=tree.customer_2, reason="x")
    plan = move_preview(
        actor=SYSTEM,
        accounts=[tree.customer, tree.customer_2, tree.agent, tree.sub_agent],
        parent=tree.sub_agent,
    )
    refusals = {one.account.account_id: one.refusal.code for one in plan.skipped if one.refusal}
    assert refusals == {
        "Customer-002": "closed",
        "Dhaka-Retail-Sub": "cycle",
        "Sub-Sub-Agent": "cycle",
    }
    assert [one.account.account_id for one in plan.possible] == ["Customer-001"]


@pytest.mark.parametrize(
    ("length", "warns"), [(3, False), (4, True)], ids=["three agents", "four agents"]
)
def test_more_than_three_agents_above_warns(length: int, warns: bool) -> None:
    agents = chain_of(length, "a")
    plan = move_preview(actor=SYSTEM, accounts=[AccountFactory()], parent=agents[-1])
    assert bool(plan.warnings) is warns
    assert bool(depth_warning(length)) is warns


def test_a_preview_below_an_account_that_is_gone_says_so(reseller_tree: ResellerTree) -> None:
    with refused("not_in_scope", NotInScope):
        move_preview(actor=SYSTEM, accounts=[reseller_tree.customer], parent=Account(pk=987654))


def test_a_selection_moves_as_a_whole_or_not_at_all(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    with refused("cycle", Refused, field="parent"):
        accounts_move(
            actor=SYSTEM, accounts=[tree.customer, tree.other_top], parent=tree.other_customer
        )
    accounts_move(
        actor=SYSTEM,
        accounts=[tree.customer, tree.other_top, tree.deep_customer],
        parent=tree.sibling,
    )
    assert {"Customer-001", "Master-Agent-2", "Customer-201", "Customer-301"} < ids_within(
        tree.sibling
    )
    assert_sound()


def test_an_account_named_twice_moves_once(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    accounts_move(actor=SYSTEM, accounts=[tree.customer, tree.customer], parent=tree.sibling)
    assert AuditEntry.objects.filter(action="account.move").count() == 1


def test_an_agent_and_its_own_sub_account_can_move_together(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    accounts_move(
        actor=SYSTEM, accounts=[tree.sub_agent, tree.deep_customer], parent=tree.other_top
    )
    tree.refresh()
    assert tree.deep_customer.parent == tree.sub_agent.parent == tree.other_top
    assert not tree.sub_agent.is_agent
    assert_sound()


def test_the_moved_branch_is_signed_out_and_nobody_else(
    reseller_tree: ResellerTree, agent_login: Any, client_of: Any
) -> None:
    tree = reseller_tree
    inside = [client_of(agent_login(one)) for one in (tree.agent, tree.deep_customer)]
    outside = [client_of(agent_login(one)) for one in (tree.top, tree.sibling, tree.other_top)]
    for client in inside + outside:
        client.get("/")  # The session is known to the list of sessions from its first request on.
    move(tree.agent, tree.other_top)
    assert [client.get("/").status_code for client in inside] == [302, 302]
    assert [client.get("/").status_code for client in outside] == [200, 200, 200]


def test_agents_and_customers_move_nothing_yet(
    reseller_tree: ResellerTree, agent_login: Any
) -> None:
    tree = reseller_tree
    actor = actor_for(agent_login(tree.agent))
    with refused("not_authorized", NotAllowed):
        move(tree.customer, tree.sub_agent, actor=actor)
    with refused("not_in_scope", NotInScope):
        move(tree.sibling_customer, tree.agent, actor=actor)
    before = snapshot()
    plan = move_preview(actor=actor, accounts=[tree.sibling_customer], parent=tree.agent)
    assert plan.moves == ()
    assert snapshot() == before
    with refused("not_in_scope", NotInScope):
        move_preview(actor=actor, accounts=[tree.customer], parent=tree.sibling)


def test_the_version_of_the_moved_account_grows(reseller_tree: ResellerTree) -> None:
    before = reseller_tree.customer.version
    assert move(reseller_tree.customer, reseller_tree.sibling).version == before + 1


def test_new_roots_get_trees_of_their_own(reseller_tree: ResellerTree) -> None:
    move(reseller_tree.customer, None)
    move(reseller_tree.customer_2, None)
    account_create(actor=SYSTEM, account_id="Third", name="x")
    roots = Account.objects.filter(parent=None)
    assert len(set(roots.values_list("tree_id", flat=True))) == roots.count() == 5
    assert_sound()
