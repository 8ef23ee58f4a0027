"""The list of keys, which comes when it is asked for."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.factories import StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]


def test_it_opens_by_its_key_and_letters_can_be_switched_off(
    open_window: Callable[..., Page],
) -> None:
    page = open_window(StaffFactory(administrator=True))
    page.goto("/audit/")
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Search the whole portal")
    page.get_by_label("Keys of a single letter work in this browser").uncheck()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.reload()
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press("?")
    expect(keys).to_be_hidden()
