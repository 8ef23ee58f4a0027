"""Gateways in a browser: two clicks to add one or to change its address, one click and a number to
change its capacity; by mouse and by keyboard; nobody is shut out.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from accounts.gateways.models import Gateway
from accounts.gateways.services.capacity import ceiling_set, gateway_capacity_set
from tests.factories import AccountFactory, GatewayFactory, UserFactory, grant
from tests.support.browser import axe_everywhere, axe_violations
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agent(transactional_db: None) -> Account:
    agent = grant(AccountFactory(account_id="Dhaka"))
    for name, host in (("gw-1", 5), ("gw-2", 6)):
        GatewayFactory(
            account=agent, name=name, addresses=[f"203.0.113.{host}"], capacity=10, note="x"
        )
    return agent


@pytest.fixture
def imran(agent: Account) -> User:
    return UserFactory(account=agent, username="imran", password="correct-horse-battery")


def sign_in_again(page: Page) -> None:
    """The session of a test was not made by a sign-in, so that the deed asks for one."""
    if "reauthenticate" in page.url:
        page.locator("input[type=password]").fill("correct-horse-battery")
        page.keyboard.press("Enter")


def capacity(name: str) -> int:
    return Gateway.objects.get(name=name).capacity


def test_by_mouse_a_gateway_is_added(open_window: Callable[..., Page], imran: User) -> None:
    """T17: two clicks and its fields."""
    page = open_window(imran)
    page.goto("/accounts/Dhaka/gateways/")
    clicks = Clicks(page)
    clicks.on("link", "Add gateway")
    sign_in_again(page)
    page.get_by_label("Name", exact=True).fill("gw-3")
    page.get_by_label("IP addresses and networks").fill("203.0.113.7")
    clicks.on("button", "Add gateway")
    page.wait_for_url("**/gateways/gw-3/")
    clicks.within("T17")
    expect(page.get_by_role("status").or_(page.locator(".messages")).first).to_be_visible()
    assert not Gateway.objects.get(name="gw-3").is_locked


def test_by_mouse_an_address_is_changed(open_window: Callable[..., Page], imran: User) -> None:
    """T17: two clicks and its fields."""
    page = open_window(imran)
    page.goto("/gateways/gw-1/")
    clicks = Clicks(page)
    page.get_by_label("IP addresses and networks").fill("203.0.113.9")
    clicks.on("button", "Review change")
    expect(page.locator("main")).to_contain_text("203.0.113.9")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("moved")
    clicks.on("button", "Change gw-1")
    clicks.within("T17")
    page.wait_for_url(lambda url: "/information/" not in url)
    sign_in_again(page)
    page.wait_for_url("**/gateways/gw-1/")
    assert [x.text for x in Gateway.objects.get(name="gw-1").addresses.all()] == ["203.0.113.9"]


def test_the_keyboard_alone_changes_an_address(
    open_window: Callable[..., Page], imran: User
) -> None:
    """T17: two clicks and its fields."""
    page = open_window(imran)
    page.goto("/gateways/gw-1/")
    clicks = Clicks(page)
    page.get_by_label("Signalling port").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("5070")
    clicks.enter()
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("moved")
    clicks.enter()
    clicks.within("T17")
    page.wait_for_url(lambda url: "/information/" not in url)
    sign_in_again(page)
    page.wait_for_url("**/gateways/gw-1/")
    assert Gateway.objects.get(name="gw-1").port == 5070


def test_by_mouse_a_capacity_is_set_in_the_list(
    open_window: Callable[..., Page], imran: User
) -> None:
    """T18: one click, a number and Enter."""
    page = open_window(imran)
    page.goto("/gateways/")
    clicks = Clicks(page)
    clicks.at(page.get_by_label("Calls at a time of gw-2"))
    page.keyboard.type("40")
    clicks.enter()
    clicks.within("T18")
    expect(page.locator(".messages")).to_contain_text("gw-2: 40 calls at a time.")
    assert page.url.endswith("/gateways/")
    assert (capacity("gw-1"), capacity("gw-2")) == (10, 40)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-script", "without-script"])
def test_the_keyboard_alone_sets_a_capacity(
    open_window: Callable[..., Page], imran: User, scripts: bool
) -> None:
    """T18: a number and Enter."""
    page = open_window(imran, scripts=scripts)
    page.goto("/gateways/")
    clicks = Clicks(page)
    page.get_by_label("Calls at a time of gw-1").focus()
    if not scripts:
        page.keyboard.press("Control+a")
    page.keyboard.type("41")
    clicks.enter()
    clicks.within("T18")
    expect(page.locator(".messages")).to_contain_text("gw-1: 41 calls at a time.")
    assert (capacity("gw-1"), capacity("gw-2")) == (41, 10)


@pytest.mark.axe
def test_more_than_the_ceiling_is_refused_beside_the_figure(
    open_window: Callable[..., Page], agent: Account, imran: User
) -> None:
    ceiling_set(actor=SYSTEM, account=agent, calls=20)
    page = open_window(imran)
    page.goto("/gateways/")
    page.get_by_label("Calls at a time of gw-2").click()
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("main")).to_contain_text("At most 20 calls at a time")
    assert axe_violations(page) == []


@pytest.mark.slow
@pytest.mark.axe
def test_the_screens_shut_nobody_out(
    open_window: Callable[..., Page], agent: Account, imran: User
) -> None:
    gateway_capacity_set(actor=SYSTEM, gateway=Gateway.objects.get(name="gw-1"), capacity=12)
    AccountFactory(account_id="Customer", parent=agent)
    page = open_window(imran)
    page.goto("/gateways/gw-1/delete/")
    sign_in_again(page)
    page.wait_for_url("**/delete/")
    found = axe_violations(page)
    for path in (
        "/gateways/", "/accounts/Dhaka/gateways/?show=all", "/gateways/?q=nothing",
        "/gateways/gw-1/", "/gateways/gw-1/information/", "/gateways/gw-1/capacity/",
        "/gateways/gw-1/history/", "/gateways/new/", "/accounts/Customer/gateways/ceiling/",
        "/search/?q=gw-",
    ):  # fmt: skip
        found += axe_everywhere(page, path)
    page.goto("/gateways/gw-1/information/")
    page.get_by_label("IP addresses and networks").fill("10.0.0.1")
    page.get_by_role("button", name="Review change").click()
    expect(page.get_by_label("Reason")).to_be_focused()
    found += axe_violations(page)
    customer = open_window(UserFactory(account=Account.objects.get(account_id="Customer")))
    found += axe_everywhere(customer, "/gateways/")
    assert found == []
