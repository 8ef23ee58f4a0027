"""Number sections in a browser: a list pasted, checked and saved, and a number tested, within two
clicks each, by mouse and by keyboard alone.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.core.authorizations import Authorization
from accounts.core.models import User
from accounts.numbers.queries import rules_of
from tests.factories import ResellerTree, StaffFactory, grant, reseller_tree
from tests.support.browser import axe_everywhere, axe_violations
from tests.support.clicks import Clicks
from tests.support.numbers import ALLOCATION, limit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = "/accounts/Sub-Sub-Agent/number-sections/"
PASTED = "allow 880\nblock 8801900 # fraud\n8801700000000-8801799999999"
SAVED = ["allow 880", "allow 8801700000000–8801799999999", "block 8801900"]


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    tree = reseller_tree()
    grant(tree.agent, Authorization.MANAGE_ACCOUNT)
    return tree


def now(tree: ResellerTree) -> list[str]:
    return [str(one) for one in rules_of(tree.sub_agent)]


class TestSettingSections:
    """T10: paste and two clicks."""

    @pytest.mark.axe
    def test_by_mouse(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent)
        page.goto(PAGE)
        clicks = Clicks(page)
        page.get_by_label("Rules, one on each line").fill(PASTED)
        clicks.on("button", "Check the changes")
        expect(page.locator("main")).to_contain_text("3 lines were read.")
        assert axe_violations(page) == []
        clicks.on("button", "Save the rules")
        expect(page.get_by_text("3 rules added.")).to_be_visible()
        assert now(tree) == SAVED
        clicks.within("T10")

    def test_by_keyboard(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent)
        page.goto(PAGE)
        clicks = Clicks(page)
        clicks.tab_to("textbox", "Rules, one on each line")
        page.keyboard.insert_text(PASTED)
        clicks.tab_to("button", "Check the changes")
        clicks.enter()
        expect(page.locator("h1")).to_contain_text("Check the rules of Sub-Sub-Agent")
        clicks.tab_to("button", "Save the rules")
        clicks.enter()
        expect(page.get_by_text("3 rules added.")).to_be_visible()
        assert now(tree) == SAVED
        clicks.within("T10")

    def test_without_scripts(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent, scripts=False)
        page.goto(PAGE)
        page.get_by_label("Rules, one on each line").fill("block 881")
        page.get_by_role("button", name="Check the changes").click()
        page.get_by_role("button", name="Save the rules").click()
        page.get_by_label("Number, as called by").fill("8816212345678")
        page.get_by_role("button", name="Test", exact=True).click()
        expect(page.locator("main")).to_contain_text("Refused by Sub-Sub-Agent")


@pytest.mark.axe
class TestTestingNumbers:
    def test_while_it_is_typed(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        limit(tree.sub_agent, "allow 880", "block 8801900")
        page = open_window(agent)
        page.goto(PAGE)
        box = page.get_by_label("Number, as called by Sub-Sub-Agent")
        box.fill("+880 1711-000000")
        expect(page.locator("#answer")).to_contain_text("Allowed")
        box.fill("+880 1900-123456")
        expect(page.locator("#answer")).to_contain_text("Refused by Sub-Sub-Agent")
        # The page stayed where it was, and the focus with it.
        expect(box).to_be_focused()
        assert page.url.endswith(PAGE)
        assert axe_violations(page) == []

    def test_by_keyboard_with_rules_that_are_not_saved(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent)
        page.goto(PAGE)
        clicks = Clicks(page)
        clicks.tab_to("textbox", "Rules, one on each line")
        page.keyboard.insert_text("block 44")
        clicks.tab_to("button", "Check the changes")
        clicks.enter()
        expect(page.locator("h1")).to_contain_text("Check the rules")
        clicks.tab_to("textbox", "Number, or a list with one on each line")
        page.keyboard.insert_text("+44 20 7946 0000\n8801711000000")
        clicks.tab_to("button", "Test")
        clicks.enter()
        expect(page.locator("main")).to_contain_text("1 number allowed, 1 refused")
        assert axe_violations(page) == []
        assert clicks.count == 2
        assert now(tree) == []


@pytest.mark.slow
@pytest.mark.axe
def test_the_screens_are_accessible(
    tree: ResellerTree, agent: User, open_window: Callable[..., Page]
) -> None:
    limit(None, "block 881")
    limit(tree.top, "allow 880")
    limit(tree.agent, *(f"block 8801{n}" for n in range(30)), "allow 880")
    limit(tree.sub_agent, "allow 8801", "block 8801", "allow 44", "block 88019")
    limit(tree.sub_agent, "allow 8801700-8801799", purpose=ALLOCATION)
    test = "/number-sections/test/?account=Sub-Sub-Agent&number="
    for login, paths in (
        (agent, [PAGE, "/accounts/Dhaka-Retail-Sub/number-sections/", f"{test}8801900"]),
        (
            StaffFactory(username="admin", administrator=True),
            ["/number-sections/?start=set:premium", f"{PAGE}?start=preset:regional-agent",
             f"{test}442079460000", f"{test}letters"],
        ),
    ):  # fmt: skip
        page = open_window(login)
        assert [one for path in paths for one in axe_everywhere(page, path)] == []
