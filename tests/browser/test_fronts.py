"""Three products on one core, in a browser: a customer on a phone, an agent who adds one by taps,
an administrator whose tree begins high.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant, phone, reseller_tree
from tests.support.browser import FITTING, axe_everywhere
from tests.support.paying import pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    made = reseller_tree()
    grant(
        made.agent,
        Authorization.MANAGE_ACCOUNT,
        Authorization.MANAGE_PHONE,
        Authorization.PAY_SUB_ACCOUNT,
    )
    phone(made.customer, "8801711000100")
    pay(made.customer, "12.50")
    return made


@pytest.fixture
def lounge(tree: ResellerTree) -> User:
    return UserFactory(account=tree.customer, username="lounge")


@pytest.fixture
def desk(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="desk")


def test_a_customer_with_phone_and_qr_code_in_three_taps_and_a_name(
    open_window: Callable[..., Page], desk: User
) -> None:
    page = open_window(desk, width=390, height=844, touch=True)
    page.goto("/")
    page.locator("#customer-name").tap()  # one
    page.keyboard.type("Corner Shop")
    page.get_by_role("button", name="Go on").tap()  # two
    expect(page.locator("#id_number")).to_have_value("8801711000101")
    page.get_by_role("button", name="Add and show the QR code").tap()  # three
    expect(page.locator("h1")).to_have_text("Dhaka-Retail-CornerShop and its phone")
    expect(page.get_by_role("img", name="QR code to set up 8801711000101")).to_be_visible()
    made = Account.objects.get(account_id="Dhaka-Retail-CornerShop")
    assert made.phones.get().number == "8801711000101"


def test_the_keyboard_alone_adds_a_customer_and_goes_on_to_pay(
    open_window: Callable[..., Page], desk: User
) -> None:
    page = open_window(desk)
    page.goto("/")
    page.locator("#customer-name").focus()
    page.keyboard.type("Corner Shop")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("New customer")
    page.locator("#id_number").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Dhaka-Retail-CornerShop and its phone")
    page.get_by_role("link", name="Payment…").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/Dhaka-Retail-CornerShop/payments/new/$"))


def test_the_id_follows_the_name_while_it_is_typed(
    open_window: Callable[..., Page], desk: User
) -> None:
    page = open_window(desk)
    page.goto("/accounts/new/customer/")
    page.locator("#id_name").press_sequentially("Green Road Clinic")
    expect(page.locator("#id_account_id")).to_have_value("Dhaka-Retail-GreenRoadClinic")


def test_a_customer_goes_about_by_the_dock(open_window: Callable[..., Page], lounge: User) -> None:
    page = open_window(lounge, width=390, height=844, touch=True)
    page.goto("/")
    expect(page.locator("#own-balance")).to_be_visible()
    dock = page.get_by_role("navigation", name="Main, at the bottom")
    for name in ("Movements", "Calls", "Phones", "Home"):
        dock.get_by_role("link", name=name).tap()
        expect(dock.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Statement").last.tap()
    expect(page.locator("h1")).to_contain_text("Statement")


def test_a_customer_tests_a_number_by_keyboard_and_without_script(
    open_window: Callable[..., Page], lounge: User
) -> None:
    page = open_window(lounge, scripts=False)
    page.goto("/")
    page.locator("#own-number").focus()
    page.keyboard.type("+880 1711 000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Refused")).to_be_visible()
    expect(page.locator("#own-number")).to_have_value("+880 1711 000000")


def test_the_tree_of_an_administrator_begins_high(
    open_window: Callable[..., Page], tree: ResellerTree, administrator: User
) -> None:
    page = open_window(administrator, width=1280, height=720)
    page.goto("/")
    # The words of every day are in sight the first time, and the tree below them.
    menu = page.get_by_role("navigation", name="Modules")
    expect(menu.get_by_role("link", name="Account management")).to_be_visible()
    box = page.get_by_role("tree").bounding_box()
    assert box is not None
    assert box["y"] <= 400
    # What is unfolded stays so, and the tree gives way as far as the middle.
    for group in ("Money", "Numbers and equipment", "Operation"):
        menu.locator("summary", has_text=group).click()
    page.reload()
    expect(menu.get_by_role("link", name="Payments", exact=True)).to_be_visible()
    below = page.get_by_role("navigation", name="Agents").bounding_box()
    assert below is not None
    assert below["y"] <= 384


def test_a_page_of_the_menu_keeps_its_line_when_one_is_on_it(
    open_window: Callable[..., Page], administrator: User
) -> None:
    page = open_window(administrator)
    link = page.get_by_role("link", name="Authorization management")
    heights = []
    for path in ("/", "/authorizations/"):
        page.goto(path)
        box = link.bounding_box()
        assert box is not None
        heights.append(box["height"])
    expect(link).to_have_attribute("aria-current", "page")
    assert heights[0] == heights[1] <= 30


@pytest.mark.parametrize("width", FITTING)
def test_nothing_is_wider_than_the_window(
    open_window: Callable[..., Page], lounge: User, desk: User, width: int
) -> None:
    AccountFactory(account_id="A-Very-Long-Account-ID-Of-An-Id", parent=lounge.account.parent)
    for login, path in (
        (lounge, "/?number=hello"),
        (lounge, "/accounts/Customer-001/"),
        (desk, "/"),
        (desk, "/accounts/new/customer/"),
    ):
        page = open_window(login, width=width)
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


@pytest.mark.axe
@pytest.mark.slow
def test_start_pages_are_accessible(
    open_window: Callable[..., Page], lounge: User, desk: User
) -> None:
    page = open_window(lounge)
    for path in ("/", "/?number=hello", "/accounts/Customer-001/", "/phones/8801711000100/"):
        assert axe_everywhere(page, path) == [], path
    page = open_window(desk)
    for path in ("/", "/accounts/new/customer/?name=Corner"):
        assert axe_everywhere(page, path) == [], path
