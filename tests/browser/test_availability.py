"""What others have in a browser: the alert, the release by keyboard alone, and the preview."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.phones.services.many import phones_create, phones_preview
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant, reseller_tree
from tests.support.browser import axe_everywhere

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBERS = "\n".join(str(8801711000000 + at) for at in range(30))
PAGE = "/accounts/Dhaka-Retail-Sub/availability/"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    found = reseller_tree()
    grant(found.agent)
    phones_create(actor=SYSTEM, account=found.other_customer, numbers=NUMBERS)
    return found


@pytest.fixture
def dhaka(tree: ResellerTree) -> User:
    login = UserFactory(account=tree.agent, username="dhaka")
    phones_preview(actor=actor_for(login), account=tree.customer, numbers=NUMBERS)
    return login


@pytest.fixture
def admin(dhaka: User) -> User:
    return StaffFactory(administrator=True, username="admin-1")


def test_from_the_alert_to_the_release_by_keyboard(
    open_window: Callable[..., Page], admin: User
) -> None:
    page = open_window(admin)
    page.goto("/")
    card = page.locator("section", has_text="Asking for what others have")
    expect(card).to_contain_text("20 named, 10 as a number only")
    card.get_by_role("link", name="Look").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Dhaka-Retail-Sub")
    page.get_by_label("Reason").focus()
    page.keyboard.type("porting list")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Release for 24 hours")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is released for 24 hours")).to_be_visible()


@pytest.mark.axe
def test_the_screens_are_open_to_everybody(
    open_window: Callable[..., Page], admin: User, dhaka: User
) -> None:
    assert axe_everywhere(open_window(admin), PAGE) == []
    assert axe_everywhere(open_window(admin), "/") == []


def test_the_preview_tells_a_number_and_lets_the_free_ones_go(
    open_window: Callable[..., Page], dhaka: User
) -> None:
    page = open_window(dhaka, width=390)
    page.goto("/accounts/Customer-001/phones/new/")
    page.locator("#id_numbers").fill(f"{NUMBERS}\n8801711000099")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("10 more are not available.")
    expect(preview).to_contain_text("1 phone will be added")
    page.get_by_role("button", name="Add phones").click()
    expect(page.locator("h1")).to_have_text("Phone 8801711000099 of Customer-001")
