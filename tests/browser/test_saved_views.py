"""Views of a list in a browser: filter, keep it as a view, find it again, delete it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from accounts.tree.services.accounts import account_lock
from tests.factories import StaffFactory, reseller_tree
from tests.support.browser import axe_violations
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def login(transactional_db: None) -> User:
    reseller_tree()
    return StaffFactory(username="admin", administrator=True)


def test_a_view_by_mouse(open_window: Callable[..., Page], login: User) -> None:
    page = open_window(login)
    page.goto("/accounts/?show=all")
    pills = page.get_by_role("group", name="Filters")
    pills.get_by_text("Filter", exact=True).click()
    pills.get_by_role("link", name="Category").click()
    pills.get_by_label("Category").select_option("agent")
    pills.get_by_role("button", name="Apply").click()
    pill = page.get_by_role("link", name="Remove filter: Category Agent")
    expect(pill).to_be_visible()
    bar = page.locator(".views-bar")
    bar.locator("summary").click()
    page.get_by_label("Name of the view").fill("Agents")
    bar.get_by_role("button", name="Save view").click()
    tab = page.get_by_role("link", name="Agents", exact=True).and_(bar.locator("a"))
    expect(tab).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="All accounts").click()
    expect(pill).to_have_count(0)
    tab.click()
    expect(pill).to_be_visible()
    pill.click()
    expect(tab).not_to_have_attribute("aria-current", "true")
    bar.locator("summary").click()
    bar.get_by_role("link", name="Your views").click()
    page.get_by_role("button", name="Delete “Agents”").click()
    expect(page.locator("main")).to_contain_text("No views of your own yet")
    assert not login.saved_views.exists()


def test_a_view_by_keyboard(open_window: Callable[..., Page], login: User) -> None:
    page = open_window(login)
    page.goto("/gateways/")
    page.get_by_role("link", name="Locked", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Remove filter: State Locked")).to_be_visible()
    page.locator(".pills summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Protocol").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Protocol")).to_be_focused()
    page.keyboard.type("SIP")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Remove filter: Protocol SIP")).to_be_visible()
    page.locator(".views-bar summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of the view")).to_be_focused()
    page.keyboard.type("Locked SIP")
    page.keyboard.press("Enter")
    tab = page.locator(".views a", has_text="Locked SIP")
    expect(tab).to_have_attribute("aria-current", "true")
    assert login.saved_views.get().asks == {"state": "locked", "protocol": "sip"}
    page.goto("/gateways/")
    tab.focus()
    page.keyboard.press("Enter")
    expect(tab).to_have_attribute("aria-current", "true")
    page.locator(".views-bar summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Your views").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete “Locked SIP”").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("No views of your own yet")


LOOKS = [
    ("link", re.compile(r"^All \d"), "show=all"),
    ("link", re.compile("^Balance"), "balance"),
    ("link", re.compile("^Locked$"), "status=locked"),
]


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_list_is_looked_at_otherwise_by_mouse_and_by_keyboard(
    open_window: Callable[..., Page], login: User, way: str
) -> None:
    """T4: one click each for all, an order, a filter, opening the columns and keeping them."""
    account_lock(actor=SYSTEM, account=Account.objects.called("Customer-001").get(), reason="x")
    page = open_window(login)
    page.goto("/accounts/")
    main = page.locator("main")

    def press(control: Locator, clicks: Clicks) -> None:
        if way == "mouse":
            clicks.at(control)
        else:
            clicks.tab_on(control)
            clicks.enter()

    for role, name, asked in LOOKS:
        clicks = Clicks(page)
        press(main.get_by_role(role, name=name).first, clicks)  # type: ignore[arg-type]
        page.wait_for_url(re.compile(asked))
        clicks.within("T4")
    clicks = Clicks(page)
    press(main.locator("summary", has_text="Columns"), clicks)
    memo = page.get_by_label("Memo", exact=True)
    expect(memo).to_be_visible()
    clicks.within("T4")
    memo.focus()
    page.keyboard.press("Space")
    clicks = Clicks(page)
    press(page.get_by_role("button", name="Save columns"), clicks)
    expect(page.get_by_role("columnheader", name="Memo")).to_be_attached()
    assert "status=locked" in page.url
    clicks.within("T4")


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_view_is_kept_in_two_clicks_and_a_name(
    open_window: Callable[..., Page], login: User, way: str
) -> None:
    """By mouse and by keyboard; it is opened by one."""
    page = open_window(login)
    page.goto("/accounts/?show=all&category=agent")
    clicks = Clicks(page)
    summary = page.locator(".views-bar summary")
    if way == "mouse":
        clicks.at(summary)
    else:
        clicks.tab_on(summary)
        clicks.enter()
    page.get_by_label("Name of the view").fill("Agents")
    page.get_by_label("Name of the view").focus()
    if way == "mouse":
        clicks.at(page.locator(".views-bar").get_by_role("button", name="Save view"))
    else:
        clicks.enter()
    expect(page.locator(".views [aria-current]")).to_have_text("Agents")
    assert clicks.count == 2
    page.goto("/accounts/")
    clicks = Clicks(page)
    clicks.at(page.locator(".views a", has_text="Agents"))
    page.wait_for_url(re.compile("category=agent"))
    clicks.within("T4")


def test_without_script(open_window: Callable[..., Page], login: User) -> None:
    page = open_window(login, scripts=False)
    page.goto("/gateways/?state=active")
    page.locator(".pills summary").click()
    page.get_by_role("link", name="Protocol").click()
    page.get_by_label("Protocol").select_option("sip")
    page.get_by_role("button", name="Apply filters").click()
    page.locator(".views-bar summary").click()
    page.get_by_label("Name of the view").fill("SIP")
    page.locator(".views-bar").get_by_role("button", name="Save view").click()
    expect(page.locator(".views [aria-current]")).to_have_text("SIP")


@pytest.mark.axe
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_nobody_is_shut_out(
    open_window: Callable[..., Page], login: User, width: int, dark: bool
) -> None:
    page = open_window(login, width=width, dark=dark)
    page.goto("/accounts/?show=all&category=agent&status=active")
    page.locator(".views-bar summary").click()
    page.get_by_label("Name of the view").fill("A view with a name as long as names are, so")
    page.locator(".views-bar").get_by_role("button", name="Save view").click()
    expect(page.locator(".views [aria-current]")).to_be_visible()
    page.locator(".pills summary").click()
    page.get_by_role("link", name="Type", exact=True).click()
    expect(page.locator(".one-filter").get_by_label("Type")).to_be_visible()
    assert page.evaluate(FITS)
    assert axe_violations(page) == []
    page.locator(".views-bar summary").click()
    assert page.evaluate(FITS)
    assert axe_violations(page) == []
    page.get_by_role("link", name="Your views").click()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    assert page.evaluate(FITS)
    assert axe_violations(page) == []
