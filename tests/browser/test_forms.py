"""Forms under the hand: where the cursor is, what letters do, what moves and what stays."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.core.models import User
from tests.factories import ResellerTree, StaffFactory, reseller_tree

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenWindow = Callable[..., Page]
ON_CUSTOMER = "/accounts/Customer-001"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    return reseller_tree()


@pytest.fixture
def admin(transactional_db: None) -> User:
    return StaffFactory(username="admin", administrator=True)


def target(page: Page) -> Locator:
    return page.get_by_role("combobox", name="New Agent ID")


def choose(page: Page, account_id: str) -> None:
    target(page).fill(account_id)
    page.get_by_role("option", name=account_id).click()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_when_the_picker_loses_the_focus(
    tree: ResellerTree, admin: User, open_window: OpenWindow, width: int
) -> None:
    page = open_window(admin, width=width)
    page.goto(f"{ON_CUSTOMER}/move/")
    button = page.get_by_role("button", name="Show the effects")
    at_first = button.bounding_box()
    choose(page, "Sylhet-Retail-Sub")
    assert button.bounding_box() == at_first
    # The first click after it counts, wherever it is on the button.
    assert at_first is not None
    page.mouse.click(at_first["x"] + 20, at_first["y"] + at_first["height"] - 3)
    page.wait_for_url("**parent=Sylhet-Retail-Sub*")
    expect(page.get_by_role("heading", name="Effects")).to_be_visible()


def test_a_picker_is_loaded_when_it_is_opened_and_finds_what_was_typed_before(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/accounts/new/")
    page.wait_for_load_state("networkidle")
    assert not any("tom-select" in one for one in asked)
    page.get_by_role("combobox", name="Agent ID").focus()
    expect(page.locator(".ts-dropdown")).to_have_count(0)
    page.keyboard.type("sylhet")
    page.get_by_role("option", name="Sylhet-Retail-Sub").click()
    assert any("tom-select" in one for one in asked)
    expect(page.locator("#id_parent")).to_have_value("Sylhet-Retail-Sub")
