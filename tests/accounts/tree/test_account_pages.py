"""The page of an account: who sees what of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, User
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.support.pages import markup_of, text_of
from tests.support.sabotage import expire

pytestmark = pytest.mark.wide

Browser = Callable[[User], Client]


def page(client: Client, account: Account) -> str:
    return text_of(client.get(account.get_absolute_url()))


def test_an_ordinary_account_says_that_it_is_not_in_the_tree_and_how_it_gets_there(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    text = page(admin, reseller_tree.customer)
    assert "Not in the tree: it has no sub-accounts yet. Add one." in text
    assert "Account set by the system: it has no sub-accounts" in text


def test_an_agent_shows_what_lies_below_it_and_what_is_still_to_do(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    text = page(admin, reseller_tree.agent)
    assert "Agent set by the system: it has sub-accounts" in text
    assert "Direct 3 All 4 Agents 1 Locked 0 Expired 0" in text
    assert "Set up this agent 2 of 8 done" in text
    assert "Not in the tree" not in text


def test_the_set_up_disappears_when_everything_is_done(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    account_edit(actor=SYSTEM, account=reseller_tree.agent, detail={"email": "a@example.com"})
    assert "3 of 8 done" in page(admin, reseller_tree.agent)


def test_the_status_names_every_level_that_stops_the_account(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="x")
    account_lock(actor=SYSTEM, account=reseller_tree.agent, reason="x")
    expire(reseller_tree.customer)
    text = page(admin, reseller_tree.customer)
    assert "This account does not operate." in text
    assert "It was valid until" in text
    assert "Dhaka-Retail-Sub above it is locked. BD-Wholesale-Agent above it is locked." in text


def test_an_agent_reads_of_levels_above_its_own_only_that_there_is_one(
    reseller_tree: ResellerTree, client_of: Browser
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="dispute #118")
    text = page(client_of(UserFactory(account=reseller_tree.agent)), reseller_tree.customer)
    assert "A level above yours is locked or expired." in text
    assert "BD-Wholesale-Agent" not in text
    assert "level 1" in text  # the viewer's own account, whatever stands above it
    assert "dispute" not in text


def test_recent_events_tell_an_agent_deeds_but_neither_persons_nor_agents_above(
    reseller_tree: ResellerTree, client_of: Browser, administrator: User
) -> None:
    boss = actor_for(administrator)
    account_edit(actor=boss, account=reseller_tree.agent, name="New name", detail={"memo": "Watch"})
    account_lock(actor=boss, account=reseller_tree.agent, reason="dispute #118")
    text = page(client_of(UserFactory(account=reseller_tree.agent)), reseller_tree.agent)
    assert "Locked" in text
    assert "Administrator" in text
    assert "New name" in text
    for hidden in (administrator.username, "dispute", "Watch", "BD-Wholesale-Agent"):
        assert hidden not in text


def test_an_account_that_came_from_elsewhere_shows_a_former_agent(
    reseller_tree: ResellerTree, client_of: Browser
) -> None:
    account_move(
        actor=SYSTEM, account=reseller_tree.other_customer, parent=reseller_tree.agent, reason="x"
    )
    text = page(client_of(UserFactory(account=reseller_tree.agent)), reseller_tree.other_customer)
    assert "was former agent becomes Dhaka-Retail-Sub" in text
    assert "Master-Agent-2" not in text


def test_the_memo_is_for_the_levels_above_not_for_the_account_itself(
    reseller_tree: ResellerTree, client_of: Browser
) -> None:
    account = AccountFactory(parent=reseller_tree.agent, detail={"memo": "Pays late"})
    agent = client_of(UserFactory(account=reseller_tree.agent))
    assert "Pays late" in page(agent, account)
    assert "Pays late" not in page(client_of(UserFactory(account=account)), account)


def test_what_an_agent_may_not_do_stays_visible_with_the_reason(
    reseller_tree: ResellerTree, client_of: Browser
) -> None:
    client = client_of(UserFactory(account=reseller_tree.top))
    response = client.get(reseller_tree.agent.get_absolute_url())
    assert "This needs authorization 1, “Add/delete/modify account”" in text_of(response)
    assert 'aria-disabled="true" aria-describedby="head-why"' in response.content.decode()


def test_the_tabs_lead_to_the_account_its_sub_accounts_and_its_logins(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    UserFactory(account=reseller_tree.agent)
    for tab in ("", "sub-accounts/", "logins/"):
        response = admin.get(f"/accounts/Dhaka-Retail-Sub/{tab}")
        assert response.status_code == 200
        assert "Overview Sub-accounts 4 Logins 1" in text_of(response)


def test_an_address_in_other_case_leads_to_the_account(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    response = admin.get("/accounts/dhaka-RETAIL-sub/")
    assert response["Location"] == "/accounts/Dhaka-Retail-Sub/"


def test_an_expiry_is_shown_in_the_zone_of_the_account(admin: Client, db: None) -> None:
    account = AccountFactory(time_zone="Asia/Dhaka", valid_until=timezone.now() + timedelta(days=3))
    assert "Asia/Dhaka" in page(admin, account)


def test_names_are_shown_as_text(admin: Client, db: None) -> None:
    account = AccountFactory(name="<b>Bold</b> & Sons")
    assert "<b>Bold</b>" not in markup_of(admin.get(account.get_absolute_url()))


def test_the_page_needs_as_many_queries_for_a_large_hierarchy_as_for_a_small_one(
    admin: Client, reseller_tree: ResellerTree, django_assert_max_num_queries: Callable
) -> None:
    for _ in range(30):
        AccountFactory(parent=reseller_tree.agent)
    admin.get(reseller_tree.agent.get_absolute_url())
    with django_assert_max_num_queries(23):
        admin.get(reseller_tree.agent.get_absolute_url())
