"""Phones in a browser: two clicks and the numbers, by keyboard alone, and open to everybody."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from accounts.phones.models import Phone
from tests.factories import AccountFactory, grant, phone
from tests.support.browser import axe_everywhere, axe_violations
from tests.support.clicks import Clicks
from tests.support.jobs import work_off

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RANGE = "8801711000000 – 8801711000004"


@pytest.fixture
def customer(transactional_db: None) -> Account:
    agent = grant(AccountFactory(account_id="Dhaka"), Authorization.MANAGE_PHONE)
    return AccountFactory(account_id="Customer-1", parent=agent)


def test_by_mouse_a_pasted_list(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    """T15: two clicks and the numbers, from the phones of the account."""
    page = open_window(imran)
    page.goto("/accounts/Customer-1/phones/")
    clicks = Clicks(page)
    clicks.on("link", "Add phones")
    expect(page.locator("#id_numbers")).to_be_focused()
    page.keyboard.type(RANGE)
    expect(page.locator("#preview")).to_contain_text("5 phones will be added")
    clicks.on("button", "Add phones")
    expect(page.locator("h1")).to_have_text("5 new phones of Customer-1")
    clicks.within("T15")


def test_a_pasted_list_from_the_menu_of_a_row(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran)
    page.goto("/accounts/")
    page.locator("tr", has_text="Customer-1").get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Add phones…").click()
    expect(page.locator("#id_numbers")).to_be_focused()
    page.keyboard.type(RANGE)
    # Shown while it is typed: no page of its own stands in between.
    expect(page.locator("#preview")).to_contain_text("5 phones will be added")
    page.get_by_role("button", name="Add phones").click()
    expect(page.locator("h1")).to_have_text("5 new phones of Customer-1")
    assert Phone.objects.filter(account=customer).count() == 5
    expect(page.locator("[data-password]")).to_have_count(5)
    expect(page.locator("img.qr")).to_have_count(5)


def test_the_keyboard_alone_adds_one(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    """T15: two clicks and a number."""
    page = open_window(imran, width=390)
    page.goto("/accounts/Customer-1/phones/")
    clicks = Clicks(page)
    clicks.key("n")
    expect(page.locator("#id_numbers")).to_be_focused()
    page.keyboard.type("+880 1711-000000")
    expect(page.locator("#preview")).to_contain_text("1 phone will be added")
    page.keyboard.press("Tab")  # past the settings, which stay folded
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add phones")).to_be_focused()
    clicks.enter()
    expect(page.locator("h1")).to_have_text("Phone 8801711000000 of Customer-1")
    clicks.within("T15")
    expect(page.locator("[data-password]")).to_have_text(re.compile("^[A-Za-z2-9]{20}$"))


def test_without_script_several_are_shown_before_they_are_made(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    phone(customer, "8801711000009")
    page = open_window(imran, scripts=False)
    page.goto("/accounts/Customer-1/phones/new/")
    page.fill("#id_numbers", f"{RANGE}\n8801711000009")
    page.get_by_role("button", name="Add phones").click()
    expect(page.locator("#preview")).to_contain_text("it is a phone of Customer-1")
    page.fill("#id_numbers", RANGE)
    page.get_by_role("button", name="Add phones").click()
    expect(page.locator("#preview")).to_contain_text("5 phones will be added")
    page.get_by_role("button", name="Add phones").click()
    expect(page.locator("h1")).to_have_text("5 new phones of Customer-1")


def test_the_password_is_gone_once_the_page_is_left(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran)
    page.goto("/accounts/Customer-1/phones/new/")
    page.keyboard.type("8801711000000")
    page.get_by_role("button", name="Add phones").click()
    password = page.locator("[data-password]").inner_text()
    assert password not in page.url
    page.get_by_role("link", name="I have taken it down").click()
    page.locator("tr a", has_text="8801711000000").click()
    expect(page.locator("h1")).to_contain_text("8801711000000")
    assert password not in page.content()


def test_a_page_with_a_qr_code_is_loaded_again_without_sending_anything(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    phone(customer, "8801711000000")
    page = open_window(imran)
    page.goto("/phones/8801711000000/reset/")
    page.get_by_role("button", name="Make a new password").click()
    expect(page.get_by_role("img", name="QR code to set up 8801711000000")).to_be_visible()
    made = Phone.objects.get().ha1
    page.reload()
    expect(page.locator("main")).to_contain_text("The password was shown once")
    expect(page.get_by_role("link", name="To the phone")).to_be_focused()
    assert Phone.objects.get().ha1 == made


def test_selected_phones_are_locked(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    for at in range(3):
        phone(customer, f"880171100000{at}")
    page = open_window(imran)
    page.goto("/phones/")
    page.get_by_label("Select all rows on this page").check()
    page.get_by_role("button", name="Lock…", exact=True).click()
    page.get_by_role("button", name="Lock 3 phones").click()
    expect(page.locator("main")).to_contain_text("3 phones were locked.")
    assert Phone.objects.filter(lock="all").count() == 3


@pytest.mark.slow
@pytest.mark.axe
def test_the_screens_shut_nobody_out(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    phone(customer, "8801711000001", dids=["8801711000002"], lock="out", memo="Desk")
    page = open_window(imran)
    here = "/phones/8801711000001/"
    found = []
    for path in (here, f"{here}edit/", f"{here}lock/", f"{here}reset/", "/phones/?lock=in",
                 "/accounts/Dhaka/phones/?show=all", "/search/?q=171100"):  # fmt: skip
        found += axe_everywhere(page, path)
    page.goto("/accounts/Customer-1/phones/new/")
    page.keyboard.type("8801711000001, 8801711000003, x")
    expect(page.locator("#preview")).to_contain_text("2 numbers cannot be added")
    found += axe_violations(page)
    page.fill("#id_numbers", "8801711000003")
    page.get_by_role("button", name="Add phones").click()
    expect(page.locator("[data-password]")).to_be_visible()
    found += axe_violations(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/phones/")
    page.get_by_label("Select 8801711000001").check()
    page.get_by_role("button", name="Move…").click()
    expect(page.locator("h1")).to_have_text("Move phones to another account")
    found += axe_violations(page)
    assert found == []


@pytest.mark.axe
def test_a_sheet_is_checked_before_it_is_imported(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran)
    page.goto("/phones/import/?account=Customer-1")
    sheet = {"name": "p.csv", "mimeType": "text/csv", "buffer": b"number,calls\n8801,2\nx,1\n"}
    page.set_input_files("#id_file", sheet)  # type: ignore[arg-type]
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator(".error-summary")).to_contain_text("1 row has a problem")
    found = axe_violations(page)
    page.get_by_role("link", name="Choose another file").click()
    sheet["buffer"] = b"number,account,calls\n8801,Customer-1,2\n"
    page.set_input_files("#id_file", sheet)  # type: ignore[arg-type]
    page.get_by_role("button", name="Check the file").click()
    found += axe_violations(page)
    page.get_by_role("button", name="Import the phones").click()
    expect(page.locator("[data-password]")).to_be_visible()
    assert Phone.objects.get().max_calls == 2
    assert found == []


@pytest.mark.axe
@pytest.mark.parametrize("scripts", [True, False])
def test_a_sheet_without_headings_is_asked_about(
    open_window: Callable[..., Page], imran: User, customer: Account, scripts: bool
) -> None:
    page = open_window(imran, width=390, scripts=scripts)
    page.goto("/phones/import/")
    raw = b"8801711000001;Customer-1;3;desk\n8801711000002;Customer-1;2;door\n"
    sheet = {"name": "p.csv", "mimeType": "text/csv", "buffer": raw}
    page.set_input_files("#id_file", sheet)  # type: ignore[arg-type]
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("h1")).to_have_text("Which column is which?")
    expect(page.get_by_label("Column A holds")).to_have_value("number")
    found = axe_violations(page) if scripts else []
    page.get_by_label("Column D holds").select_option("Number")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".error-summary")).to_contain_text("Another column is “Number” already.")
    found += axe_violations(page) if scripts else []
    page.get_by_label("Column D holds").select_option("Memo")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Import the phones").click()
    expect(page.locator("[data-password]")).to_have_count(2)
    assert set(Phone.objects.values_list("memo", "max_calls")) == {("desk", 3), ("door", 2)}
    assert found == []


@pytest.mark.slow
@pytest.mark.axe
def test_a_long_sheet_is_imported_in_the_background(
    open_window: Callable[..., Page], imran: User, customer: Account
) -> None:
    page = open_window(imran)
    page.goto("/phones/import/")
    lines = [f"{8801711000000 + n},Customer-1,pw{n}" for n in range(501)]
    raw = "\n".join(["MSISDN,Customer,Secret", *lines, "x,Customer-2,"]).encode()
    sheet = {"name": "p.csv", "mimeType": "text/csv", "buffer": raw}
    page.set_input_files("#id_file", sheet)  # type: ignore[arg-type]
    page.get_by_role("button", name="Check the file").click()
    work_off()
    page.get_by_role("link", name="See what it would do").click()
    expect(page.locator(".error-summary")).to_contain_text("1 row has a problem")
    found = axe_violations(page)
    page.get_by_role("link", name="Choose another file").click()
    sheet["buffer"] = raw.rpartition(b"\n")[0]  # type: ignore[assignment]
    page.set_input_files("#id_file", sheet)  # type: ignore[arg-type]
    page.get_by_role("button", name="Check the file").click()
    work_off()
    page.get_by_role("link", name="See what it would do").click()
    found += axe_violations(page)
    page.get_by_role("button", name="Import the phones").click()
    work_off()
    page.get_by_role("link", name="Take down the passwords").click()
    expect(page.locator("main")).to_contain_text("501 phones wait for their passwords")
    found += axe_violations(page)
    page.get_by_role("button", name="Show the passwords").click()
    expect(page.locator("[data-password]")).to_have_count(501)
    assert found == []
