"""The queue of approvals by keyboard, and its screens under the accessibility checker."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.deciding import request_reject
from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from tests.factories import StaffFactory, UserFactory, reseller_tree
from tests.support.asking import MANAGE, PHONE, ask, ask_move, authorized
from tests.support.browser import axe_everywhere
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    """Two requests wait, a third was rejected."""
    tree = authorized(reseller_tree())
    agent = UserFactory(account=tree.agent, username="dhaka-desk")
    administrator = StaffFactory(username="admin", administrator=True)
    login = {"username": "newdesk", "full_name": "New Desk", "email": "new@example.com"}
    codes = frozenset({MANAGE, PHONE})
    ask(agent, tree.customer, codes=codes, reason="second counter", first_login=login)
    ask_move(agent, tree)
    rejected = ask(agent, tree.customer_2, "Counter-9")
    request_reject(actor=actor_for(administrator), request=rejected, reason="too many counters")
    return {"administrator": administrator, "agent": agent}


def arrive(page: Page, address: str) -> None:
    """Wait until the page is there and its scripts listen."""
    page.wait_for_url(address)
    page.wait_for_function("document.readyState === 'complete' && window.portal")


def test_the_keyboard_alone_walks_the_requests(
    people: dict[str, User], open_window: Callable[..., Page]
) -> None:
    first, second = SubAgentRequest.objects.filter(status="waiting").order_by("pk")
    page = open_window(people["administrator"])
    page.goto("/approvals/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    arrive(page, f"**/approvals/{first.key}/")
    page.keyboard.press("j")
    arrive(page, f"**/approvals/{second.key}/")
    page.keyboard.press("k")
    arrive(page, f"**/approvals/{first.key}/")
    page.keyboard.press("a")
    arrive(page, "**/?deed=approve")
    page.get_by_label("Answer").fill("a reject is not what r means here")
    page.get_by_role("button", name="Approve").press("Enter")
    arrive(page, "**/approvals/")
    expect(page.get_by_text("Counter-2 now belongs to Customer-001")).to_be_visible()
    assert Account.objects.called("Counter-2").exists()


def test_a_key_in_the_queue_asks_about_the_row_with_the_focus(
    people: dict[str, User], open_window: Callable[..., Page]
) -> None:
    last = SubAgentRequest.objects.filter(status="waiting").order_by("-pk")[0]
    page = open_window(people["administrator"])
    page.goto("/approvals/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("r")
    arrive(page, f"**/approvals/{last.key}/?deed=reject")


@pytest.mark.parametrize(("key", "deed"), [("a", "Approve"), ("r", "Reject")])
def test_by_keyboard_one_is_decided_from_the_queue(
    people: dict[str, User], open_window: Callable[..., Page], key: str, deed: str
) -> None:
    """T21: the letter of the deed on the row that has the focus, and Enter on its button."""
    first = SubAgentRequest.objects.filter(status="waiting").order_by("pk")[0]
    page = open_window(people["administrator"])
    page.goto("/approvals/")
    clicks = Clicks(page)
    page.keyboard.press("j")
    clicks.key(key)
    arrive(page, f"**/approvals/{first.key}/?deed={deed.lower()}")
    clicks.tab_to("textbox", "Answer")
    page.keyboard.type("as agreed")
    clicks.tab_to("button", deed)
    clicks.enter()
    arrive(page, "**/approvals/")
    first.refresh_from_db()
    assert first.decision_reason == "as agreed"
    clicks.within("T21")


def test_by_mouse_one_is_decided_from_the_queue(
    people: dict[str, User], open_window: Callable[..., Page]
) -> None:
    """T21: two clicks, the deed in the row and its button."""
    _first, second = SubAgentRequest.objects.filter(status="waiting").order_by("pk")
    page = open_window(people["administrator"])
    page.goto("/approvals/")
    clicks = Clicks(page)
    clicks.at(page.locator("tr", has_text="Counter-2").get_by_role("link", name="Approve"))
    clicks.at(page.locator("main").get_by_role("button", name="Approve"))
    expect(page.get_by_text("Counter-2 now belongs to Customer-001")).to_be_visible()
    clicks.within("T21")
    clicks = Clicks(page)
    clicks.on("link", "Reject")
    page.get_by_label("Answer").fill("too deep already")
    clicks.at(page.locator("main").get_by_role("button", name="Reject"))
    arrive(page, "**/approvals/")
    clicks.within("T21")
    second.refresh_from_db()
    assert (second.status, second.decision_reason) == ("rejected", "too deep already")


@pytest.mark.slow
@pytest.mark.axe
def test_its_screens_are_accessible(
    people: dict[str, User], open_window: Callable[..., Page]
) -> None:
    keys = [one.key for one in SubAgentRequest.objects.order_by("pk")]
    own: dict[str, list[Any]] = {
        "administrator": [
            "/approvals/",
            "/approvals/?show=decided",
            *(f"/approvals/{key}/" for key in keys),
            f"/approvals/{keys[0]}/?deed=fewer",
            f"/approvals/{keys[0]}/?deed=reject",
        ],
        "agent": [
            "/approvals/?show=decided",
            f"/approvals/{keys[0]}/?deed=withdraw",
            "/accounts/new/?agent=Customer-001",
            "/accounts/Customer-002/move/?parent=Customer-001",
        ],
    }
    assert len(keys) > 1
    assert own
    for who, paths in own.items():
        page = open_window(people[who])
        assert [one for path in paths for one in axe_everywhere(page, path)] == []
