"""Lists fit: what matters is in sight on a small screen, and pages stay light."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import GatewayFactory, StaffFactory, UserFactory, grant, phone, reseller_tree
from tests.support.carding import cards
from tests.support.paying import pay

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

ALL = "/accounts/BD-Wholesale-Agent/sub-accounts/?show=all"
MOST_NODES = 1500
# Whether the middle of an element is in the window, and nothing lies over it.
IN_SIGHT = """(element) => {
    const {x, y, width, height} = element.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return x >= 0 && x + width <= innerWidth && Boolean(top)
        && (element.contains(top) || top.contains(element));
}"""


@pytest.fixture
def administrator(transactional_db: None) -> User:
    reseller_tree()
    return StaffFactory(username="admin", administrator=True)


@pytest.fixture
def agent(administrator: User) -> User:
    return UserFactory(account=Account.objects.get(account_id="BD-Wholesale-Agent"))


def many(count: int) -> None:
    """So many customers below one agent."""
    agent = "Dhaka-Retail-Sub"
    accounts_load(
        actor=SYSTEM,
        drafts=[
            Draft(f"BD-Retail-Customer-{n:03}", f"Tea house number {n}", agent)
            for n in range(count)
        ],
    )


def cell(page: Page, head: str) -> Any:
    """The cell of the first row below the head with these words."""
    at = page.locator(".list thead th").all_inner_texts()
    number = next(n for n, text in enumerate(at) if text.strip().startswith(head))
    return page.locator(".list tbody tr:not(.day)").first.locator("> *").nth(number)


@pytest.mark.parametrize("who", ["administrator", "agent"])
@pytest.mark.parametrize("show", ["direct", "all"])
def test_identity_state_money_and_actions_are_in_sight(
    who: str, show: str, request: Any, open_window: Callable[..., Page]
) -> None:
    login = request.getfixturevalue(who)
    many(3)
    page = open_window(login, width=1280)
    page.goto(f"/accounts/Dhaka-Retail-Sub/sub-accounts/?show={show}")
    for head in ("Account ID", "Status", "Balance", "Available", "Actions"):
        assert cell(page, head).evaluate(IN_SIGHT), head
    scrolls = page.locator(".list-scroll").evaluate("(one) => one.scrollWidth > one.clientWidth")
    assert not scrolls


@pytest.mark.parametrize(
    ("path", "heads"),
    [
        ("/phones/", ["Number", "Account ID", "State", "Actions"]),
        ("/gateways/", ["Name", "Account ID", "State", "Calls at a time"]),
        ("/payments/", ["Movement", "Account ID", "Amount", "Balance after"]),
        ("/cards/", ["Name", "State", "Face value", "Outstanding"]),
        ("/audit/", ["Time", "Deed", "Who", "On"]),
        ("/accounts/Dhaka-Retail-Sub/logins/", ["User name", "State", "Actions"]),
    ],
)
@pytest.mark.parametrize("who", ["administrator", "agent"])
def test_what_matters_of_every_list_is_in_sight(
    who: str, request: Any, open_window: Callable[..., Page], path: str, heads: list[str]
) -> None:
    login = request.getfixturevalue(who)
    # Of everything it is about, an agent does nothing without an authorization.
    grant(Account.objects.get(account_id="BD-Wholesale-Agent"), *Authorization)
    account = Account.objects.get(account_id="Dhaka-Retail-Sub")
    UserFactory(account=account, username="dhaka.desk", full_name="Nadia Rahman of the desk")
    phone(account, "8801711000000", dids=["8801711000001", "8801711000002"], memo="Front desk")
    GatewayFactory(account=account, name="gw-dhaka-retail", addresses=["203.0.113.5"])
    pay(account, "120", memo="What the office collected in cash last week")
    cards(account, 2)
    page = open_window(login, width=1280)
    page.goto(path)
    for head in heads:
        assert cell(page, head).evaluate(IN_SIGHT), head


def test_a_page_of_fifty_accounts_is_light(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    many(60)
    page = open_window(administrator, width=1280)
    page.goto(ALL + "&size=50")
    assert page.locator(".list tbody tr").count() == 50
    assert page.evaluate("document.querySelectorAll('*').length") <= MOST_NODES


def test_first_and_last_column_stay_with_their_heads(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    tree = Account.objects.get(account_id="Dhaka-Retail-Sub")
    phone(tree, "8801711000000", memo="A memo that takes all the room there is for memos, and more")
    page = open_window(administrator, width=1280)
    page.set_viewport_size({"width": 800, "height": 700})
    page.goto("/phones/")
    kept = ".list .tick, .list .lead-col, .list tbody th, .list .acts"
    places = "(all) => all.map((one) => Math.round(one.getBoundingClientRect().x))"
    before = page.locator(kept).evaluate_all(places)
    scrolled = page.locator(".list-scroll").evaluate(
        "(one) => { one.scrollLeft = 200; return one.scrollLeft; }"
    )
    assert scrolled > 50
    assert page.locator(kept).evaluate_all(places) == before
    # Head over cell: box, identity, actions.
    tick, lead, acts = before[0:3]
    assert before[3:] == [tick, lead, acts]


def test_the_menu_of_a_row_is_made_when_it_opens(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(administrator, width=1280)
    page.goto(ALL)
    assert page.locator(".list .dropdown-menu").count() == 0
    page.get_by_role("button", name="Actions for Customer-001").click()
    menu = page.locator(".list .dropdown-menu.show")
    menu.get_by_role("link", name="Open account").wait_for()
    assert page.locator(".list .dropdown-menu").count() == 1
    assert menu.get_by_role("link", name="Open account").evaluate(IN_SIGHT)


def test_the_menu_of_a_row_opens_by_keys(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(administrator, width=1280)
    page.goto(ALL)
    page.get_by_role("button", name="Actions for Customer-001").focus()
    page.keyboard.press("ArrowDown")
    page.locator(".list .dropdown-menu.show").get_by_role("link", name="Open account").wait_for()


def test_columns_to_choose_are_brought_when_asked_for(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(administrator, width=1280)
    page.goto(ALL)
    assert page.locator(".column-choice").count() == 0
    page.get_by_text("Columns").first.click()
    page.get_by_label("Free to hand out, USD", exact=True).check()
    page.get_by_role("button", name="Save columns").click()
    page.get_by_role("columnheader", name="Free to hand out").wait_for()


def test_columns_are_chosen_without_script(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(administrator, width=1280, scripts=False)
    page.goto(ALL)
    page.get_by_text("Columns").first.click()
    page.get_by_role("link", name="Choose columns").click()
    assert page.get_by_label("Memo", exact=True).is_visible()


def test_rows_of_administrators_are_close_until_they_choose(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(administrator, width=1280)
    page.goto(ALL)

    def height() -> float:
        found: float = page.locator(".list tbody tr").first.evaluate(
            "(row) => row.getBoundingClientRect().height"
        )
        return found

    assert height() < 34
    page.get_by_role("button", name="Appearance").click()
    with page.expect_response("**/appearance/"):
        page.get_by_role("button", name="Comfortable").click()
    assert height() > 34
    page.reload()
    assert height() > 34


def test_rows_of_agents_are_comfortable(agent: User, open_window: Callable[..., Page]) -> None:
    page = open_window(agent, width=1280)
    page.goto(ALL)
    assert page.locator("html").get_attribute("data-density") == "comfortable"


class TestOnAPhone:
    def test_the_current_tab_is_in_sight(
        self, administrator: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(administrator, width=390)
        page.goto("/accounts/BD-Wholesale-Agent/audit/")
        assert page.locator(".tabs [aria-current]").evaluate(IN_SIGHT)

    def test_filters_can_be_applied_however_many_there_are(
        self, administrator: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(administrator, width=390)
        page.goto(ALL)
        page.locator("summary", has_text="Filters").first.click()
        page.get_by_role("button", name="Apply filters").wait_for()
        assert page.locator(".filters .field:visible").count() == 5
        page.get_by_text("More filters").click()
        assert page.locator(".filters .field:visible").count() > 10
        assert page.get_by_role("button", name="Apply filters").evaluate(IN_SIGHT)

    def test_no_action_covers_what_it_acts_on(
        self, administrator: User, open_window: Callable[..., Page]
    ) -> None:
        many(2)
        page = open_window(administrator, width=390)
        page.goto(ALL)
        covered = page.locator(".list tbody tr").evaluate_all(
            """(rows) => rows.flatMap((row) => {
                const acts = [...row.querySelectorAll(".acts > *")];
                const rest = [...row.querySelectorAll(":scope > :not(.acts)")].filter(
                    (one) => one.checkVisibility());
                const box = (one) => {
                    const range = document.createRange();
                    range.selectNodeContents(one);
                    return range.getBoundingClientRect();
                };
                return acts.flatMap((act) => rest.filter((one) => {
                    const a = act.getBoundingClientRect(), b = box(one);
                    return a.left < b.right && b.left < a.right
                        && a.top < b.bottom && b.top < a.bottom;
                }).map((one) => one.textContent));
            })"""
        )
        assert covered == []


def test_on_a_desktop_all_filters_stand_there(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(administrator, width=1280)
    page.goto(ALL)
    page.locator("summary", has_text="Filters").first.click()
    page.get_by_role("button", name="Apply filters").wait_for()
    assert page.locator(".filters .field:visible").count() > 10
    assert page.get_by_role("button", name="Apply filters").evaluate(IN_SIGHT)


def test_what_was_set_stays_when_the_search_is_sent_with_closed_filters(
    administrator: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(administrator, width=1280)
    page.goto(f"{ALL}&category=agent")
    page.locator('.toolbar input[name="q"]').fill("retail")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=retail**")
    assert "category=agent" in page.url
    page.locator("summary", has_text="Filters").first.click()
    assert page.locator('.filters select[name="category"]').input_value() == "agent"
