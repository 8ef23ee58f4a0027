"""The audit log in a browser: nobody is shut out, and the keyboard alone is enough."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry, User
from accounts.tree.services.accounts import account_edit, account_lock
from tests.factories import ResellerTree, UserFactory, grant, reseller_tree
from tests.support.browser import axe_everywhere
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    tree = reseller_tree(one_by_one=True)
    account_edit(actor=SYSTEM, account=tree.customer, name="A long new name " * 5)
    account_lock(actor=SYSTEM, account=tree.customer_2, reason="x" * 200)
    return tree


@pytest.fixture
def login(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="dhaka.desk")


@pytest.mark.axe
def test_nobody_is_shut_out(
    open_window: Callable[..., Page], tree: ResellerTree, login: User
) -> None:
    page = open_window(login)
    entry = AuditEntry.objects.get(action="account.edit")
    paths = [
        "/audit/",
        "/audit/?group=money",
        f"/audit/{entry.key}/",
        f"/accounts/{tree.agent.account_id}/audit/?show=all",
    ]
    assert [one for path in paths for one in axe_everywhere(page, path)] == []


@pytest.mark.parametrize("width", [1440, 390])
def test_no_screen_is_wider_than_the_window(
    open_window: Callable[..., Page], tree: ResellerTree, login: User, width: int
) -> None:
    page = open_window(login, width=width, height=800)
    for path in ("/audit/", f"/audit/{AuditEntry.objects.get(action='account.edit').key}/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_keyboard_alone_filters_and_opens(
    open_window: Callable[..., Page], tree: ResellerTree, login: User
) -> None:
    page = open_window(login)
    page.goto("/audit/")
    page.get_by_label("Account, login, deed or reason").focus()
    page.keyboard.type("locked")
    page.keyboard.press("Enter")
    expect(page.locator("main .list tbody th a")).to_have_count(1)
    page.locator("h1").focus()
    page.keyboard.press("j")
    expect(page.locator("main .list tbody th a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Locked")
    expect(page.locator("main")).to_contain_text("Administrator")


def test_an_account_is_picked_and_its_branch_shown(
    open_window: Callable[..., Page], tree: ResellerTree, login: User
) -> None:
    page = open_window(login)
    page.goto("/audit/")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_role("combobox", name="Account and all below").click()
    page.keyboard.type("Sub-Sub")
    page.get_by_role("option", name="Sub-Sub-Agent").click()
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator(".pill.is-set")).to_contain_text("Sub-Sub-Agent")
    expect(page.locator("main .list")).to_contain_text("Customer-301")
    expect(page.locator("main .list")).not_to_contain_text("Customer-001")


class TestWhoChangedWhat:
    """T24: two clicks and a filter to what changed, by whom and why."""

    @pytest.fixture(autouse=True)
    def locked(self, tree: ResellerTree) -> None:
        grant(tree.agent)
        colleague = UserFactory(account=tree.agent, username="colleague")
        account_lock(actor=actor_for(colleague), account=tree.deep_customer, reason="Unpaid bill")

    def expect_explained(self, page: Page) -> None:
        main = page.locator("main")
        expect(page.locator("h1")).to_have_text("Locked")
        expect(main).to_contain_text("Unpaid bill")
        expect(main).to_contain_text("Active")

    def test_by_mouse(self, open_window: Callable[..., Page], login: User) -> None:
        page = open_window(login)
        page.goto("/audit/")
        clicks = Clicks(page)
        page.get_by_label("Account, login, deed or reason").fill("Unpaid")
        clicks.on("button", re.compile("^Search$"))
        expect(page.locator("main .list tbody th a")).to_have_count(1)
        clicks.at(page.locator("main .list tbody th a"))
        self.expect_explained(page)
        clicks.within("T24")

    def test_by_keyboard(self, open_window: Callable[..., Page], login: User) -> None:
        page = open_window(login)
        page.goto("/audit/")
        clicks = Clicks(page)
        clicks.tab_to("searchbox", "Account, login, deed or reason")
        page.keyboard.type("Unpaid")
        clicks.enter()
        expect(page.locator("main .list tbody th a")).to_have_count(1)
        found = page.locator("main .list tbody th a").inner_text()
        clicks.tab_to("link", found)
        clicks.enter()
        self.expect_explained(page)
        clicks.within("T24")
