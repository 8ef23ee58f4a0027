"""Switches in a browser: one is added and its key taken down by mouse, replaced by keyboard; nobody
is shut out.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.models import User
from accounts.switches.keys import is_key
from accounts.switches.models import Switch
from accounts.switches.services.refusals import door_refused
from accounts.switches.services.switches import switch_seen
from tests.factories import StaffFactory
from tests.factories.switches import new_switch
from tests.support.browser import axe_and_fit, axe_everywhere

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct-horse-battery"


@pytest.fixture
def nadia(transactional_db: None) -> User:
    return StaffFactory(username="nadia", administrator=True, password=PASSWORD)


def sign_in_again(page: Page) -> None:
    """The session of a test was not made by a sign-in, so that the deed asks for one."""
    if "reauthenticate" in page.url:
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")


def key_on(page: Page) -> str:
    expect(page.locator("[data-key]")).to_be_visible()
    return page.locator("[data-key]").inner_text()


def test_a_switch_is_added_and_its_key_taken_down(
    open_window: Callable[..., Page], nadia: User
) -> None:
    page = open_window(nadia)
    page.goto("/switches/")
    page.get_by_role("link", name="Add switch").first.click()
    sign_in_again(page)
    page.get_by_label("Name").fill("sw-dhaka-1")
    page.get_by_label("IP addresses and networks").fill("198.51.100.7\n2001:db8::/64")
    page.get_by_role("button", name="Make its key").click()
    key = key_on(page)
    kept = Switch.objects.get()
    assert is_key(key, kept.key_hash)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the key").click()
    page.wait_for_function("key => navigator.clipboard.readText().then(t => t === key)", arg=key)
    page.get_by_role("link", name="I have taken it down").click()
    row = page.get_by_role("row", name="sw-dhaka-1")
    expect(row).to_contain_text("Never heard")
    expect(row).to_contain_text("2001:db8::/64")
    # Nowhere again.
    expect(page.locator("body")).not_to_contain_text(key)


def test_a_key_is_replaced_by_keyboard(open_window: Callable[..., Page], nadia: User) -> None:
    issued = new_switch("sw-dhaka-1")
    switch_seen(switch=issued.switch, address="127.0.0.1")
    page = open_window(nadia)
    page.goto("/switches/")
    page.get_by_role("row", name="sw-dhaka-1").get_by_role("link", name="New key").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/switches/"))
    sign_in_again(page)
    expect(page.locator("main")).to_contain_text("ends at once")
    # The way back has the focus first; the deed stands before it.
    expect(page.get_by_role("link", name="Leave it as it is")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Make a new key")).to_be_focused()
    page.keyboard.press("Enter")
    key = key_on(page)
    kept = Switch.objects.get()
    assert is_key(key, kept.key_hash)
    assert not is_key(issued.key.text, kept.key_hash)


@pytest.fixture
def switches(transactional_db: None) -> Switch:
    """One that is heard, one that is locked; and people who were refused."""
    heard = new_switch("sw-dhaka-1", ["127.0.0.1"], note="Kamailio 5.6").switch
    new_switch("sw-leeds-1", ["203.0.113.200/29", "2001:db8::/64"], is_locked=True)
    switch_seen(switch=heard, address="127.0.0.1")
    door_refused(address="192.0.2.61", why="unknown_key", times=214)
    door_refused(address="127.0.0.2", why="address", switch="sw-dhaka-1")
    door_refused(address="", why="limited", times=5)
    return heard


@pytest.mark.axe
def test_nobody_is_shut_out_of_an_empty_list(open_window: Callable[..., Page], nadia: User) -> None:
    assert axe_everywhere(open_window(nadia), "/switches/") == []


@pytest.mark.axe
def test_nobody_is_shut_out(
    open_window: Callable[..., Page], nadia: User, switches: Switch
) -> None:
    page = open_window(nadia)
    page.goto("/switches/new/")
    sign_in_again(page)
    expect(page.get_by_label("Name")).to_be_visible()
    of_one = switches.get_absolute_url()
    for address in ("/switches/", "/switches/new/", of_one, f"{of_one}key/"):
        assert axe_everywhere(page, address) == []
    page.get_by_role("button", name="Make a new key").click()
    key_on(page)
    assert axe_and_fit(page) == []
