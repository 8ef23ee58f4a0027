"""What the Agent ID picker offers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close
from tests.factories import AccountFactory, ResellerTree, UserFactory


def pick(client: Client, q: str = "", purpose: str = "parent", account: str = "") -> dict[str, Any]:
    answer = client.get("/accounts/picker/", {"q": q, "for": purpose, "account": account})
    assert answer.status_code == 200
    return {one["id"]: one for one in answer.json()["results"]}


def test_before_anything_is_typed_it_offers_agents(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    assert list(pick(admin)) == [
        "BD-Wholesale-Agent",
        "Dhaka-Retail-Sub",
        "Sub-Sub-Agent",
        "Sylhet-Retail-Sub",
        "Master-Agent-2",
    ]


def test_an_option_says_where_the_account_stands(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.agent, reason="x")
    option = pick(admin, "customer-301")["Customer-301"]
    assert option["path"] == "BD-Wholesale-Agent › Dhaka-Retail-Sub › Sub-Sub-Agent"
    assert option["level"] == 4
    assert option["status"] == "Locked above"
    assert option["note"] == "it would become an agent"
    assert option["refused"] == ""


def test_accounts_that_cannot_have_sub_accounts_stay_with_the_reason(
    admin: Client, reseller_tree: ResellerTree, settings: Any
) -> None:
    settings.MAX_AGENT_DEPTH = 3
    AccountFactory(account_id="Customer-Card", type="phone_card")
    account_close(actor=SYSTEM, account=reseller_tree.customer, reason="x")
    found = pick(admin, "customer")
    assert "only general accounts" in found["Customer-Card"]["refused"]
    assert "is closed" in found["Customer-001"]["refused"]
    assert "at most 3" in found["Customer-301"]["refused"]
    assert found["Customer-201"]["refused"] == ""


def test_for_a_move_what_lies_below_is_refused(admin: Client, reseller_tree: ResellerTree) -> None:
    found = pick(admin, "sub", "move", "Dhaka-Retail-Sub")
    assert "below itself" in found["Sub-Sub-Agent"]["refused"]
    assert "below itself" in found["Dhaka-Retail-Sub"]["refused"]
    assert found["Sylhet-Retail-Sub"]["refused"] == ""
    now = pick(admin, "BD-Wholesale", "move", "Dhaka-Retail-Sub")["BD-Wholesale-Agent"]
    assert "already belongs there" in now["refused"]


def test_for_all_sub_accounts_their_own_branch_is_refused(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    found = pick(admin, "sub", "children", "Dhaka-Retail-Sub")
    assert found["Dhaka-Retail-Sub"]["refused"] == "They belong there already."
    assert "It is one of those that move" in found["Sub-Sub-Agent"]["refused"]
    assert found["Sylhet-Retail-Sub"]["refused"] == ""


def test_agents_see_their_own_hierarchy_from_their_own_level(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    client = client_of(UserFactory(account=reseller_tree.agent))
    assert set(pick(client)) == {"Dhaka-Retail-Sub", "Sub-Sub-Agent"}
    assert pick(client, "BD-Wholesale") == {}
    option = pick(client, "customer-301")["Customer-301"]
    assert option["path"] == "Dhaka-Retail-Sub › Sub-Sub-Agent"
    assert option["level"] == 3


@pytest.mark.parametrize("account", ["Master-Agent-2", "Nobody", ""])
def test_foreign_and_unknown_accounts_to_move_are_the_same_nothing(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client], account: str
) -> None:
    client = client_of(UserFactory(account=reseller_tree.agent))
    answer = client.get("/accounts/picker/", {"for": "move", "account": account})
    assert answer.status_code == 404


def test_at_most_twenty_hits_by_a_constant_number_of_queries(
    admin: Client, db: None, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    top = AccountFactory()
    for at in range(25):
        AccountFactory(account_id=f"Many-{at:02}", parent=top)
    pick(admin, "many")
    with django_assert_max_num_queries(8):
        assert len(pick(admin, "many", "move", top.account_id)) == 20


@pytest.mark.parametrize("q", ["\x00", "%", "<b>", "x" * 5000])
def test_strange_words_find_nothing(admin: Client, reseller_tree: ResellerTree, q: str) -> None:
    assert isinstance(pick(admin, q), dict)


def test_who_may_be_a_login_as_well(admin: Client, reseller_tree: ResellerTree) -> None:
    UserFactory(account=reseller_tree.customer, username="dhaka-clerk", full_name="A. Clerk")
    found = pick(admin, "dhaka", "who")
    assert (found["dhaka-clerk"]["path"], found["dhaka-clerk"]["note"]) == (
        "Customer-001", "login",
    )  # fmt: skip
    assert "Dhaka-Retail-Sub" in found
    assert "dhaka-clerk" not in pick(admin, "dhaka", "read")
    assert "dhaka-clerk" not in pick(admin, "", "who")


def test_logins_beside_and_above_are_not_offered(
    client: Client, reseller_tree: ResellerTree
) -> None:
    for name in ("top", "sibling", "customer"):
        UserFactory(account=getattr(reseller_tree, name), username=f"clerk-{name}")
    client.force_login(UserFactory(account=reseller_tree.agent, username="dhaka-desk"))
    assert list(pick(client, "clerk", "who")) == ["clerk-customer"]
