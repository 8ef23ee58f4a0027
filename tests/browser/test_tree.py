"""The navigation tree and Sub account management in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.core.models import User
from tests.factories import PASSWORD, ResellerTree, StaffFactory, UserFactory, reseller_tree
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenWindow = Callable[..., Page]
# Open pages of other people follow within this time.
LIVE = 5_000


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    return reseller_tree()


@pytest.fixture
def admin(transactional_db: None) -> User:
    return StaffFactory(username="admin", administrator=True)


def agent_item(page: Page, account_id: str) -> Locator:
    """The item of an agent in the side panel's tree."""
    return page.locator(f'[role=treeitem][data-account="{account_id}"]')


def rows(page: Page) -> list[Any]:
    """Account ids of the list, in their order."""
    return page.locator("tr[data-account]").evaluate_all(
        "rows => rows.map(row => row.dataset.account)"
    )


def unfold(page: Page, account_id: str) -> None:
    agent_item(page, account_id).locator(".node-twist").first.click()
    expect(agent_item(page, account_id)).to_have_attribute("aria-expanded", "true")


@pytest.mark.smoke
def test_smoke_a_working_day_of_an_administrator(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    """Sign in, walk the tree, look at both lists, add, move, be refused a deletion."""
    page = open_window()
    page.goto("/")
    page.get_by_label("User name or e-mail").fill("ADMIN")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(r"/$"))

    unfold(page, "BD-Wholesale-Agent")
    agent_item(page, "Dhaka-Retail-Sub").locator(".node-name").first.dblclick()
    expect(page).to_have_url(re.compile(r"/accounts/Dhaka-Retail-Sub/sub-accounts/"))
    assert set(rows(page)) == {"Customer-001", "Customer-002", "Sub-Sub-Agent"}
    modes = page.get_by_role("navigation", name="Show").or_(page.get_by_role("group", name="Show"))
    expect(modes.get_by_role("link", name="Direct")).to_contain_text("3")
    expect(modes.get_by_role("link", name="All")).to_contain_text("4")
    modes.get_by_role("link", name="All").click()
    expect(page.locator('tr[data-account="Customer-301"]')).to_be_visible()
    assert len(rows(page)) == 4

    watching = open_window(admin)
    watching.goto("/tree/?open=BD-Wholesale-Agent")
    expect(agent_item(watching, "Dhaka-Retail-Sub").first).to_be_visible()
    expect(agent_item(watching, "Customer-201")).to_have_count(0)

    page.goto("/accounts/new/?agent=Customer-201")
    page.get_by_label("Account ID").first.fill("First-Sub-Account")
    page.get_by_label("Name", exact=True).first.fill("Somebody")
    page.get_by_role("button", name="Add sub-account").first.click()
    expect(page.get_by_text("is now an agent")).to_be_visible()

    # The second window learns of it without anybody touching it.
    above = agent_item(watching, "Master-Agent-2")
    expect(above).to_have_attribute("aria-expanded", "false", timeout=LIVE)
    unfold(watching, "Master-Agent-2")
    expect(agent_item(watching, "Customer-201").first).to_be_visible()

    page.goto("/accounts/Customer-201/delete/")
    expect(page.get_by_text("cannot be deleted").first).to_be_visible()
    expect(page.get_by_role("link", name="First-Sub-Account").first).to_be_visible()

    page.goto("/accounts/First-Sub-Account/move/?parent=Sylhet-Retail-Sub")
    page.get_by_label("Reason").fill("sold")
    page.get_by_role("button", name=re.compile("Move")).click()
    expect(page.get_by_text("now belongs to")).to_be_visible()
    # The former agent has left the tree of the other window.
    expect(agent_item(watching, "Customer-201")).to_have_count(0, timeout=LIVE)


@pytest.mark.sqlite
def test_the_tree_by_keyboard(tree: ResellerTree, admin: User, open_window: OpenWindow) -> None:
    page = open_window(admin)
    page.goto("/security/")

    def focused() -> Any:
        return page.evaluate("document.activeElement.dataset.account")

    page.locator('[role=treeitem][tabindex="0"]').first.focus()
    assert focused() == "BD-Wholesale-Agent"
    page.keyboard.press("ArrowRight")
    expect(agent_item(page, "BD-Wholesale-Agent")).to_have_attribute("aria-expanded", "true")
    expect(agent_item(page, "Dhaka-Retail-Sub")).to_be_visible()
    page.keyboard.press("ArrowRight")
    assert focused() == "Dhaka-Retail-Sub"
    page.keyboard.press("ArrowDown")
    assert focused() == "Sylhet-Retail-Sub"
    page.keyboard.press("End")
    assert focused() == "Master-Agent-2"
    page.keyboard.press("Home")
    assert focused() == "BD-Wholesale-Agent"
    page.keyboard.type("syl")
    assert focused() == "Sylhet-Retail-Sub"
    page.keyboard.press("ArrowLeft")
    assert focused() == "BD-Wholesale-Agent"
    page.keyboard.press("ArrowLeft")
    expect(agent_item(page, "BD-Wholesale-Agent")).to_have_attribute("aria-expanded", "false")
    # Once what was typed is forgotten, Space selects without leaving the page; Enter opens.
    page.wait_for_timeout(900)
    page.keyboard.press(" ")
    expect(agent_item(page, "BD-Wholesale-Agent")).to_have_attribute("aria-selected", "true")
    assert page.url.endswith("/security/")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/accounts/BD-Wholesale-Agent/sub-accounts/"))
    assert page.locator('[role=treeitem][tabindex="0"]').count() == 1


@pytest.mark.sqlite
def test_by_mouse_an_agent_in_sight_is_opened(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    """T3: one double click; the page begins at its heading."""
    page = open_window(admin)
    page.goto("/security/")
    clicks = Clicks(page)
    clicks.at(agent_item(page, "Master-Agent-2").locator(".node-name").first, double=True)
    expect(page).to_have_url(re.compile(r"/accounts/Master-Agent-2/sub-accounts/"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    clicks.within("T3")


@pytest.mark.sqlite
def test_by_keyboard_an_agent_deep_below_is_opened(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    """T3: some letters and Enter, from any page; its place in the tree is shown."""
    page = open_window(admin)
    page.goto("/security/")
    clicks = Clicks(page)
    page.wait_for_function("document.readyState === 'complete' && window.portal")
    page.keyboard.press("t")
    expect(page.get_by_label("Find an agent in the tree")).to_be_focused()
    page.keyboard.type("sub-su")
    clicks.enter()
    expect(page).to_have_url(re.compile(r"/accounts/Sub-Sub-Agent/sub-accounts/"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(agent_item(page, "Sub-Sub-Agent").first).to_be_in_viewport()
    clicks.within("T3")


@pytest.mark.sqlite
def test_a_click_selects_and_a_double_click_opens(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto("/security/")
    name = agent_item(page, "Master-Agent-2").locator(".node-name").first
    name.click()
    expect(agent_item(page, "Master-Agent-2")).to_have_attribute("aria-selected", "true")
    assert page.url.endswith("/security/")
    name.dblclick()
    expect(page).to_have_url(re.compile(r"/accounts/Master-Agent-2/sub-accounts/"))
    assert rows(page) == ["Customer-201"]


@pytest.mark.sqlite
def test_an_agent_sees_its_own_hierarchy_as_the_whole_tree(
    tree: ResellerTree, open_window: OpenWindow
) -> None:
    page = open_window(UserFactory(account=tree.agent))
    page.goto("/tree/")
    ids = page.locator("[role=treeitem][data-account]").evaluate_all(
        "items => items.map(item => item.dataset.account)"
    )
    assert "Dhaka-Retail-Sub" in ids
    assert set(ids) <= {"Dhaka-Retail-Sub", "Sub-Sub-Agent"}


@pytest.mark.sqlite
def test_without_script_links_and_lists_work(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin, scripts=False)
    page.goto("/tree/?open=BD-Wholesale-Agent")
    page.get_by_role("link", name="Dhaka-Retail-Sub", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/accounts/Dhaka-Retail-Sub/"))
    page.goto("/accounts/Dhaka-Retail-Sub/sub-accounts/?show=all")
    assert len(rows(page)) == 4


@pytest.mark.sqlite
def test_names_are_shown_as_text_and_never_run(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto("/accounts/new/?agent=Customer-001")
    page.get_by_label("Account ID").first.fill("Hostile-Name")
    page.get_by_label("Name", exact=True).first.fill("<img src=x onerror=document.title='ran'>")
    page.get_by_role("button", name="Add sub-account").first.click()
    for path in (
        "/accounts/Hostile-Name/",
        "/accounts/Customer-001/sub-accounts/",
        "/search/?q=img",
    ):
        page.goto(path)
        assert page.title() != "ran"
        assert page.locator("img[src=x]").count() == 0


def test_the_menu_stays_folded_as_it_was_left(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    """By keyboard: a group is opened, the page's own stays folded; the next page comes so."""
    page = open_window(admin)
    page.goto("/accounts/")
    menu = page.get_by_role("navigation", name="Modules")
    own = menu.get_by_role("link", name="Account management", exact=True)
    expect(own).to_be_hidden()
    expect(menu.get_by_role("link", name="Payments", exact=True)).to_be_hidden()
    menu.locator("summary", has_text="Money").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Payments", exact=True)).to_be_visible()
    page.goto("/accounts/?show=all")
    expect(menu.get_by_role("link", name="Payments", exact=True)).to_be_visible()
    expect(own).to_be_hidden()
    expect(menu.locator("summary", has_text="Work")).to_contain_text("Account management")
