"""Signing in, in a real browser. What of it shuts people out: `test_screens`."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_wrong_password_is_said_next_to_the_form(open_window: Callable[..., Page]) -> None:
    page = open_window()
    page.goto("/login/")
    page.get_by_label("User name or e-mail").fill("nobody")
    page.locator("input[type=password]").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("do not match a login that can sign in").first.wait_for()
    assert page.title().startswith("Error:")
