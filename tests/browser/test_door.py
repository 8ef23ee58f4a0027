"""Pages that need no sign-in, in a real browser: nothing blocked, nothing foreign, accessible."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.browser import axe_violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ["/login/", "/security/password/reset/"])
def test_open_pages_are_accessible(
    open_window: Callable[..., Page], path: str, width: int, dark: bool
) -> None:
    page = open_window(width=width, dark=dark)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    assert axe_violations(page) == []


def test_the_wrong_password_is_said_next_to_the_form(open_window: Callable[..., Page]) -> None:
    page = open_window()
    page.goto("/login/")
    page.get_by_label("User name or e-mail").fill("nobody")
    page.locator("input[type=password]").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("do not match a login that can sign in").first.wait_for()
    assert page.title().startswith("Error:")
    assert axe_violations(page) == []
