"""Distributing credit in a browser: by keyboard alone, once however often it is sent, for
everybody.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from accounts.tree.services.load import Draft, accounts_load
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.services.policies import payment_policy_set
from tests.factories import AccountFactory, UserFactory, grant
from tests.support.browser import axe_and_fit, axe_everywhere, axe_violations
from tests.support.paying import pay

START = "/payments/distribute/"
CHECK = re.compile(r"/payments/distribute/[0-9a-f-]{36}/$")
PAID = re.compile(r"/payments/distributions/[0-9a-f-]{36}/$")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dhaka(transactional_db: None) -> Account:
    """An agent on covered with three customers."""
    agent = grant(AccountFactory(account_id="Dhaka"))
    accounts_load(actor=SYSTEM, drafts=[Draft(f"C-{n}", "x", "Dhaka") for n in range(1, 4)])
    pay(agent, "100")
    payment_policy_set(actor=SYSTEM, account=agent, funding="covered")
    return agent


@pytest.fixture
def imran(dhaka: Account) -> User:
    return UserFactory(account=dhaka, username="imran")


def hand_in(page: Page, lines: str, control_sum: str) -> None:
    page.goto(START)
    page.get_by_label("List", exact=True).fill(lines)
    page.get_by_label("Control sum").fill(control_sum)
    page.get_by_role("button", name="Check the list").click()


def test_the_keyboard_alone_hands_a_list_in_corrects_it_and_pays(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    page = open_window(imran, width=390, height=700)
    page.goto(START)
    page.get_by_label("List", exact=True).focus()
    page.keyboard.insert_text("C-1, 10, R-1\nC-2; 20\nC-9\t5")
    for _time in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Control sum")).to_be_focused()
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    # Refused with both figures; the summary leads to the box.
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".error-summary")).to_contain_text("35.00, the control sum says 30.00")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Control sum")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("35")
    page.keyboard.press("Enter")
    # One line names nobody.
    page.wait_for_url(CHECK)
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("main")).to_contain_text("There is no such account.")
    page.get_by_role("link", name="Correct the list").focus()
    page.keyboard.press("Enter")
    page.get_by_label("List", exact=True).focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("C-1, 10, R-1\nC-2; 20\nC-3\t5")
    page.get_by_role("button", name="Check the list").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(CHECK)
    expect(page.get_by_role("button", name="Pay 35.00 USD to 3 accounts")).to_be_focused()
    assert page.evaluate("window.scrollY") == 0
    expect(page.locator("main")).to_contain_text("35.00 USD")
    page.keyboard.press("Enter")
    page.wait_for_url(PAID)
    assert cover_of(dhaka.pk).handed_out == 35


@pytest.mark.parametrize("scripts", [True, False], ids=["with-script", "without-script"])
def test_a_double_click_pays_once(
    open_window: Callable[..., Page], imran: User, dhaka: Account, scripts: bool
) -> None:
    page = open_window(imran, scripts=scripts)
    hand_in(page, "C-1,10\nC-2,20", "30")
    page.get_by_role("button", name="Pay 30.00 USD").dblclick()
    expect(page).to_have_url(PAID)
    assert cover_of(dhaka.pk).handed_out == 30


def select_all(page: Page) -> None:
    page.goto("/accounts/Dhaka/sub-accounts/")
    page.locator("thead .tick input").check()
    page.get_by_role("button", name="Distribute credit…").click()
    page.wait_for_url("**/selection/")


def test_selected_accounts_are_paid_row_by_row(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    page = open_window(imran)
    select_all(page)
    page.get_by_label("Same amount for all").fill("5")
    page.get_by_role("button", name="Fill").click()
    expect(page.get_by_label("Amount for C-3")).to_have_value("5.00")
    page.get_by_label("Amount for C-2").fill("90")
    # What is free is said while it is typed, and again on the check page, which refuses.
    expect(page.locator(".sum-bar")).to_contain_text("100.00 USD")
    expect(page.locator("#after-2")).to_have_text("90.00")
    page.get_by_label("Amount for C-1").fill("6")
    expect(page.locator(".sum-bar")).to_contain_text("−1.00")
    expect(page.locator(".sum-bar")).to_contain_text("more than that")
    page.get_by_label("Amount for C-2").fill("")
    page.get_by_role("button", name="Check 11.00 USD").click()
    page.get_by_role("button", name="Pay 11.00 USD to 2 accounts").click()
    page.wait_for_url(PAID)
    assert cover_of(dhaka.pk).handed_out == 11


def test_the_keyboard_alone_fills_a_table_corrects_it_and_pays(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    page = open_window(imran, width=390, height=700)
    page.goto("/accounts/Dhaka/sub-accounts/")
    page.locator("thead .tick input").evaluate("(box) => box.click()")
    page.get_by_role("button", name="Distribute credit…").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/selection/")
    page.get_by_label("Amount for C-1").focus()
    page.keyboard.type("1,500")
    page.keyboard.press("Enter")
    # Enter in a row checks, and nothing is guessed.
    expect(page.locator(".error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Amount for C-1")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("15")
    page.keyboard.press("Enter")
    page.wait_for_url(CHECK)
    page.get_by_role("link", name="Change the amounts").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Amount for C-1")).to_have_value("15.00")
    page.get_by_role("button", name="Check 15.00 USD").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pay 15.00 USD to 1 account")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(PAID)
    assert cover_of(dhaka.pk).handed_out == 15


def test_tab_goes_from_amount_to_amount(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    page = open_window(imran)
    select_all(page)
    page.get_by_label("Amount for C-1").focus()
    for number, amount in ((1, "5"), (2, "6"), (3, "7")):
        expect(page.get_by_label(f"Amount for C-{number}")).to_be_focused()
        page.keyboard.type(amount)
        page.keyboard.press("Tab")
    expect(page.get_by_label("Method")).to_be_focused()
    expect(page.locator("#check-words")).to_contain_text("18.00")


def test_a_table_works_without_script(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    page = open_window(imran, scripts=False)
    page.goto("/accounts/Dhaka/sub-accounts/")
    page.get_by_role("checkbox", name="C-1").check()
    page.get_by_role("button", name="Distribute credit…").click()
    page.get_by_label("Same amount for all").fill("4")
    page.get_by_role("button", name="Fill").click()
    expect(page.get_by_label("Amount for C-1")).to_have_value("4.00")
    page.get_by_label("Amount for C-1").press("Enter")
    page.get_by_role("button", name="Pay 4.00 USD to 1 account").click()
    page.wait_for_url(PAID)
    assert cover_of(dhaka.pk).handed_out == 4


@pytest.mark.slow
@pytest.mark.axe
def test_a_table_shuts_nobody_out(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    pay(Account.objects.get(account_id="C-1"), "10")
    page = open_window(imran)
    select_all(page)
    page.get_by_label("Amount for C-2").fill("95")
    expect(page.locator(".sum-bar")).to_contain_text("more than that")
    found = axe_and_fit(page)
    page.emulate_media(color_scheme="dark")
    page.get_by_label("Amount for C-1").fill("x")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    found += axe_and_fit(page)
    page.set_viewport_size({"width": 390, "height": 800})
    found += axe_violations(page)
    assert found == []


def test_a_file_is_handed_in(open_window: Callable[..., Page], imran: User, dhaka: Account) -> None:
    page = open_window(imran)
    page.goto(START)
    raw = "account;amount;reference\r\nC-1;1.50;Müller\r\n".encode("utf-8-sig")
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": raw}
    page.get_by_label("Or a file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_label("Control sum").fill("1.5")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Müller")


@pytest.mark.slow
@pytest.mark.axe
def test_the_screens_shut_nobody_out(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    page = open_window(imran)
    found = axe_everywhere(page, START)
    hand_in(page, "C-1,10\nC-9,5\n<b>,6", "21")
    found += axe_everywhere(page, page.url)
    hand_in(page, "C-1,1000", "1000")
    expect(page.locator("main")).to_contain_text("900.00 are missing")
    found += axe_everywhere(page, page.url)
    pay(Account.objects.get(account_id="C-1"), "10")
    hand_in(page, "C-1,10\nC-2,20", "30")
    again = page.get_by_label("Yes, pay the same amounts again")
    expect(again).to_be_focused()
    found += axe_everywhere(page, page.url)
    page.get_by_role("button", name="Pay 30.00 USD").click()
    expect(page.locator(".error-summary")).to_be_focused()
    found += axe_violations(page)
    again.check()
    page.get_by_role("button", name="Pay 30.00 USD").click()
    page.wait_for_url(PAID)
    found += axe_everywhere(page, page.url)
    page.goto("/payments/")
    found += axe_violations(page)
    assert found == []


def test_what_was_paid_prints_without_the_portal_around_it(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    page = open_window(imran)
    hand_in(page, "C-1,10,SLIP-1", "10")
    page.get_by_role("button", name="Pay 10.00 USD").click()
    page.wait_for_url(PAID)
    page.emulate_media(media="print")
    expect(page.get_by_text("SLIP-1")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator("#side")).to_be_hidden()
