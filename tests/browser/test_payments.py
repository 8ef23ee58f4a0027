"""Paying in a browser: three clicks and an amount, by keyboard alone, and never twice."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from billing.handing_out.services.policies import payment_policy_set
from tests.factories import AccountFactory, StaffFactory, grant
from tests.support.browser import axe_everywhere, axe_violations
from tests.support.paying import balance, page_of, pay

RECEIPT = re.compile(r"/payments/[0-9a-z-]{19}/$")

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
def test_three_clicks_and_an_amount_from_a_row(
    open_window: Callable[..., Page], imran: User, customer: Account, width: int
) -> None:
    page = open_window(imran, width=width)
    page.goto("/accounts/")
    page.get_by_role("link", name="Payment… Customer-1").click()  # one
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.type("50")
    page.get_by_role("button", name="Check the payment").click()  # two
    expect(page.locator("main")).to_contain_text("Customer-1: 12.00 → 62.00 USD")
    page.get_by_role("button", name="Pay 50.00 USD to Customer-1").click()  # three
    page.wait_for_url(RECEIPT)
    assert balance(customer) == 62


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
    page.get_by_role("button", name="Check the payment").click()
    page.get_by_role("button", name="Pay 50.00 USD to Customer-1").dblclick()
    page.wait_for_url(RECEIPT)
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
