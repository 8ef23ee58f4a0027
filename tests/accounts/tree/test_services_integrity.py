"""The checker finds every kind of corruption, and renumbering repairs what is derived."""

from collections.abc import Callable

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.queries.integrity import tree_problems
from accounts.tree.services.accounts import account_create
from accounts.tree.services.repair import renumber
from tests.factories import ResellerTree
from tests.support import sabotage
from tests.support.trees import assert_sound, outline

pytestmark = pytest.mark.django_db

Planting = Callable[[ResellerTree], None]


def _swap_boundaries(tree: ResellerTree) -> None:
    """Two siblings in each other's place: only one of them overlaps what it should not."""
    sabotage.plant(tree.sub_agent, lft=tree.customer.lft, rght=tree.customer.rght)


CORRUPTIONS: dict[str, tuple[Planting, set[str]]] = {
    "a level that is not its agent's plus one": (
        lambda t: sabotage.plant(t.customer, level=5),
        {"a sub-account outside its agent"},
    ),
    "a root off level 0": (
        lambda t: sabotage.plant(t.other_top, level=1),
        {"a root that is not at level 0 or does not begin at 1"},
    ),
    "a root that does not begin at 1": (
        lambda t: sabotage.plant(t.other_top, lft=0),
        {"a root that is not at level 0 or does not begin at 1", "boundaries out of order"},
    ),
    "a sub-account in another tree than its agent": (
        lambda t: sabotage.plant(t.customer, tree_id=t.other_top.tree_id),
        {"a sub-account outside its agent"},
    ),
    "a sub-account beyond its agent's right edge": (
        lambda t: sabotage.plant(t.customer, lft=500, rght=501),
        {"a sub-account outside its agent", "boundaries with gaps"},
    ),
    "an agent that ends before its sub-accounts": (
        lambda t: sabotage.plant(t.agent, rght=t.agent.lft + 1),
        {"a sub-account outside its agent", "boundaries used twice"},
    ),
    "two accounts in one place": (
        _swap_boundaries,
        {"boundaries used twice"},
    ),
    "gaps between boundaries": (
        lambda t: sabotage.scramble(t.other_top),
        {"boundaries with gaps"},
    ),
    "a parent link that the boundaries do not follow": (
        lambda t: sabotage.plant(t.customer, parent_id=t.sibling.pk),
        {"a sub-account outside its agent"},
    ),
    "a root inside somebody's tree": (
        lambda t: sabotage.plant(t.customer, parent_id=None),
        {"a tree without exactly one root"},
    ),
    "two roots with one tree number": (
        lambda t: sabotage.plant(t.other_top, tree_id=t.top.tree_id),
        {"a tree without exactly one root", "boundaries used twice"},
    ),
    "an account without change counter": (
        lambda t: sabotage.forget_version(t.customer),
        {"an account without change counter"},
    ),
}


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_checker_finds_it_and_renumbering_repairs_it(
    reseller_tree: ResellerTree, kind: str
) -> None:
    plant, rules = CORRUPTIONS[kind]
    assert tree_problems() == []
    plant(reseller_tree)
    found = {problem.rule for problem in tree_problems()}
    assert rules <= found
    links = dict(Account._base_manager.values_list("account_id", "parent__account_id"))
    _changed, lost = renumber()
    assert lost == []
    assert_sound()
    assert dict(Account._base_manager.values_list("account_id", "parent__account_id")) == links


def test_trees_that_follow_their_parent_links_are_left_as_they_are(
    reseller_tree: ResellerTree,
) -> None:
    before = list(Account._base_manager.order_by("pk").values())
    assert renumber() == (0, [])
    assert list(Account._base_manager.order_by("pk").values()) == before


def test_a_check_of_some_trees_reports_only_these(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    sabotage.plant(tree.customer, level=5)
    assert tree_problems([tree.top.tree_id])
    assert tree_problems([tree.other_top.tree_id]) == []
    assert {one.tree_ids for one in tree_problems()} == {(tree.top.tree_id,)}


def test_a_cycle_of_parent_links_is_found_and_named_and_harms_nothing_else(
    reseller_tree: ResellerTree,
) -> None:
    tree = reseller_tree
    sabotage.plant_parent_cycle(tree.sub_agent, tree.deep_customer)
    assert {one.rule for one in tree_problems()} >= {"a sub-account outside its agent"}
    sabotage.plant(tree.other_customer, level=7)
    _changed, lost = renumber()
    assert lost == ["Customer-301", "Sub-Sub-Agent"]
    tree.refresh()
    assert tree.other_customer.level == 1
    # The cycle is not silent afterwards.
    assert tree_problems()


def test_a_repaired_tree_works_on(reseller_tree: ResellerTree) -> None:
    sabotage.scramble(reseller_tree.top)
    sabotage.plant(reseller_tree.customer, level=3)
    renumber()
    account_create(actor=SYSTEM, account_id="After", name="x", parent=reseller_tree.customer)
    assert "      After" in outline()
    assert_sound()
