"""Running calls and a call that is tried, in a browser: by mouse, and by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.models import User
from billing.holds.models import RunningCall
from tests.factories import grant
from tests.support.browser import axe_and_fit, axe_everywhere
from tests.support.clicks import Clicks
from tests.support.switching import answered, asked, ended
from tests.vosportal.switch.conftest import NUMBER, Switched, groups, issued, switched, tree

__all__ = ["groups", "issued", "switched", "tree"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = "8801819000001"


@pytest.fixture
def up(transactional_db: None, switched: Switched) -> Switched:
    """A call that is answered and one that rings; the agent may cut both."""
    grant(switched.tree.top, "modify_gateway_information")
    grant(switched.tree.agent, "modify_gateway_information")
    asked(caller=PHONE)
    answered()
    asked("c-2", callee="8801711000002")
    return switched


@pytest.mark.axe
def test_a_running_call_is_cut_by_keyboard_alone(
    up: Switched, agent: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(agent)
    page.goto("/calls/running/")
    clicks = Clicks(page)
    clicks.tab_to("link", f"Cut… the call of Customer-001 to {NUMBER}")
    clicks.enter()
    expect(page.locator("h1")).to_contain_text(f"Cut the call to {NUMBER}")
    clicks.tab_to("textbox", "Reason")
    page.keyboard.type("Fraud")
    clicks.enter()
    expect(page.locator(".message, .notice").first).to_contain_text("is cut")
    expect(page.locator("table.list tbody")).to_contain_text("it is cut")
    assert RunningCall.objects.get(call_id="c-1").cut_why == "Fraud"


def test_the_list_follows_and_the_focus_stays(
    up: Switched, agent: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(agent)
    page.goto("/calls/running/")
    rows = page.locator("table.list tbody tr")
    expect(rows).to_have_count(2)
    expect(page.locator("#running-follows")).to_have_text("Follows by itself")
    cut = page.get_by_role("link", name=f"Cut… the call of Customer-001 to {NUMBER}")
    cut.focus()
    ended("c-2")
    expect(rows).to_have_count(1, timeout=12_000)
    expect(cut).to_be_focused()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#running-follows")).to_have_text("Paused")
    ended("c-1")
    page.wait_for_timeout(6_000)
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#empty")).to_have_text("No call is up")


@pytest.mark.axe
def test_a_call_is_tried(up: Switched, agent: User, open_window: Callable[..., Page]) -> None:
    page = open_window(agent)
    page.goto("/calls/")
    menu = page.get_by_role("navigation", name="Modules")
    menu.locator("summary", has_text="Numbers and equipment").click()
    menu.get_by_role("link", name="Try a call").click()
    clicks = Clicks(page)
    clicks.tab_to("textbox", "Phone, gateway or address")
    page.keyboard.type(PHONE)
    clicks.tab_to("textbox", "Dials")
    page.keyboard.type(NUMBER)
    clicks.enter()
    expect(page.locator(".verdict")).to_contain_text("Allowed, for up to")
    expect(page.locator(".call-steps > li")).to_have_count(9)


@pytest.mark.axe
@pytest.mark.slow
def test_they_shut_nobody_out(
    up: Switched, administrator: User, agent: User, open_window: Callable[..., Page]
) -> None:
    RunningCall.objects.update(routing_gateway="rt-one")
    call = RunningCall.objects.get(call_id="c-1")
    for login in (administrator, agent):
        page = open_window(login)
        for path in (
            "/calls/running/?panel=filters",
            "/accounts/Customer-001/calls/running/",
            f"/calls/running/{call.key}/cut/",
            f"/calls/try/?via={PHONE}&number={NUMBER}",
            f"/calls/try/?via={PHONE}&number=33142685300",
        ):
            assert axe_everywhere(page, path) == []
            assert axe_and_fit(page) == []
