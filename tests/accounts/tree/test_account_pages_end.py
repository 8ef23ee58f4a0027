"""Deleting and closing: the confirmation ladder, the refusals and their ways out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry, User
from accounts.tree.services.ending import account_close
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.support.answering import submit
from tests.support.pages import field_error, just_signed_in, text_of

pytestmark = pytest.mark.wide


def test_an_untouched_account_is_really_deleted(admin: Client, reseller_tree: ResellerTree) -> None:
    UserFactory(account=reseller_tree.sibling_customer, username="gone")
    url = "/accounts/Customer-101/delete/"
    text = text_of(admin.get(url))
    assert "1 login is deleted with it" in text
    assert "Sylhet-Retail-Sub loses its last sub-account" in text
    assert field_error(submit(admin, url), "reason") == "Give a reason."
    response = submit(admin, url, {"reason": "Typed twice"})
    assert response.status_code == 303
    assert response["Location"] == "/accounts/Sylhet-Retail-Sub/"
    assert "Customer-101 is deleted." in text_of(admin.get(response["Location"]))
    assert not Account.objects.filter(account_id="Customer-101").exists()
    assert not User.objects.filter(username="gone").exists()
    assert AuditEntry.objects.get(action="account.delete").reason == "Typed twice"


def test_an_agent_is_not_deleted_but_told_how_to(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    url = "/accounts/Dhaka-Retail-Sub/delete/"
    for response, status in ((admin.get(url), 200), (submit(admin, url, {"reason": "x"}), 422)):
        assert response.status_code == status
        text = text_of(response)
        assert "is an agent with 4 sub-accounts and cannot be deleted" in text
        for listed in ("Customer-001", "Customer-002", "Sub-Sub-Agent"):
            assert listed in text
        assert "Move all to…" in text
        assert "Close instead…" in text
        assert "First settle: 3 open sub-accounts" in text
        assert "/accounts/Dhaka-Retail-Sub/move-sub-accounts/" in response.content.decode()
    assert Account.objects.filter(account_id="Dhaka-Retail-Sub").exists()


def test_the_sub_accounts_in_the_way_come_fifty_at_a_time(admin: Client, db: None) -> None:
    top = AccountFactory()
    for at in range(53):
        AccountFactory(account_id=f"Sub-{at:02}", parent=top)
    first = text_of(admin.get(f"/accounts/{top}/delete/"))
    assert "1–50 of 53" in first
    second = text_of(admin.get(f"/accounts/{top}/delete/?page=2"))
    assert "51–53 of 53" in second
    assert "Sub-52" in second


def test_closing_needs_a_reason_and_the_account_id_typed(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    url = "/accounts/Customer-001/close/"
    assert "It is never reopened and never moves." in text_of(admin.get(url))
    response = submit(admin, url, {"reason": "Ended", "typed": "Customer-002"})
    assert response.status_code == 422
    assert field_error(response, "typed") == "This is not Customer-001."
    response = submit(admin, url, {"reason": "Ended", "typed": "customer-001"})
    assert response.status_code == 303
    text = text_of(admin.get(response["Location"]))
    assert "Customer-001 is closed." in text
    assert "This account is closed." in text


def test_an_agent_with_open_sub_accounts_is_not_closed(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    url = "/accounts/Dhaka-Retail-Sub/close/"
    data = {"reason": "x", "typed": "Dhaka-Retail-Sub"}
    for response, status in ((admin.get(url), 200), (submit(admin, url, data), 422)):
        assert response.status_code == status
        assert "Settle this first 3 open sub-accounts" in text_of(response)
    reseller_tree.refresh()
    assert reseller_tree.agent.status == "active"


@pytest.mark.parametrize("page", ["delete", "close"])
def test_who_signed_in_long_ago_proves_again_who_it_is(
    administrator: User,
    client_of_long_ago: Callable[[User], Client],
    reseller_tree: ResellerTree,
    page: str,
) -> None:
    client = client_of_long_ago(administrator)
    data: dict[str, Any] = {"reason": "x", "typed": "Customer-001"}
    url = f"/accounts/Customer-001/{page}/"
    for response in (client.get(url), submit(client, url, data)):
        assert response.status_code == 302
        assert response["Location"].startswith("/security/reauthenticate/")
    assert Account.objects.get(account_id="Customer-001").status == "active"


@pytest.mark.parametrize("page", ["delete", "close"])
def test_agents_end_nothing_yet(reseller_tree: ResellerTree, page: str) -> None:
    client = just_signed_in(UserFactory(account=reseller_tree.top))
    url = f"/accounts/Customer-001/{page}/"
    data = {"reason": "x", "typed": "Customer-001"}
    assert client.get(url).status_code == 403
    assert submit(client, url, data).status_code == 403
    assert Account.objects.get(account_id="Customer-001").status == "active"


def test_a_closed_account_offers_its_deletion_only_to_who_may_delete(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    customer = reseller_tree.customer
    account_close(actor=SYSTEM, account=customer, reason="x")
    link = f'href="{customer.get_absolute_url()}delete/"'
    agent = just_signed_in(UserFactory(account=reseller_tree.agent))
    assert link in admin.get(customer.get_absolute_url()).content.decode()
    assert link not in agent.get(customer.get_absolute_url()).content.decode()
