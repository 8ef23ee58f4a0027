"""Every screen, light and dark, wide and narrow, passes the accessibility checker.

Messages of the content security policy, failing scripts and foreign requests fail the test as well
(`open_window` listens for them).
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.accounts import account_lock
from tests.factories import StaffFactory, UserFactory, phone, reseller_tree
from tests.factories.fixtures import signed_in
from tests.support.addresses import Route, routes
from tests.support.browser import axe_everywhere, axe_violations
from tests.support.depth import sampled
from tests.support.urls_kinds import Audience
from tests.support.urls_registry import classified

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite,
    pytest.mark.django_db(transaction=True),
    pytest.mark.axe,
]

VALUES = {
    "account_id": "Dhaka-Retail-Sub",
    "username": "user-of-agent",
    "number": "8801711000000",
}
# Screens that only a special address shows.
MORE = {
    "administrator": [
        "/nowhere/",
        "/accounts/No-Such-Account/",
        "/accounts/Dhaka-Retail-Sub/sub-accounts/?show=all",
        "/accounts/Dhaka-Retail-Sub/sub-accounts/?show=all&q=nothing-like-this",
        "/accounts/Customer-001/sub-accounts/",
        "/accounts/Customer-001/phones/",
        "/phones/?q=nothing",
        "/search/?q=8801",
        "/accounts/Customer-001/delete/",
        "/accounts/new/?agent=Dhaka-Retail-Sub",
        "/search/?q=customer",
        "/search/?q=nothing-like-this",
        "/tree/?open=BD-Wholesale-Agent",
    ],
    "agent": ["/", "/accounts/", "/accounts/new/", "/tree/", "/search/?q=cust", "/phones/"],
    "blocked customer": ["/", "/accounts/Customer-002/", "/tree/"],
}
# Leave the person signed out, or lead there.
NOT_VISITED = {"account_logout", "admin-sign-out", "admin:logout"}
# Half of them a day; at night all.
GROUPS = 4


def screens(*audiences: Audience) -> list[str]:
    """The paths of all addresses of these audiences whose parameters have a value here."""

    def shown(route: Route) -> bool:
        address = classified(route)
        return (
            address is not None
            and address.audience in audiences
            and not address.is_post_only
            and route.name not in NOT_VISITED
            and set(route.parameters) <= set(VALUES)
        )

    return list(dict.fromkeys(route.path(VALUES) for route in routes() if shown(route)))


def pages(login: Any, paths: list[str]) -> list[str]:
    """Those that answer a whole page, not a part of one, a file or a redirect."""
    browser = signed_in(login)

    def is_a_page(path: str) -> bool:
        answer = browser.get(path)
        html = answer.headers.get("Content-Type", "").startswith("text/html")
        return html and not answer.streaming and b"<html" in answer.content

    return [path for path in paths if is_a_page(path)]


@pytest.fixture
def people(transactional_db: None) -> dict[str, Any]:
    tree = reseller_tree()
    phone(tree.agent, VALUES["number"], dids=["8801711000009"])
    locked = account_lock(
        actor=SYSTEM, account=Account.objects.get(account_id="Customer-002"), reason="unpaid"
    )
    return {
        "administrator": StaffFactory(
            username="admin", administrator=True, operator=True, superuser=True
        ),
        "agent": UserFactory(account=tree.agent, username="user-of-agent", full_name="A. Person"),
        "blocked customer": UserFactory(account=locked, username="user-of-customer"),
    }


@pytest.mark.slow
@pytest.mark.walk
@pytest.mark.parametrize("group", sampled(range(GROUPS), GROUPS))
def test_every_screen_of_the_portal_is_accessible(
    people: dict[str, Any], open_window: Callable[..., Page], group: int
) -> None:
    login = people["administrator"]
    paths = screens(Audience.PORTAL, Audience.ADMINISTRATORS, Audience.SIGNED_IN)[group::GROUPS]
    page = open_window(login)
    assert [one for path in pages(login, paths) for one in axe_everywhere(page, path)] == []


@pytest.mark.slow
@pytest.mark.parametrize("who", MORE)
def test_special_states_are_accessible(
    people: dict[str, Any], open_window: Callable[..., Page], who: str
) -> None:
    page = open_window(people[who])
    assert [one for path in MORE[who] for one in axe_everywhere(page, path)] == []


def test_screens_before_the_sign_in_are_accessible(
    people: dict[str, Any], open_window: Callable[..., Page]
) -> None:
    page = open_window()
    paths = ["/login/", "/security/password/reset/", "/security/password/reset/sent/", "/nowhere/"]
    assert [one for path in paths for one in axe_everywhere(page, path)] == []
    page.goto("/login/")
    page.get_by_label("Password").first.fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".error-summary, [role=alert]").first.wait_for()
    assert axe_violations(page) == []


@pytest.mark.slow
@pytest.mark.walk
def test_the_admin_is_accessible(people: dict[str, Any], open_window: Callable[..., Page]) -> None:
    """The pages of single objects: `test_admin`."""
    login = people["administrator"]
    paths = pages(login, screens(Audience.STAFF))
    page = open_window(login)
    assert [one for path in paths for one in axe_everywhere(page, path)] == []


def test_the_checker_finds_something_to_complain_about(open_window: Callable[..., Page]) -> None:
    """Otherwise an empty list of complaints would mean nothing."""
    page = open_window()
    page.goto("/login/")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert any("html-has-lang" in one for one in axe_violations(page))
