"""Views of a list in a browser: filter, keep it as a view, find it again, delete it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.models import User
from tests.factories import StaffFactory, reseller_tree
from tests.support.browser import axe_violations

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
