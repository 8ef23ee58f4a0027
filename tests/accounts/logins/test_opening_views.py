"""The view of one's own that a list opens with: chosen, left, and never in the way of the list as
it is.
"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import actor_for
from accounts.core.models import User
from accounts.logins.models import SavedView
from accounts.logins.services.saved_views import view_delete, view_open_with, view_save
from tests.factories import ResellerTree, StaffFactory, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.pages import markup_of, words_of

pytestmark = pytest.mark.django_db

LIST, OWN = "/phones/", "/lists/phones/views/"


@pytest.fixture
def login(reseller_tree: ResellerTree) -> User:
    return UserFactory(account=reseller_tree.agent)


@pytest.fixture
def browser(login: User) -> Client:
    return signed_in(login)


def saved(login: User, name: str = "Mine", **asks: str) -> SavedView:
    return view_save(actor=actor_for(login), of_list="phones", name=name, asks=asks)


def opening(login: User, name: str = "Mine", **asks: str) -> SavedView:
    """A view that the list opens with."""
    view = saved(login, name, **asks)
    view_open_with(actor=actor_for(login), view=view, opens=True)
    return view


def change(browser: Client, view: SavedView, deed: str) -> Any:
    return browser.post(OWN, {"view": view.key, "deed": deed, "next": LIST})


def leads(browser: Client, path: str = LIST) -> str:
    """Where an address of the list leads; "" where it is the list."""
    return str(browser.get(path).headers.get("Location", ""))


def test_the_list_opens_with_it_until_that_is_left(browser: Client, login: User) -> None:
    view = saved(login, lock="out")
    assert leads(browser) == ""
    assert change(browser, view, "open").status_code == 303
    assert leads(browser) == "/phones/?lock=out"
    change(browser, view, "leave")
    assert leads(browser) == ""


def test_it_is_marked_among_the_tabs_and_the_views(browser: Client, login: User) -> None:
    opening(login, lock="out")
    page = browser.get(LIST, follow=True)
    assert [one["label"] for one in page.context["views"] if one.get("opens")] == ["Mine"]
    assert 'aria-label="opens the list:"' in markup_of(page)
    assert "Opens the list" in words_of(browser.get(OWN))


def test_only_one_does(browser: Client, login: User) -> None:
    first, second = opening(login, "First", lock="out"), saved(login, "Second", lock="in")
    change(browser, second, "open")
    assert leads(browser) == "/phones/?lock=in"
    # What another one does stays.
    change(browser, first, "leave")
    assert leads(browser) == "/phones/?lock=in"


def test_the_list_as_it_is_stays_a_click_away(browser: Client, login: User) -> None:
    opening(login, lock="out")
    page = browser.get(f"{LIST}?lock=out")
    (pill,) = page.context["pills"]
    assert page.context["views"][0]["url"] == pill["url"] == page.context["clear_url"] == "?view="
    plain = browser.get(f"{LIST}?view=")
    assert (plain.status_code, plain.context["pills"]) == (200, [])
    assert [one["current"] for one in plain.context["views"][:2]] == [True, False]


@pytest.mark.parametrize("query", ["?sort=-number", "?q=880", "?lock=in", "?page=2"])
def test_an_address_that_asks_for_something_is_answered(
    browser: Client, login: User, query: str
) -> None:
    opening(login, lock="out")
    assert leads(browser, f"{LIST}{query}") == ""


def test_it_opens_the_list_of_any_account(
    browser: Client, login: User, reseller_tree: ResellerTree
) -> None:
    opening(login, lock="out")
    path = f"/accounts/{reseller_tree.customer.account_id}/phones/"
    assert leads(browser, path) == f"{path}?lock=out"


@pytest.mark.parametrize("asks", [{}, {"colour": "red"}])
def test_one_that_asks_for_nothing_does_not_turn_in_circles(
    browser: Client, login: User, asks: dict[str, str]
) -> None:
    opening(login, **asks)
    assert leads(browser) == "/phones/?view="
    assert leads(browser, "/phones/?view=") == ""


def test_a_deleted_one_opens_nothing(browser: Client, login: User) -> None:
    view = opening(login, lock="out")
    view_delete(actor=actor_for(login), view=view)
    login.refresh_from_db()
    assert login.preferences["opening_views"] == {}
    assert leads(browser) == ""


def test_what_else_the_login_keeps_stays(login: User) -> None:
    User.objects.filter(pk=login.pk).update(preferences={"page_size": 100})
    opening(login, lock="out")
    login.refresh_from_db()
    assert login.preferences["page_size"] == 100


def test_it_is_nobody_elses(login: User, reseller_tree: ResellerTree) -> None:
    view = opening(login, lock="out")
    other = signed_in(UserFactory(account=reseller_tree.agent))
    assert leads(other) == ""
    for deed in ("open", "leave"):
        assert change(other, view, deed).status_code == 404
    looking = signed_in(StaffFactory(username="staff", administrator=True))
    page = f"/accounts/{reseller_tree.agent.account_id}/view-as/"
    chosen = {"login_name": login.username, "reason": "a call"}
    assert looking.post(page, chosen).status_code == 303
    assert leads(looking) == ""


def test_files_are_of_the_whole_list(browser: Client, login: User) -> None:
    opening(login, lock="out")
    answer = browser.get("/phones/export/?format=csv")
    assert answer.status_code == 200


def test_without_one_it_costs_nothing(browser: Client, login: User) -> None:
    def queries(path: str) -> int:
        browser.get(path)
        with CaptureQueriesContext(connection) as seen:
            browser.get(path)
        return len(seen)

    without = queries(LIST)
    opening(login, lock="out")
    assert queries(f"{LIST}?view=") == without
