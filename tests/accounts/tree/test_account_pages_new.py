"""Adding accounts through the form."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.core.models import Account, User
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.support.answering import submit
from tests.support.mails import mails_sent
from tests.support.numbers import limit
from tests.support.pages import field_error, markup_of, text_of, words_of

pytestmark = pytest.mark.wide

VALUES = {
    "name": "Banasree Telecom",
    "account_id": "Dhaka-Retail-Banasree",
    "parent": "Dhaka-Retail-Sub",
    "type": "general",
    "ctd_billing_model": "standard",
}
URL = "/accounts/new/?agent=Dhaka-Retail-Sub"


def send(client: Client, url: str = URL, **changes: Any) -> Any:
    return submit(client, url, {**VALUES, **changes})


def test_the_agent_one_stands_on_is_filled_in(admin: Client, reseller_tree: ResellerTree) -> None:
    body = admin.get(URL).content.decode()
    assert 'value="Dhaka-Retail-Sub"' in body
    assert re.search(r'id="promotion"[^>]* hidden', body)


def test_a_new_account_stands_below_its_agent(admin: Client, reseller_tree: ResellerTree) -> None:
    response = send(admin, valid_until="2030-01-31", codecs=["G.729"], memo="New")
    assert response.status_code == 303
    assert response["Location"] == "/accounts/Dhaka-Retail-Banasree/"
    account = Account.objects.get(account_id="Dhaka-Retail-Banasree")
    assert account.parent == reseller_tree.agent
    assert account.detail.codecs == ["G.729"]
    assert account.valid_until.isoformat() == "2030-02-01T00:00:00+00:00"
    assert "Dhaka-Retail-Banasree is added." in text_of(admin.get(response["Location"]))


def test_the_first_sub_account_is_announced_before_and_told_afterwards(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    url = "/accounts/new/?agent=Customer-001"
    response = admin.get(url)
    assert "Customer-001 will become an agent." in text_of(response)
    assert not re.search(r'id="promotion"[^>]* hidden', response.content.decode())
    response = send(admin, url, parent="Customer-001")
    told = text_of(admin.get(response["Location"]))
    assert "Customer-001 is now an agent and stands in the tree." in told
    assert "Next for Customer-001: Authorizations , Number sections ." in told


def test_what_a_new_agent_has_already_is_not_offered(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    limit(reseller_tree.customer, "allow 880")
    response = send(admin, "/accounts/new/?agent=Customer-001", parent="Customer-001")
    page = markup_of(admin.get(response["Location"]))
    assert "Next for Customer-001: " in page
    assert 'href="/accounts/Customer-001/authorizations/">Authorizations</a>.' in page
    again = send(admin, "/accounts/new/?agent=Customer-001", parent="Customer-001",
                 account_id="Another-One")  # fmt: skip
    assert "Next for" not in words_of(admin.get(again["Location"]))


def test_save_and_add_another_keeps_the_agent(admin: Client, reseller_tree: ResellerTree) -> None:
    assert send(admin, another="1")["Location"] == URL


def test_a_hierarchy_deeper_than_three_agents_is_warned_of(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    deep = AccountFactory(account_id="Deep-Sub-Agent", parent=reseller_tree.deep_customer)
    text = text_of(admin.get(f"/accounts/new/?agent={deep.account_id}"))
    assert "This puts 5 agents above the account" in text


def test_an_account_id_is_suggested_after_the_pattern(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    response = send(admin, account_id="")
    assert response.status_code == 422
    assert 'value="Dhaka-Retail-BanasreeTelecom"' in response.content.decode()
    assert "is suggested" in field_error(response, "account_id")


def test_unknown_and_foreign_agents_are_the_same_error(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    response = send(admin, parent="Nobody-Knows-It")
    assert response.status_code == 422
    assert field_error(response, "parent") == "Agent ID must be an existing account in your scope."


@pytest.mark.parametrize("account_id", ["customer-001", "Picker"])
def test_a_taken_and_a_reserved_id_are_the_same_error(
    admin: Client, reseller_tree: ResellerTree, account_id: str
) -> None:
    response = send(admin, account_id=account_id)
    assert field_error(response, "account_id") == f"{account_id} is not available."


def test_values_that_cannot_be_stored_come_back_beside_their_fields(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    response = send(admin, name="", valid_until="2001-01-01", email="nobody", account_id="a b")
    assert response.status_code == 422
    assert b"<title>Error: " in response.content
    assert field_error(response, "name") == "Enter the account name."
    assert "This day is over in UTC." in field_error(response, "valid_until")
    assert "name@example.com" in field_error(response, "email")
    assert not Account.objects.filter(name="Banasree Telecom").exists()


@pytest.mark.parametrize("day", ["9999-12-31", "2100-01-01", "1999-12-31", "0001-01-01"])
def test_an_account_is_valid_until_a_day_that_every_zone_can_say(
    admin: Client, reseller_tree: ResellerTree, day: str
) -> None:
    response = send(admin, valid_until=day)
    assert response.status_code == 422
    assert field_error(response, "valid_until") == "Enter a day from 2000 to 2099."


def test_a_first_login_without_e_mail_gets_a_code_that_is_shown_once(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    response = send(admin, login_username="banasree")
    assert response.status_code == 200
    assert b"data-one-time-code" in response.content
    login = User.objects.get(username="banasree")
    assert login.account.account_id == "Dhaka-Retail-Banasree"
    assert login.must_change_password


def test_a_first_login_with_e_mail_is_invited(admin: Client, reseller_tree: ResellerTree) -> None:
    response = send(admin, login_username="banasree", login_email="b@example.com")
    assert response.status_code == 303
    assert mails_sent()[0].to == ["b@example.com"]


def test_a_login_that_cannot_be_made_leaves_no_account_behind(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    UserFactory(username="banasree", account=reseller_tree.customer)
    response = send(admin, login_username="Banasree")
    assert field_error(response, "login_username") == "Banasree is not available."
    assert not Account.objects.filter(account_id="Dhaka-Retail-Banasree").exists()


def test_a_login_needs_a_user_name(admin: Client, reseller_tree: ResellerTree) -> None:
    response = send(admin, login_email="b@example.com")
    assert "Enter a user name" in field_error(response, "login_username")


def test_no_agent_means_top_level(admin: Client, db: None) -> None:
    send(admin, "/accounts/new/", parent="", top="on")
    assert Account.objects.get(account_id="Dhaka-Retail-Banasree").parent is None


def test_agents_are_told_which_authorization_they_lack(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    client = client_of(UserFactory(account=reseller_tree.agent))
    for response in (client.get(URL), send(client)):
        assert response.status_code == 403
        assert "Add/delete/modify account" in text_of(response)
    assert not Account.objects.filter(account_id="Dhaka-Retail-Banasree").exists()


def test_an_account_that_may_hold_none_says_so(admin: Client, db: None) -> None:
    shop = AccountFactory(account_id="Card-Shop-1", type="phone_card")
    response = admin.get(f"/accounts/new/?agent={shop.account_id}")
    assert response.status_code == 422
    assert "only general accounts may have sub-accounts" in text_of(response)
