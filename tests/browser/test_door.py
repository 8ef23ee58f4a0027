"""Signing in, in a real browser. What of it shuts people out: `test_screens`."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.models import User
from tests.factories import PASSWORD, AccountFactory, UserFactory, reseller_tree
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_wrong_password_is_said_next_to_the_form(open_window: Callable[..., Page]) -> None:
    page = open_window()
    page.goto("/login/")
    page.get_by_label("User name or e-mail").fill("nobody")
    page.locator("input[type=password]").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("do not match a login that can sign in").first.wait_for()
    assert page.title().startswith("Error:")


def sign_in_by_keyboard(page: Page, name: str, password: str) -> None:
    """From the opened page on, without touching anything else."""
    page.goto("/login/")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def test_somebody_signs_in_without_a_mouse(open_window: Callable[..., Page]) -> None:
    account = AccountFactory(name="Dhaka retail")
    UserFactory(account=account, username="imran", password="a-long-enough-one")
    page = open_window()
    sign_in_by_keyboard(page, "imran", "a-long-enough-one")
    expect(page.locator("h1")).to_have_text("Dhaka retail")


def test_after_a_wrong_password_the_focus_is_on_what_was_wrong(
    open_window: Callable[..., Page],
) -> None:
    page = open_window()
    sign_in_by_keyboard(page, "nobody", "wrong")
    expect(page.locator(".error-summary")).to_be_focused()


def test_an_open_page_follows_the_theme_of_the_device(open_window: Callable[..., Page]) -> None:
    page = open_window()
    page.goto("/login/")
    for theme in ("dark", "light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)


class TestSigningIn:
    """T1: two clicks with a password, and the page that was asked for."""

    @pytest.fixture
    def desk(self, transactional_db: None) -> User:
        agent = reseller_tree().agent
        return UserFactory(account=agent, username="desk", password=PASSWORD)

    def test_by_mouse(self, open_window: Callable[..., Page], desk: User) -> None:
        page = open_window()
        page.goto("/accounts/Customer-001/phones/")
        clicks = Clicks(page)
        page.get_by_label("User name or e-mail").fill("desk")
        page.locator("input[type=password]").fill(PASSWORD)
        clicks.on("button", re.compile("^Sign in$"))
        page.wait_for_url(re.compile("/accounts/Customer-001/phones/$"))
        clicks.within("T1")

    def test_by_keyboard(self, open_window: Callable[..., Page], desk: User) -> None:
        page = open_window()
        page.goto("/accounts/Customer-001/phones/")
        clicks = Clicks(page)
        expect(page.get_by_label("User name or e-mail")).to_be_focused()
        page.keyboard.type("desk")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        clicks.enter()
        page.wait_for_url(re.compile("/accounts/Customer-001/phones/$"))
        clicks.within("T1")
