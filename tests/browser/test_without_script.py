"""A working day without any script: what the portal is for is plain links and forms."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.models import Account, User
from accounts.phones.models import Phone
from tests.factories import PASSWORD, ResellerTree, UserFactory, grant, reseller_tree
from tests.support.numbers import limit
from tests.support.paying import balance

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

AGENT = "/accounts/Dhaka-Retail-Sub/"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    made = reseller_tree()
    grant(made.agent)
    return made


@pytest.fixture
def desk(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="desk", password=PASSWORD)


def test_an_agent_signs_in_adds_an_account_and_pays_it(
    tree: ResellerTree, desk: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(scripts=False)
    page.goto(f"{AGENT}sub-accounts/")
    page.get_by_label("User name or e-mail").fill("desk")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Add sub-account").first.click()
    page.get_by_label("Account ID").first.fill("Corner-Shop")
    page.get_by_label("Name", exact=True).fill("Corner Shop")
    page.get_by_role("button", name=re.compile("^(Add|Create)")).first.click()
    expect(page.locator("main")).to_contain_text("Corner-Shop")
    page.goto(f"{AGENT}sub-accounts/")
    page.get_by_role("link", name="Payment… Corner-Shop").click()
    page.fill("#id_amount", "50")
    page.get_by_role("button", name=re.compile("^Check ")).click()
    page.get_by_role("button", name="Pay 50.00 USD to Corner-Shop").click()
    page.wait_for_url(re.compile("/payments/"))
    made = Account.objects.get(account_id="Corner-Shop")
    assert made.parent == tree.agent
    assert balance(made) == 50


def test_an_account_is_moved_and_its_list_taken_along(
    tree: ResellerTree, desk: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(desk, scripts=False)
    page.goto("/accounts/Customer-001/move/")
    page.get_by_label("Agent ID").fill("Sub-Sub-Agent")
    page.get_by_role("button", name="Show the effects").click()
    page.get_by_label("Reason").fill("New region")
    page.get_by_role("button", name="Move 1 account").click()
    expect(page.locator("main")).to_contain_text("Sub-Sub-Agent")
    assert Account.objects.get(account_id="Customer-001").parent == tree.sub_agent
    page.goto("/accounts/Sub-Sub-Agent/sub-accounts/")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("CSV")).first.click()
    assert "Customer-001" in download.value.path().read_text()


def test_a_number_section_is_set_and_a_phone_added(
    tree: ResellerTree, desk: User, open_window: Callable[..., Page]
) -> None:
    limit(tree.agent, "allow 880")
    page = open_window(desk, scripts=False)
    page.goto("/accounts/Customer-001/number-sections/")
    page.get_by_label("Rules, one on each line").fill("allow 8801")
    page.get_by_role("button", name="Check the changes").click()
    page.get_by_role("button", name="Save the rules").click()
    expect(page.get_by_text("1 rule added.")).to_be_visible()
    page.goto("/accounts/Customer-001/phones/")
    page.get_by_role("link", name="Add phones").first.click()
    page.fill("#id_numbers", "8801711000000")
    page.get_by_role("button", name="Add phones").click()
    expect(page.locator("[data-password]")).to_be_visible()
    assert Phone.objects.get().account == tree.customer
