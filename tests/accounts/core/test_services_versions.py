"""The counters open pages compare: they change with every visible change and never fall."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.core.scope import Scope
from accounts.core.versions import current
from accounts.tree.services.accounts import (
    account_create,
    account_edit,
    account_lock,
    account_unlock,
)
from accounts.tree.services.ending import account_close, account_delete
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move, accounts_move
from tests.factories import ResellerTree
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db


def test_whoever_reaches_nothing_notices_nothing(reseller_tree: ResellerTree) -> None:
    assert current(Scope.NOTHING) == 0


Deed = Callable[[ResellerTree], object]

# What is done, and whose pages must notice, besides administrators'.
DEEDS: dict[str, tuple[Deed, set[str]]] = {
    "create below the agent": (
        lambda t: account_create(actor=SYSTEM, account_id="X", name="X", parent=t.agent),
        {"top", "agent"},
    ),
    "create a root": (
        lambda t: account_create(actor=SYSTEM, account_id="X", name="X"),
        set(),
    ),
    "create below a customer": (
        lambda t: account_create(actor=SYSTEM, account_id="X", name="X", parent=t.customer),
        {"top", "agent", "customer"},
    ),
    "rename": (
        lambda t: account_edit(actor=SYSTEM, account=t.customer, name="Renamed"),
        {"top", "agent", "customer"},
    ),
    "lock": (
        lambda t: account_lock(actor=SYSTEM, account=t.sub_agent),
        {"top", "agent", "sub_agent"},
    ),
    "close": (
        lambda t: account_close(actor=SYSTEM, account=t.other_customer, reason="x"),
        {"other_top", "other_customer"},
    ),
    "delete": (
        lambda t: account_delete(actor=SYSTEM, account=t.deep_customer, reason="x"),
        {"top", "agent", "sub_agent"},
    ),
    "move to a sibling": (
        lambda t: account_move(actor=SYSTEM, account=t.customer, parent=t.sibling),
        {"top", "agent", "sibling", "customer"},
    ),
    "move to another tree": (
        lambda t: account_move(actor=SYSTEM, account=t.sub_agent, parent=t.other_customer),
        {"top", "agent", "sub_agent", "other_top", "other_customer"},
    ),
    "move to the top": (
        lambda t: account_move(actor=SYSTEM, account=t.sub_agent, parent=None),
        {"top", "agent", "sub_agent"},
    ),
    "move a root below": (
        lambda t: account_move(actor=SYSTEM, account=t.other_top, parent=t.customer),
        {"top", "agent", "customer", "other_top"},
    ),
    "load": (
        lambda t: accounts_load(
            actor=SYSTEM, drafts=[Draft("L1", "L1", "Sub-Sub-Agent"), Draft("L2", "L2", "L1")]
        ),
        {"top", "agent", "sub_agent"},
    ),
    "load roots": (
        lambda t: accounts_load(actor=SYSTEM, drafts=[Draft("L1", "L1"), Draft("L2", "L2", "L1")]),
        set(),
    ),
}


@pytest.fixture
def people(
    reseller_tree: ResellerTree, agent_login: Any, administrator: Any
) -> dict[str, Callable[[], Actor]]:
    logins = {
        name: agent_login(account)
        for name, account in vars(reseller_tree).items()
        if isinstance(account, Account)
    }
    logins["administrator"] = administrator
    return {name: lambda login=login: actor_for(login) for name, login in logins.items()}


@pytest.mark.parametrize("what", DEEDS)
def test_everybody_who_can_see_a_change_notices_it_and_nobody_else(
    reseller_tree: ResellerTree, people: dict[str, Callable[[], Actor]], what: str
) -> None:
    deed, noticing = DEEDS[what]
    before = {name: current(ask().scope) for name, ask in people.items()}
    deed(reseller_tree)
    after = {name: current(ask().scope) for name, ask in people.items() if ask().kind != "nobody"}
    changed = {name for name, number in after.items() if number != before[name]}
    assert changed == (noticing | {"administrator"}) & set(after)
    assert all(number >= before[name] for name, number in after.items())


def test_the_number_never_falls_through_a_life_of_roots(
    reseller_tree: ResellerTree, administrator: Any
) -> None:
    tree = reseller_tree
    deeds: list[Callable[[], object]] = [
        lambda: account_move(actor=SYSTEM, account=tree.agent, parent=None),
        lambda: account_edit(actor=SYSTEM, account=tree.customer, name="A"),
        lambda: account_edit(actor=SYSTEM, account=tree.customer, name="B"),
        lambda: account_move(actor=SYSTEM, account=tree.agent, parent=tree.other_top),
        lambda: account_move(actor=SYSTEM, account=tree.agent, parent=None),
        lambda: accounts_move(
            actor=SYSTEM, accounts=[tree.agent, tree.other_top], parent=tree.sibling
        ),
        lambda: account_move(actor=SYSTEM, account=tree.customer, parent=None),
        lambda: account_lock(actor=SYSTEM, account=tree.customer),
        lambda: account_unlock(actor=SYSTEM, account=tree.customer),
        lambda: account_delete(actor=SYSTEM, account=tree.customer, reason="x"),
    ]
    number = current(SYSTEM.scope)
    assert len(deeds) == 10
    for deed in deeds:
        deed()
        assert current(actor_for(administrator).scope) > number
        number = current(SYSTEM.scope)


def test_a_refused_deed_counts_nothing(reseller_tree: ResellerTree) -> None:
    before = current(SYSTEM.scope)
    with refused("cycle", field="parent"):
        account_move(actor=SYSTEM, account=reseller_tree.agent, parent=reseller_tree.customer)
    assert current(SYSTEM.scope) == before
