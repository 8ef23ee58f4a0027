"""Deleting: only what nobody needs any more, and always with the way out."""

from typing import Any

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AccountDetail, AgentVersion, AuditEntry, User
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.portal.registry import Blocker, registry
from accounts.tree.services.accounts import account_create
from accounts.tree.services.ending import account_delete
from accounts.tree.services.moving import accounts_move
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.support.refusals import refused
from tests.support.trees import assert_sound, outline

pytestmark = pytest.mark.django_db


def delete(account: Account, **more: Any) -> None:
    account_delete(actor=more.pop("actor", SYSTEM), account=account, reason="not needed", **more)


def test_an_untouched_account_goes_with_all_that_was_only_its_own() -> None:
    keep = AccountFactory(account_id="Keep")
    account = AccountFactory(account_id="Gone", name="Its name", parent=keep)
    login = UserFactory(account=account, username="gone-login")
    delete(account)
    assert outline() == ["Keep"]
    assert not AccountDetail.objects.filter(pk=account.pk).exists()
    assert not AgentVersion.objects.filter(pk=account.pk).exists()
    assert not User.objects.filter(pk=login.pk).exists()
    entry = AuditEntry.objects.get(action="account.delete")
    assert (entry.account, entry.account_pk, entry.reason) == ("Gone", account.pk, "not needed")
    assert (entry.before["name"], entry.before["agent"]) == ("Its name", "Keep")
    assert AuditEntry.objects.get(action="login.delete").subject == "gone-login"
    assert_sound()


def test_an_agent_that_loses_its_last_sub_account_is_an_ordinary_account_again() -> None:
    agent = AccountFactory()
    children = [AccountFactory(parent=agent) for _ in range(2)]
    for child, still_agent in zip(children, (True, False), strict=True):
        delete(child)
        agent.refresh_from_db()
        assert agent.is_agent is still_agent
    assert agent.category == "Account"
    delete(agent)
    assert not Account.objects.exists()


def test_the_id_of_a_deleted_account_is_free_again() -> None:
    delete(AccountFactory(account_id="Again"))
    assert account_create(actor=SYSTEM, account_id="again", name="x").account_id == "again"


@pytest.mark.parametrize("reason", ["", " \n"])
def test_deleting_needs_a_reason(reason: str) -> None:
    account = AccountFactory()
    with refused("reason_required", Refused, field="reason"):
        account_delete(actor=SYSTEM, account=account, reason=reason)


def test_an_agent_is_not_deleted_and_the_way_out_works(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    with refused("has_sub_accounts", Refused) as caught:
        delete(tree.agent)
    assert {one.account_id for one in caught.value.items} == {
        "Customer-001",
        "Customer-002",
        "Sub-Sub-Agent",
    }
    assert "4 sub-accounts" in str(caught.value.message)
    assert caught.value.ways_out
    accounts_move(actor=SYSTEM, accounts=list(caught.value.items), parent=tree.sibling)
    delete(tree.agent)
    assert outline() == [
        "BD-Wholesale-Agent",
        "  Sylhet-Retail-Sub",
        "    Customer-101",
        "    Sub-Sub-Agent",
        "      Customer-301",
        "    Customer-001",
        "    Customer-002",
        "Master-Agent-2",
        "  Customer-201",
    ]
    assert_sound()


def test_an_instance_from_before_the_first_sub_account_deletes_no_agent() -> None:
    stale = AccountFactory()
    AccountFactory(parent=stale)
    stale = Account(pk=stale.pk, lft=1, rght=2)
    with refused("has_sub_accounts", Refused):
        delete(stale)


def test_an_account_with_a_history_is_closed_instead() -> None:
    account = AccountFactory()

    def ask(_account: Account) -> list[Blocker]:
        return [Blocker("12 payments")]

    registry.delete_blockers.append(ask)
    try:
        with refused("has_history", Refused) as caught:
            delete(account)
    finally:
        registry.delete_blockers.remove(ask)
    assert [str(one.label) for one in caught.value.items] == ["12 payments"]
    assert caught.value.ways_out


def test_deleting_twice_finds_nothing_the_second_time() -> None:
    account = AccountFactory()
    pk = account.pk
    delete(account)
    with refused("not_in_scope", NotInScope):
        delete(Account(pk=pk))


def test_deleting_a_root_leaves_the_other_trees_alone() -> None:
    roots = [AccountFactory(account_id=f"R{n}") for n in range(3)]
    child = AccountFactory(account_id="C2", parent=roots[2])
    delete(roots[0])
    delete(roots[1])
    assert outline() == ["R2", "  C2"]
    child.refresh_from_db()
    assert child.parent == roots[2]
    assert_sound()


def test_agents_and_customers_delete_nothing_yet(
    reseller_tree: ResellerTree, agent_login: Any
) -> None:
    actor = actor_for(agent_login(reseller_tree.agent))
    with refused("not_authorized", NotAllowed):
        delete(reseller_tree.customer, actor=actor)
    with refused("not_in_scope", NotInScope):
        delete(reseller_tree.sibling_customer, actor=actor)
