"""The Django admin in a real browser, under the same content security policy as the portal."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.models import User
from tests.factories import ResellerTree, UserFactory
from tests.support.browser import WIDTHS, axe_everywhere, axe_violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/accounts/account/"
USERS = "/admin/accounts/user/"


def test_open_branches_and_find_an_agent_by_typing(
    open_window: Callable[..., Page], superuser: User, reseller_tree: ResellerTree
) -> None:
    tree = reseller_tree
    page = open_window(superuser)
    page.goto(LIST)
    page.get_by_label(f"Open {tree.top.account_id}").click()
    page.get_by_label(f"Open {tree.agent.account_id}").click()
    expect(page.locator(f'[data-account="{tree.customer.account_id}"]')).to_be_visible()
    page.get_by_label(f"Close {tree.agent.account_id}").click()
    expect(page.locator(f'[data-account="{tree.customer.account_id}"]')).to_have_count(0)

    page.get_by_label("Agent ID").press_sequentially(tree.agent.account_id[:4])
    option = page.locator(f'#agent-suggestions option[value="{tree.agent.account_id}"]')
    expect(option).to_be_attached()
    page.get_by_label("Agent ID").fill(tree.agent.account_id)
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.locator(f'[data-account="{tree.deep_customer.account_id}"]')).to_be_visible()


@pytest.mark.slow
@pytest.mark.axe
def test_pages_of_objects_are_accessible(
    open_window: Callable[..., Page], superuser: User, reseller_tree: ResellerTree
) -> None:
    """Lists and empty forms: `test_screens`."""
    agent, login = reseller_tree.agent, UserFactory(account=reseller_tree.agent)
    account, user, staff = f"{LIST}{agent.pk}/", f"{USERS}{login.pk}/", f"{USERS}{superuser.pk}/"
    paths = [f"{LIST}?branch={agent.account_id}", f"{LIST}?agent=nobody&q=x"]
    paths += [f"{account}{one}/" for one in ("change", "close", "delete", "history")]
    paths += [f"{user}change/", f"{user}reset/", f"{staff}change/"]
    page = open_window(superuser)
    assert [one for path in paths for one in axe_everywhere(page, path)] == []


@pytest.mark.axe
@pytest.mark.parametrize("width", WIDTHS)
def test_what_opens_on_a_form_is_accessible(
    open_window: Callable[..., Page], superuser: User, reseller_tree: ResellerTree, width: int
) -> None:
    page = open_window(superuser, width=width)
    page.goto(f"{LIST}add/")
    page.get_by_role("combobox", name="Agent ID").click()
    page.get_by_role("searchbox", name="Agent ID").fill("dhaka")
    option = page.get_by_role("listbox", name="Agent ID").get_by_role("option")
    expect(option.first).to_have_text(reseller_tree.agent.account_id)
    assert axe_violations(page) == []
    option.first.click()
    expect(page.get_by_role("combobox", name="Agent ID")).to_contain_text(
        reseller_tree.agent.account_id
    )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Please correct the error")).to_be_visible()
    assert axe_violations(page) == []


def test_no_page_is_wider_than_a_phone(
    open_window: Callable[..., Page], superuser: User, reseller_tree: ResellerTree
) -> None:
    page = open_window(superuser, width=390)
    for path in ("/admin/", LIST, f"{LIST}add/", USERS, f"{USERS}{superuser.pk}/change/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path


def test_the_whole_list_is_offered_where_it_is_narrowed(
    open_window: Callable[..., Page], superuser: User, reseller_tree: ResellerTree
) -> None:
    page = open_window(superuser)
    page.goto(LIST)
    expect(page.get_by_role("link", name="Show all")).to_have_count(0)
    page.get_by_label("Search", exact=True).fill("sylhet")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 result", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("link", name="Show all")).to_have_count(0)
