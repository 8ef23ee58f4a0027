"""The Django admin in a real browser, under the same content security policy as the portal."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.factories import ResellerTree
from tests.support.browser import AXE_RULES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/accounts/account/"


# Django's own markup: the search field's label is a picture, and select2 leaves its box unnamed.
DJANGO_S = ("#searchbar", ".select2-selection", "#select2-")


def violations(page: Page) -> list[str]:
    """As `axe_violations`. Without preloading: for stylesheets that import others, as Django's do,
    the checker writes style elements of its own, and the policy complains about them.
    """
    answer = Axe().run(page, options={**AXE_RULES, "preload": False}).response
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}"
        for one in answer["violations"]
        for node in one["nodes"]
        if not any(sign in str(node["target"]) for sign in DJANGO_S)
    ]


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


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_our_pages_of_the_admin(
    open_window: Callable[..., Page], superuser: User, reseller_tree: ResellerTree, dark: bool
) -> None:
    tree = reseller_tree
    page = open_window(superuser, dark=dark)
    account = f"{LIST}{tree.customer.pk}/"
    paths = [f"{LIST}?branch={tree.agent.account_id}", f"{account}change/", f"{account}close/"]
    paths += ["/admin/accounts/user/add/", "/admin/usersessions/usersession/"]
    found = {}
    for path in paths:
        page.goto(path)
        found[path] = violations(page)
    lines = [line for some in found.values() for line in some]
    assert lines == []
