"""What agents have handed out, transfers that correct, and former transfers, in a browser."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from tests.factories import PASSWORD, ResellerTree, StaffFactory, UserFactory, grant, reseller_tree
from tests.factories.fixtures import signed_in_long_ago
from tests.support.browser import axe_everywhere
from tests.support.paying import balance, page_of, pay
from tests.support.settling import former_transfer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    """Dhaka, on covered, has handed out more than it has; it once paid out of its own balance."""
    tree = reseller_tree()
    grant(tree.agent)
    pay(tree.agent, "1000")
    former_transfer(tree.agent, tree.customer, "400")
    former_transfer(tree.agent, tree.customer_2, "50.25")
    pay(tree.customer_2, "120")
    terms_set(actor=SYSTEM, account=tree.sub_agent, credit_limit=Decimal(2500))
    payment_policy_set(actor=SYSTEM, account=tree.agent, funding="covered")
    return tree.refresh()


@pytest.fixture
def admin(tree: ResellerTree) -> User:
    return StaffFactory(username="nadia", administrator=True, password=PASSWORD)


def signed_in_long_before(page: Page, login: User, url: str) -> None:
    """Let the window belong to somebody whose sign-in is no fresh proof any more."""
    cookie = signed_in_long_ago(login).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


def proven(page: Page) -> None:
    """The password is asked for; what was sent waits, and its answer comes there."""
    page.locator("main input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.slow
@pytest.mark.axe
@pytest.mark.parametrize("who", ["administrator", "agent"])
def test_the_screens_shut_nobody_out(
    open_window: Callable[..., Page], tree: ResellerTree, admin: User, who: str
) -> None:
    login = admin if who == "administrator" else UserFactory(account=tree.agent)
    paths = ["/", "/accounts/Dhaka-Retail-Sub/", "/accounts/Dhaka-Retail-Sub/statement/"]
    if who == "administrator":
        paths += [
            "/payments/settlements/",
            "/payments/settlements/Dhaka-Retail-Sub/",
            page_of(tree.customer),
        ]
    page = open_window(login)
    for path in paths:
        assert axe_everywhere(page, path) == []


def test_a_transfer_asks_where_it_comes_from_and_for_the_password(
    open_window: Callable[..., Page], tree: ResellerTree, admin: User, live_server: Any
) -> None:
    page = open_window(admin)
    signed_in_long_before(page, admin, live_server.url)
    page.goto(page_of(tree.customer))
    expect(page.locator(".for-transfer")).to_be_hidden()
    page.fill("#id_amount", "20")
    page.get_by_text("Type and memo").click()
    page.select_option("#id_kind", "transfer")
    expect(page.locator(".for-transfer")).to_be_visible()
    page.get_by_role("combobox", name="From account").fill("Customer-002")
    page.get_by_role("option", name=re.compile("Customer-002")).first.click()
    page.fill("#id_memo", "It was for Customer-001")
    page.get_by_role("button", name="Check the payment").click()
    proven(page)
    page.get_by_role("button", name="Transfer 20.00 USD to Customer-001").click()
    page.wait_for_url(re.compile(r"/payments/[^/]+/$"))
    assert (balance(tree.customer), balance(tree.customer_2)) == (420, Decimal("150.25"))


def test_former_transfers_are_settled_in_three_clicks(
    open_window: Callable[..., Page], tree: ResellerTree, admin: User, live_server: Any
) -> None:
    page = open_window(admin)
    signed_in_long_before(page, admin, live_server.url)
    page.goto("/payments/")
    page.get_by_role("link", name="Former transfers").click()
    page.get_by_role("button", name="Check the selected").click()
    proven(page)
    page.get_by_label("Reason").fill("The new rules")
    page.get_by_role("button", name="Pay back 450.25 USD").click()
    expect(page.locator("main")).to_contain_text("1 agent is settled.")
    assert balance(tree.agent) == 1000
