"""`manage.py check_tree`: finds damage, says it in words, repairs it from the Agent IDs."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.tree.queries.integrity import tree_problems
from tests.support import sabotage

pytestmark = pytest.mark.django_db


def check(**options: Any) -> str:
    out = StringIO()
    call_command("check_tree", stdout=out, **options)
    return out.getvalue()


def test_sound_trees_pass(reseller_tree: Any) -> None:
    assert check() == "All trees are sound.\n"


def test_damage_is_named_and_fails(reseller_tree: Any) -> None:
    sabotage.scramble(reseller_tree.top)
    with pytest.raises(CommandError, match="damaged"):
        check()


def test_fix_repairs_from_the_agent_ids(reseller_tree: Any) -> None:
    sabotage.scramble(reseller_tree.top)
    sabotage.plant(reseller_tree.deep_customer, level=7)
    assert "All trees are sound." in check(fix=True)
    assert tree_problems() == []
    assert reseller_tree.refresh().deep_customer.level == 3


def test_a_circle_cannot_be_repaired_and_is_named(reseller_tree: Any) -> None:
    sabotage.plant_parent_cycle(reseller_tree.agent, reseller_tree.sub_agent)
    with pytest.raises(CommandError, match=r"in a circle.*Sub-Sub-Agent"):
        check(fix=True)


def test_checking_changes_nothing(reseller_tree: Any) -> None:
    sabotage.scramble(reseller_tree.top)
    before = reseller_tree.refresh().agent.lft
    with pytest.raises(CommandError):
        check()
    assert reseller_tree.refresh().agent.lft == before
