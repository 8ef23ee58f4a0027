"""The command bar in a real browser: by mouse, by keyboard, on a phone, and for everybody."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from billing.payments.services.paying import Payment, payment_make
from tests.factories import GatewayFactory, ResellerTree, StaffFactory, phone, reseller_tree
from tests.support.browser import axe_violations
from tests.support.carding import cards
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenWindow = Callable[..., Page]


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    tree = reseller_tree()
    payment_make(
        actor=SYSTEM,
        account=tree.customer,
        payment=Payment("recharge", Decimal(50), reference="BKASH-4711"),
        idempotency_key="bar",
    )
    return tree


@pytest.fixture
def admin(transactional_db: None) -> User:
    return StaffFactory(username="admin", administrator=True)


def bar(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Search or do")


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search or do")


def test_by_keyboard(tree: ResellerTree, admin: User, open_window: OpenWindow) -> None:
    page = open_window(admin)
    page.goto("/audit/")
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    expect(page.get_by_role("option", name="Audit log")).to_be_visible()
    page.keyboard.press("Escape")
    expect(bar(page)).not_to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("customer-00")
    first = page.get_by_role("option", name=re.compile("Customer-001"))
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    second = page.get_by_role("option", name=re.compile("Customer-002"))
    expect(second).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute(
        "aria-activedescendant", second.get_attribute("id") or "none"
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/accounts/Customer-002/$"))
    # Typed and entered at once, before any answer came.
    page.keyboard.press("/")
    page.keyboard.type("pay customer-001 50")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/accounts/Customer-001/payments/new/\?amount=50$"))
    expect(page.locator("#id_amount")).to_have_value("50")


@pytest.fixture
def things(tree: ResellerTree) -> None:
    """A phone, cards and a gateway among the accounts."""
    phone(tree.customer, "8801711000009")
    GatewayFactory(account=tree.agent, name="dhaka-gw-7")
    cards(tree.agent, 2, "SYL110001")


# The number of a phone is typed whole: a part of one is asked about as a number first.
FOUND = [
    ("stomer-301", "/accounts/Customer-301/"),
    ("8801711000009", "/phones/8801711000009/"),
    ("dhaka-gw", "/gateways/dhaka-gw-7/"),
    ("SYL110002", "/cards/SYL110002/"),
    ("bkash-47", "/payments/"),
]


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize(("fragment", "page_of_it"), FOUND)
def test_by_keyboard_anything_is_found(
    tree: ResellerTree, admin: User, open_window: OpenWindow, fragment: str, page_of_it: str
) -> None:
    """T2: the key, a fragment and Enter; of a payment, its bank reference."""
    page = open_window(admin)
    page.goto("/audit/")
    clicks = Clicks(page)
    page.get_by_role("heading", level=1).focus()
    clicks.key("/")
    page.keyboard.type(fragment)
    expect(page.get_by_role("option", selected=True)).to_be_visible()
    clicks.enter()
    page.wait_for_url(re.compile(page_of_it))
    clicks.within("T2")


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize(("fragment", "page_of_it"), FOUND)
def test_by_mouse_anything_is_found(
    tree: ResellerTree, admin: User, open_window: OpenWindow, fragment: str, page_of_it: str
) -> None:
    """T2: the box, a fragment and what is found."""
    page = open_window(admin)
    page.goto("/audit/")
    clicks = Clicks(page)
    clicks.on("searchbox", "Search or do")
    page.keyboard.type(fragment)
    clicks.at(page.get_by_role("option", name=re.compile(fragment, re.IGNORECASE)).first)
    page.wait_for_url(re.compile(page_of_it))
    clicks.within("T2")


def test_letters_are_letters_where_a_field_has_the_focus(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto("/accounts/new/")
    field = page.get_by_label("Name", exact=True)
    field.focus()
    page.keyboard.press("/")
    expect(field).to_have_value("/")
    expect(bar(page)).not_to_be_visible()


def test_a_payment_by_its_bank_reference_in_one_click(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("bkash-4711")
    page.get_by_role("option", name=re.compile("BKASH-4711")).click()
    expect(page.get_by_text("BKASH-4711").first).to_be_visible()
    expect(page).to_have_url(re.compile("/payments/"))


def test_by_mouse_from_the_box_at_the_top(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto("/")
    page.get_by_role("searchbox", name="Search or do").click()
    expect(box(page)).to_be_focused()
    page.keyboard.type("sub account")
    page.get_by_role("option", name=re.compile("Sub account management")).click()
    expect(page).to_have_url(re.compile("/accounts/$"))
    page.get_by_role("searchbox", name="Search or do").click()
    page.get_by_role("button", name="Close search").click()
    expect(bar(page)).not_to_be_visible()


def test_on_a_phone_it_fills_the_screen(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin, width=390)
    page.goto("/")
    page.get_by_role("link", name="Search", exact=True).click()
    expect(box(page)).to_be_focused()
    size = bar(page).bounding_box()
    assert size is not None
    assert (size["width"], size["height"]) == (390, 900)
    page.keyboard.type("customer-001")
    page.get_by_role("option", name=re.compile("Customer-001")).first.click()
    expect(page).to_have_url(re.compile("/accounts/Customer-001/$"))


def test_without_script_box_and_icon_lead_to_the_page(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin, scripts=False)
    page.goto("/")
    page.get_by_role("searchbox", name="Search or do").fill("pay customer-001 50")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("Pay Customer-001 50"))).to_be_visible()


@pytest.mark.axe
@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_use_it(
    tree: ResellerTree, admin: User, open_window: OpenWindow, width: int, is_dark: bool
) -> None:
    page = open_window(admin, width=width, dark=is_dark)
    page.goto("/")
    page.keyboard.press("Control+k")
    for text, shown in (("", "Accounts"), ("customer", "Customer-001")):
        box(page).fill(text)
        expect(page.get_by_role("option", name=re.compile(shown)).first).to_be_visible()
        assert axe_violations(page) == []
    box(page).fill("nothing-like-this")
    expect(bar(page).get_by_text("Nothing in your reach")).to_be_visible()
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
