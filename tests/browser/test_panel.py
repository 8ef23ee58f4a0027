"""The panel beside list and tree: look, go on, pay without leaving the place; by mouse and by
keyboard.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.core.models import Account, User
from billing.ledger.models import Transaction
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.support.browser import axe_and_fit, axe_violations
from tests.support.clicks import Clicks
from tests.support.paying import balance, pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/accounts/Dhaka/sub-accounts/"
HEADING = "#peek-name"


@pytest.fixture
def customers(transactional_db: None) -> list[Account]:
    """Three customers of an agent, each paid 50 yesterday."""
    agent = grant(AccountFactory(account_id="Dhaka"))
    made = [AccountFactory(account_id=f"Customer-{at}", parent=agent) for at in (1, 2, 3)]
    for one in made:
        pay(one, "50", at=timezone.now() - timedelta(days=1))
    return made


@pytest.fixture
def imran(customers: list[Account]) -> User:
    return UserFactory(account=customers[0].parent, username="imran")


def focus_on(page: Page, account: str) -> None:
    page.locator(f'tr[data-account="{account}"] th a').focus()


@pytest.mark.smoke
def test_by_mouse_a_row_is_looked_at_paid_and_brought_up_to_date(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    page = open_window(imran)
    page.goto(LIST)
    page.get_by_role("link", name="Customer-1", exact=True).click()
    expect(page.locator(HEADING)).to_have_text("Customer-1")
    assert page.url.endswith(LIST)
    panel = page.locator("#peek")
    expect(panel).to_contain_text("50.00 USD")
    panel.get_by_role("link", name="50.00", exact=True).click()
    expect(panel.locator("#peek-effect")).to_contain_text("100.00")
    panel.get_by_role("button", name="Pay 50.00 USD").click()
    expect(panel.locator("[data-peek-paid]")).to_be_focused()
    expect(panel.locator("[data-peek-paid]")).to_contain_text("50.00 USD paid.")
    expect(panel.locator(".wallet-figure")).to_contain_text("100.00")
    expect(page.locator('tr[data-account="Customer-1"]')).to_contain_text("100.00")
    assert balance(customers[0]) == 100
    # A click outside of its cells' controls opens the next; the button leads on as well.
    page.locator('tr[data-account="Customer-2"]').get_by_text("Active").click()
    expect(page.locator(HEADING)).to_have_text("Customer-2")
    panel.get_by_role("button", name="Next account").click()
    expect(page.locator(HEADING)).to_have_text("Customer-3")
    expect(panel.get_by_role("button", name="Next account")).to_have_attribute(
        "aria-disabled", "true"
    )
    panel.get_by_role("button", name="Close the panel").click()
    expect(panel).to_be_hidden()


def test_three_customers_in_a_row_by_mouse(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    page = open_window(imran)
    page.goto(LIST)
    clicks = Clicks(page)
    assert len(customers) == 3
    for one in customers:
        before = clicks.count
        clicks.on("link", re.compile(f"^{one.account_id}$"))
        expect(page.locator(HEADING)).to_have_text(one.account_id)
        page.locator("#peek-amount").focus()
        page.keyboard.type("20")
        clicks.on("button", "Pay 20.00 USD")
        expect(page.locator("[data-peek-paid]")).to_contain_text("20.00 USD paid.")
        assert clicks.count - before <= 4
    assert [balance(one) for one in customers] == [70, 70, 70]


def test_three_customers_in_a_row_by_keyboard(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    """What is typed faster than the answer comes is not paid: the button with the amount is."""
    page = open_window(imran)
    page.goto(LIST)
    clicks = Clicks(page)
    assert len(customers) == 3
    page.keyboard.press("j")
    for one in customers:
        before = clicks.count
        if one is customers[0]:
            clicks.enter()
        else:
            page.keyboard.press("j")
        expect(page.locator(HEADING)).to_have_text(one.account_id)
        expect(page.locator(HEADING)).to_be_focused()
        page.locator("#peek-amount").focus()
        page.keyboard.type("20")
        clicks.enter()
        expect(page.get_by_role("button", name="Pay 20.00 USD")).to_be_focused()
        clicks.enter()
        expect(page.locator("[data-peek-paid]")).to_be_focused()
        assert clicks.count - before <= 4
    assert [balance(one) for one in customers] == [70, 70, 70]


def test_keys_lead_on_to_the_page_and_back(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    page = open_window(imran)
    page.goto(LIST)
    focus_on(page, "Customer-1")
    page.keyboard.press("Enter")
    expect(page.locator(HEADING)).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(HEADING)).to_have_text("Customer-2")
    page.keyboard.press("k")
    expect(page.locator(HEADING)).to_have_text("Customer-1")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator(HEADING)).to_have_text("Customer-2")
    # No letter is a key while something is typed.
    page.locator("#peek-reference").focus()
    page.keyboard.type("jko")
    expect(page.locator("#peek-reference")).to_have_value("jko")
    expect(page.locator(HEADING)).to_have_text("Customer-2")
    page.keyboard.press("Escape")
    expect(page.locator("#peek")).to_be_hidden()
    expect(page.locator('tr[data-account="Customer-2"] th a')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(HEADING)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/Customer-2/")
    page.go_back()
    focus_on(page, "Customer-3")
    page.keyboard.press("Enter")
    expect(page.locator(HEADING)).to_have_text("Customer-3")
    page.keyboard.press("o")
    page.wait_for_url("**/accounts/Customer-3/")


def test_a_double_click_pays_once(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    page = open_window(imran)
    page.goto(LIST)
    page.get_by_role("link", name="Customer-1", exact=True).click()
    page.locator("#peek-amount").fill("20")
    page.get_by_role("button", name="Pay 20.00 USD").dblclick()
    expect(page.locator("[data-peek-paid]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert balance(customers[0]) == 70
    assert Transaction.objects.filter(amount=20).count() == 1


@pytest.mark.parametrize("amount", ["500.01", "20"], ids=["unusual", "first"])
def test_what_is_unusual_goes_by_the_check_page(
    open_window: Callable[..., Page], imran: User, customers: list[Account], amount: str
) -> None:
    account = customers[0]
    if amount == "20":
        account = AccountFactory(account_id="Customer-4", parent=customers[0].parent)
    before = balance(account)
    page = open_window(imran)
    page.goto(LIST)
    page.get_by_role("link", name=account.account_id, exact=True).click()
    page.locator("#peek-amount").fill(amount)
    expect(page.locator("#peek-effect")).to_contain_text("You check it on the next page.")
    page.get_by_role("button", name="Check the payment").click()
    deed = page.get_by_role("button", name=re.compile(f"^Pay .* to {account.account_id}"))
    expect(deed).to_be_visible()
    assert balance(account) == before
    deed.click()
    page.wait_for_url(re.compile("/payments/"))
    assert balance(account) > before


def test_a_double_click_on_a_row_and_a_new_tab_lead_to_the_page(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    page = open_window(imran)
    page.goto(LIST)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Customer-1", exact=True).click(modifiers=["Control"])
    assert opened.value.url.endswith("/accounts/Customer-1/")
    expect(page.locator("#peek")).to_be_hidden()
    page.locator('tr[data-account="Customer-2"]').get_by_text("Active").dblclick()
    page.wait_for_url("**/accounts/Customer-2/")


def test_without_script_a_row_leads_to_the_page_and_the_panel_is_one(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    page = open_window(imran, scripts=False)
    page.goto(LIST)
    page.get_by_role("link", name="Customer-1", exact=True).click()
    page.wait_for_url("**/accounts/Customer-1/")
    page.goto("/accounts/Customer-1/panel/")
    page.fill("#peek-amount", "20")
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_role("button", name="Pay 20.00 USD to Customer-1").click()
    assert balance(customers[0]) == 70


def test_beside_the_tree(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    admin = StaffFactory(administrator=True)
    AccountFactory(account_id="Below-1", parent=customers[0])
    AccountFactory(account_id="Below-2", parent=AccountFactory(account_id="Sylhet"))
    page = open_window(admin)
    page.goto("/audit/")
    item = page.locator('[role=treeitem][data-account="Dhaka"]')
    item.locator(".node-name").first.click()
    expect(page.locator(HEADING)).to_have_text("Dhaka")
    assert page.url.endswith("/audit/")
    page.keyboard.press("Escape")
    expect(page.locator("#peek")).to_be_hidden()
    expect(item).to_be_focused()
    page.keyboard.press(" ")
    expect(page.locator(HEADING)).to_have_text("Dhaka")
    expect(item).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    expect(page.locator(HEADING)).to_have_text("Sylhet")
    page.keyboard.press(" ")
    expect(page.locator(HEADING)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(HEADING)).to_have_text("Dhaka")
    page.locator("#peek-amount").fill("20")
    expect(page.locator("#peek-effect")).to_contain_text("It is the first payment")
    page.locator(HEADING).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/Dhaka/")


@pytest.mark.slow
@pytest.mark.axe
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_it_shuts_nobody_out_and_fits(
    open_window: Callable[..., Page],
    imran: User,
    customers: list[Account],
    width: int,
    dark: bool,
) -> None:
    page = open_window(imran, width=width, dark=dark)
    page.goto(LIST)
    page.locator('tr[data-account="Customer-1"] th a').click()
    expect(page.locator(HEADING)).to_be_focused()
    box = page.locator("#peek").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width
    assert box["width"] == 390 or width > 390
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = axe_violations(page)
    page.locator("#peek-amount").fill("501")
    expect(page.locator("#peek-effect")).to_contain_text("You check it on the next page.")
    page.locator("#peek-number").fill("8801711000001")
    expect(page.locator("#peek-answer")).not_to_be_empty()
    found += axe_violations(page)
    page.goto("/accounts/Customer-1/panel/")
    assert found + axe_and_fit(page) == []


def test_beside_the_panel_the_list_keeps_its_tools_in_a_line_and_names_agents(
    open_window: Callable[..., Page], imran: User, customers: list[Account]
) -> None:
    page = open_window(imran)
    page.goto(f"{LIST}?show=all")
    page.get_by_role("link", name="Customer-1", exact=True).click()
    expect(page.locator(HEADING)).to_have_text("Customer-1")
    tools = page.locator("form.toolbar")
    find, files = tools.get_by_role("searchbox"), tools.get_by_text("Export")
    first, last = find.bounding_box(), files.bounding_box()
    assert first is not None
    assert last is not None
    assert abs(first["y"] + first["height"] / 2 - last["y"] - last["height"] / 2) < 4
    heads = page.locator("thead th")
    expect(heads.filter(has_text="Level and agent")).to_be_visible()
    expect(heads.filter(has_text="Available")).to_be_hidden()
