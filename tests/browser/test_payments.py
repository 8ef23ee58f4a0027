"""Paying in a browser: three clicks and an amount, by keyboard alone, and never twice."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from billing.handing_out.services.policies import payment_policy_set
from tests.factories import AccountFactory, StaffFactory, grant
from tests.support.browser import axe_everywhere, axe_violations
from tests.support.clicks import Clicks
from tests.support.paying import balance, page_of, pay

RECEIPT = re.compile(r"/payments/[0-9a-z-]{19}/(\?back=|$)")
# What the button says once the amount is typed, and before.
CHECK = re.compile("^Check ")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def customer(transactional_db: None) -> Account:
    """A customer of an agent that hands out what it has."""
    agent = grant(AccountFactory(account_id="Dhaka"))
    customer = AccountFactory(account_id="Customer-1", parent=agent)
    pay(agent, "1204.50")
    pay(customer, "12")
    payment_policy_set(actor=SYSTEM, account=agent, funding="covered")
    return customer


@pytest.mark.parametrize("width", [1440, 390])
def test_by_mouse_from_a_row(
    open_window: Callable[..., Page], imran: User, customer: Account, width: int
) -> None:
    """T11: three clicks and an amount."""
    page = open_window(imran, width=width)
    page.goto("/accounts/")
    clicks = Clicks(page)
    clicks.on("link", "Payment… Customer-1")
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.type("50")
    clicks.on("button", CHECK)
    expect(page.locator("main")).to_contain_text("Customer-1: 12.00 → 62.00 USD")
    clicks.on("button", "Pay 50.00 USD to Customer-1")
    page.wait_for_url(RECEIPT)
    assert balance(customer) == 62
    clicks.within("T11")


def test_by_keyboard_from_a_row(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    """T11: the same three by Enter."""
    page = open_window(imran)
    page.goto("/accounts/")
    clicks = Clicks(page)
    clicks.tab_to("link", "Payment… Customer-1")
    clicks.enter()
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.type("50")
    clicks.enter()
    expect(page.get_by_role("button", name="Pay 50.00 USD to Customer-1")).to_be_focused()
    clicks.enter()
    page.wait_for_url(RECEIPT)
    assert balance(customer) == 62
    clicks.within("T11")


@pytest.mark.smoke
def test_the_keyboard_alone_pays_and_the_check_page_stays_at_its_top(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran, width=390, height=600)
    page.goto(page_of(customer))
    page.keyboard.type("50")
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Pay 50.00 USD to Customer-1")
    expect(button).to_be_focused()
    assert page.evaluate("window.scrollY") == 0
    page.keyboard.press("Enter")
    page.wait_for_url(RECEIPT)
    assert balance(customer) == 62


@pytest.mark.parametrize("scripts", [True, False], ids=["with-script", "without-script"])
def test_a_double_click_on_pay_pays_once(
    open_window: Callable[..., Page], imran: User, customer: Account, scripts: bool
) -> None:
    page = open_window(imran, scripts=scripts)
    page.goto(page_of(customer))
    page.fill("#id_amount", "50")
    page.get_by_role("button", name=CHECK).click()
    page.get_by_role("button", name="Pay 50.00 USD to Customer-1").dblclick()
    expect(page).to_have_url(RECEIPT)
    assert balance(customer) == 62


@pytest.mark.slow
@pytest.mark.axe
def test_the_screens_shut_nobody_out(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    made = pay(customer, "50")
    page = open_window(imran)
    found = axe_everywhere(page, page_of(customer))
    found += axe_everywhere(page, f"/payments/{made.key}/")
    page.goto(page_of(customer))
    page.fill("#id_amount", "50")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Yes, pay the same amount again")).to_be_focused()
    found += axe_violations(page)
    page.goto(page_of(customer))
    page.fill("#id_amount", "1,500")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    found += axe_violations(page)
    found += axe_everywhere(page, "/payments/")
    found += axe_everywhere(page, f"/accounts/{customer.account_id}/statement/")
    page.get_by_text("Export", exact=True).click()
    expect(page.get_by_text("CSV is for programs")).to_be_visible()
    found += axe_violations(page)
    admin = open_window(StaffFactory(administrator=True))
    found += axe_everywhere(admin, "/accounts/Dhaka/payments/policy/")
    assert found == []


def test_before_and_after_stand_at_the_button_where_the_panel_is_below(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran, width=390)
    page.goto(page_of(customer))
    live = page.locator("#pay-live")
    expect(live).to_have_text(re.compile("Balance now 12.00"))
    page.keyboard.type("50")
    expect(live).to_have_text(re.compile("was 12.00.*becomes 62.00"))
    above, button = live.bounding_box(), page.get_by_role("button", name=CHECK).bounding_box()
    assert above
    assert button
    assert above["y"] < button["y"] < above["y"] + above["height"] + 24
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(live).to_be_hidden()


def test_a_printed_receipt_is_the_receipt_alone(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    made = pay(customer, "50", reference="SLIP-1")
    page = open_window(imran)
    page.goto(f"/payments/{made.key}/")
    page.emulate_media(media="print")
    expect(page.get_by_text("SLIP-1")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator("#side")).to_be_hidden()
    expect(page.locator(".letterhead")).to_contain_text(made.key)


def test_three_customers_in_a_row_from_the_list(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    """The receipt leads back to the list as it was, by Enter."""
    for number in (2, 3):
        AccountFactory(account_id=f"Customer-{number}", parent=customer.parent)
    page = open_window(imran)
    page.goto("/accounts/Dhaka/sub-accounts/?show=all")
    clicks = Clicks(page)
    for number in (1, 2, 3):
        before = clicks.count
        clicks.on("link", f"Payment… Customer-{number}")
        expect(page.locator("#id_amount")).to_be_focused()
        page.keyboard.type("5")
        clicks.enter()
        expect(
            page.get_by_role("button", name=f"Pay 5.00 USD to Customer-{number}")
        ).to_be_focused()
        clicks.enter()
        page.wait_for_url(RECEIPT)
        expect(page.get_by_role("link", name="Back to where you were")).to_be_focused()
        clicks.enter()
        page.wait_for_url("**/accounts/Dhaka/sub-accounts/?show=all")
        assert clicks.count - before == 4
    assert balance(customer) == 17


def test_before_and_after_follow_what_is_typed(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran)
    page.goto(page_of(customer))
    effect = page.locator("#pay-effect")
    expect(effect).to_contain_text("Balance now12.00Balance after–")
    page.keyboard.type("50")
    expect(effect).to_contain_text("This payment+50.00Balance after62.00")
    expect(page.get_by_role("button", name="Check and pay 50.00 USD")).to_be_visible()
    # What was paid before is offered, and fills the box in.
    page.get_by_role("link", name="12.00", exact=True).click()
    expect(page.locator("#id_amount")).to_have_value("12.00")
    expect(page.locator("#id_amount")).to_be_focused()
    expect(effect).to_contain_text("Balance after24.00")
    # What is typed next takes its place.
    page.keyboard.type("13")
    expect(page.locator("#id_amount")).to_have_value("13")
    page.get_by_role("link", name="12.00", exact=True).click()
    page.get_by_text("Type and memo").click()
    page.get_by_label("Type", exact=True).select_option("deduction")
    expect(effect).to_contain_text("This payment−12.00Balance after0.00")
    expect(page.get_by_role("button", name="Check and take 12.00 USD")).to_be_visible()
    page.fill("#id_amount", "twelve")
    expect(effect).to_contain_text("Enter an amount")
    expect(page.get_by_role("button", name="Check the payment")).to_be_visible()


@pytest.mark.axe
def test_new_payment_from_the_dashboard_by_keyboard(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran, width=390)
    page.goto("/")
    page.get_by_role("link", name="New payment").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/payments/new/")
    found = axe_everywhere(page, "/payments/new/")
    page.goto("/payments/new/")
    expect(page.get_by_role("combobox", name="Account")).to_be_focused()
    page.keyboard.type("customer-1")
    expect(page.get_by_role("option", name="Customer-1")).to_be_visible()
    page.keyboard.press("Enter")
    # The page stands; what belongs to the account comes into it.
    expect(page.locator(".pay-whom")).to_contain_text("Customer-1")
    expect(page.locator("h1")).to_have_text("New payment")
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.type("50")
    expect(page.locator("#pay-effect")).to_contain_text("62.00")
    found += axe_violations(page)
    assert found == []


def chosen(page: Page, account: str) -> None:
    page.get_by_role("combobox", name="Account").fill(account)
    page.get_by_role("option", name=account).click()
    expect(page.locator(".pay-whom")).to_contain_text(account)


def test_the_account_and_the_amount_stand_together(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    AccountFactory(account_id="Customer-2", parent=customer.parent)
    page = open_window(imran)
    page.goto("/phones/")
    page.evaluate("window.stays = true; location.href = '/payments/new/'")
    page.wait_for_url("**/payments/new/")
    page.evaluate("window.stays = true")
    # In whichever order: the amount first, then whom it is for.
    page.locator("#id_amount").fill("50")
    page.locator("#id_reference").fill("SLIP-7")
    chosen(page, "Customer-1")
    expect(page.locator("#id_amount")).to_have_value("50")
    expect(page.locator("#id_reference")).to_have_value("SLIP-7")
    effect = page.locator("#pay-effect")
    expect(effect).to_contain_text("Balance after62.00")
    expect(page.get_by_role("heading", name="Last payments")).to_be_visible()
    # Another one, in the same place, and what was typed stays.
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_role("combobox", name="Account")).to_be_focused()
    chosen(page, "Customer-2")
    expect(effect).to_contain_text("Balance after50.00")
    expect(page.get_by_role("heading", name="Last payments")).to_have_count(0)
    assert page.evaluate("window.stays")
    page.get_by_role("button", name="Check and pay 50.00 USD").click()
    page.get_by_role("button", name="Pay 50.00 USD to Customer-2").click()
    page.wait_for_url(RECEIPT)
    expect(page.locator("main")).to_contain_text("SLIP-7")
    page.get_by_role("link", name="Back to where you were").click()
    page.wait_for_url("**/phones/")


def test_what_is_typed_while_the_account_comes_is_kept(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran)
    page.goto("/payments/new/")
    held: list[Route] = []
    page.route("**/payments/new/?*", lambda one: held.append(one))
    page.get_by_role("combobox", name="Account").fill("Customer-1")
    with page.expect_request("**/payments/new/?*"):
        page.get_by_role("option", name="Customer-1").click()
    page.locator("#id_amount").focus()
    page.keyboard.type("5")
    held[0].continue_()
    expect(page.locator(".pay-whom")).to_contain_text("Customer-1")
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.type("0")
    expect(page.locator("#id_amount")).to_have_value("50")
    expect(page.locator("#pay-effect")).to_contain_text("Balance after62.00")


def test_without_script_the_account_is_the_first_of_two_steps(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran, scripts=False)
    page.goto("/payments/new/?back=/phones/")
    page.get_by_label("Account", exact=True).fill("Customer-1")
    page.get_by_label("Amount").fill("50")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#id_amount")).to_have_value("50")
    page.get_by_role("button", name="Check the payment").click()
    page.get_by_role("button", name="Pay 50.00 USD to Customer-1").click()
    page.get_by_role("link", name="Back to where you were").click()
    expect(page).to_have_url(re.compile("/phones/$"))
