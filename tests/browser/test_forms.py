"""Forms under the hand: where the cursor is, what letters do, what moves and what stays."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from accounts.core.models import Account, User
from tests.factories import GatewayFactory, ResellerTree, StaffFactory, reseller_tree
from tests.support.browser import DRAWN, axe_and_fit, axe_violations
from tests.support.numbers import limit
from tests.support.paying import pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenWindow = Callable[..., Page]
ON_CUSTOMER = "/accounts/Customer-001"
# What a picker asks while somebody types.
SEARCHES = re.compile(r"/accounts/picker/")
FIRST_FIELDS = {
    "/accounts/new/": "id_name",
    "/accounts/new/?agent=Dhaka-Retail-Sub": "id_name",
    f"{ON_CUSTOMER}/edit/": "id_name",
    f"{ON_CUSTOMER}/move/": "id_parent",
    f"{ON_CUSTOMER}/lock/": "id_reason",
    "/accounts/Customer-002/close/": "id_reason",
    f"{ON_CUSTOMER}/payments/new/": "id_amount",
    f"{ON_CUSTOMER}/logins/new/": "id_username",
    "/payments/new/": "id_account",
    "/payments/distribute/": "id_lines",
    "/gateways/GW-1/capacity/": "id_capacity",
    "/rate-groups/new/": "id_name",
    "/switches/new/": "id_name",
    "/security/preferences/": "id_language",
    f"{ON_CUSTOMER}/number-sections/?add=destination#id_add": "id_add",
}


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    return reseller_tree()


@pytest.fixture
def admin(transactional_db: None) -> User:
    return StaffFactory(username="admin", administrator=True)


def target(page: Page) -> Locator:
    return page.get_by_role("combobox", name="New Agent ID")


def away(one: Route) -> None:
    one.fulfill(status=503, content_type="application/json", body="{}")


def choose(page: Page, account_id: str) -> None:
    target(page).fill(account_id)
    page.get_by_role("option", name=account_id).click()


@pytest.mark.walk
@pytest.mark.slow
def test_the_cursor_is_in_the_first_field_of_every_form(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    GatewayFactory(account=tree.customer, name="GW-1")
    page = open_window(admin)
    found = {}
    for path in FIRST_FIELDS:
        page.goto(path)
        page.wait_for_load_state()
        found[path] = page.evaluate("document.activeElement.id")
    assert found == FIRST_FIELDS


@pytest.mark.parametrize(
    ("path", "folded", "first"),
    [
        ("/accounts/", ".views-bar summary", "#view-name"),
        (f"{ON_CUSTOMER}/number-sections/", "#add-rules > summary", "#id_add"),
    ],
)
@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_so_it_is_where_something_is_unfolded(
    tree: ResellerTree, admin: User, open_window: OpenWindow, path: str, folded: str, first: str,
    how: str,
) -> None:  # fmt: skip
    limit(tree.customer, "allow 880")
    page = open_window(admin)
    page.goto(path)
    expect(page.locator(first)).to_be_hidden()
    if how == "mouse":
        page.locator(folded).click()
    else:
        page.locator(folded).focus()
        page.keyboard.press("Enter")
    expect(page.locator(first)).to_be_focused()


def test_a_check_page_begins_at_its_button_or_at_the_way_back(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto(f"{ON_CUSTOMER}/payments/new/")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pay 5.00 USD to Customer-001")).to_be_focused()
    # What cannot be taken back is not a key away.
    page.goto("/accounts/Customer-002/delete/")
    expect(page.get_by_role("button", name="Delete")).not_to_be_focused()


def test_letters_lead_nowhere_while_something_is_not_saved(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto(f"{ON_CUSTOMER}/edit/")
    before = page.url
    page.get_by_role("radio", name="Standard").focus()
    page.keyboard.press("/")
    expect(page.locator("#find")).not_to_be_focused()
    page.get_by_label("Name", exact=True).fill("Another")
    page.get_by_role("link", name="Cancel").focus()
    for key in ("/", "t", "n", "e", "?"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="Cancel")).to_be_focused()
    expect(page.locator("#keys")).to_be_hidden()
    assert page.url == before
    # The same page as it was opened: a letter is a key again.
    page.goto(f"{ON_CUSTOMER}/edit/")
    page.get_by_role("link", name="Cancel").focus()
    page.keyboard.press("t")
    expect(page.locator("#tree-find")).to_be_focused()


@pytest.mark.parametrize("density", ["compact", "comfortable"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_when_a_picker_is_opened_left_or_chosen_from(
    tree: ResellerTree, admin: User, open_window: OpenWindow, width: int, density: str
) -> None:
    page = open_window(admin, width=width)
    page.goto(f"{ON_CUSTOMER}/move/")
    page.locator("html").evaluate("(root, one) => { root.dataset.density = one; }", density)
    button = page.get_by_role("button", name="Show the effects")
    at_first = button.bounding_box()
    assert at_first is not None
    target(page).click()
    expect(page.get_by_role("option", name="Sylhet-Retail-Sub")).to_be_visible()
    assert button.bounding_box() == at_first
    page.get_by_role("link", name="Cancel").focus()
    expect(page.get_by_role("option", name="Sylhet-Retail-Sub")).to_be_hidden()
    assert button.bounding_box() == at_first
    choose(page, "Sylhet-Retail-Sub")
    assert button.bounding_box() == at_first
    # The first click after it counts, wherever it is on the button.
    page.mouse.click(at_first["x"] + 20, at_first["y"] + at_first["height"] - 3)
    page.wait_for_url("**parent=Sylhet-Retail-Sub*")
    expect(page.get_by_role("heading", name="Effects")).to_be_visible()


def test_a_picker_is_loaded_when_it_is_opened_and_finds_what_was_typed_before(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/accounts/new/")
    page.wait_for_load_state("networkidle")
    assert not any("tom-select" in one for one in asked)
    page.get_by_role("combobox", name="Agent ID").focus()
    expect(page.locator(".ts-dropdown")).to_have_count(0)
    page.keyboard.type("sylhet")
    page.get_by_role("option", name="Sylhet-Retail-Sub").click()
    assert any("tom-select" in one for one in asked)
    expect(page.locator("#id_parent")).to_have_value("Sylhet-Retail-Sub")


def test_an_emptied_picker_is_not_the_top_level(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto(f"{ON_CUSTOMER}/move/")
    page.get_by_role("button", name="Show the effects").click()
    expect(page.locator(".error-summary")).to_contain_text("tick “Top level”")
    page.get_by_label("Top level").check()
    page.get_by_role("button", name="Show the effects").click()
    expect(page.locator(".page-lead")).to_contain_text("goes to the top level")
    page.get_by_label("Reason").fill("Independent")
    page.get_by_role("button", name="Move 1 account").click()
    expect(page.locator("main")).to_contain_text("now stands at the top level")
    assert Account.objects.get(account_id="Customer-001").parent is None


def test_sections_are_folded_until_something_is_in_them(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    page.goto("/accounts/new/?agent=Dhaka-Retail-Sub")
    expect(page.locator("details.fold[open]")).to_have_count(0)
    page.locator("summary", has_text="Contact").focus()
    page.keyboard.press("Enter")
    page.locator("#id_email").fill("nowhere")
    page.get_by_label("Name", exact=True).fill("Acme")
    page.get_by_role("button", name="Add sub-account").click()
    expect(page.locator(".error-summary")).to_be_focused()
    opened = page.locator("details.fold[open] summary h2")
    expect(opened).to_have_text(["Contact"])


def test_the_save_bar_stays_in_sight(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin, width=390, height=600)
    page.goto("/accounts/new/?agent=Dhaka-Retail-Sub")
    button = page.get_by_role("button", name="Add sub-account")
    expect(button).to_be_in_viewport(ratio=1)
    page.mouse.wheel(0, 300)
    expect(button).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_figure_in_its_row_says_that_it_is_not_saved(
    tree: ResellerTree, admin: User, open_window: OpenWindow, width: int
) -> None:
    one = GatewayFactory(account=tree.customer, name="GW-1", capacity=10)
    page = open_window(admin, width=width)
    page.goto("/gateways/")
    box = page.get_by_label("Calls at a time of GW-1")
    save = page.get_by_role("button", name="Save for GW-1")
    expect(save).to_be_hidden()
    box.fill("12")
    expect(page.locator(".unsaved")).to_be_visible()
    box.fill("10")
    expect(save).to_be_hidden()
    box.fill("12")
    save.click()
    expect(page.get_by_label("Calls at a time of GW-1")).to_have_value("12")
    expect(page.locator(".unsaved")).to_be_hidden()
    one.refresh_from_db()
    assert one.capacity == 12


@pytest.mark.slow
@pytest.mark.axe
def test_the_account_form_shuts_nobody_out(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    pay(tree.customer, "5")
    page = open_window(admin)
    found = []
    for path in ("/accounts/new/", f"{ON_CUSTOMER}/edit/", f"{ON_CUSTOMER}/move/"):
        page.goto(path)
        found += axe_and_fit(page)
        page.evaluate("document.querySelectorAll('.fold').forEach((one) => { one.open = true; })")
        page.emulate_media(color_scheme="dark")
        found += axe_violations(page)
        page.set_viewport_size({"width": 390, "height": 800})
        found += axe_violations(page)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="light")
    assert found == []


class TestPickersWhoseSearchFails:
    """What was typed stays, what failed is said, and the newest search has the last word."""

    @pytest.mark.parametrize("how", ["unreachable", "away"])
    def test_what_was_typed_is_what_is_sent(
        self, tree: ResellerTree, admin: User, open_window: OpenWindow, how: str
    ) -> None:
        page = open_window(admin)
        page.goto(f"{ON_CUSTOMER}/move/")
        page.route(SEARCHES, lambda one: one.abort() if how == "unreachable" else away(one))
        target(page).click()
        page.keyboard.type("Sylhet-Retail-Sub")
        said = "Could not search. Type the whole Agent ID."
        expect(page.locator("#announce")).to_have_text(said)
        expect(page.locator(".ts-dropdown .no-results")).to_have_text(said)
        expect(target(page)).to_have_value("Sylhet-Retail-Sub")
        page.keyboard.press("Tab")
        expect(page.locator("#id_parent")).to_have_value("Sylhet-Retail-Sub")
        page.get_by_role("button", name="Show the effects").click()
        expect(page.get_by_role("heading", name="Effects")).to_be_visible()

    def test_a_late_answer_of_an_older_search_counts_no_more(
        self, tree: ResellerTree, admin: User, open_window: OpenWindow
    ) -> None:
        page = open_window(admin)
        page.goto(f"{ON_CUSTOMER}/move/")
        late: list[Route] = []

        def held_back(one: Route) -> None:
            if "q=sylhet" in one.request.url:
                late.append(one)
            else:
                one.continue_()

        page.route(SEARCHES, held_back)
        target(page).click()
        page.keyboard.type("sylhet")
        with page.expect_request(lambda one: "q=sylhet" in one.url):
            pass
        target(page).fill("dhaka")
        expect(page.get_by_role("option", name="Dhaka-Retail-Sub")).to_be_visible()
        with page.expect_response(lambda one: "q=sylhet" in one.url):
            late[0].continue_()
        page.evaluate(DRAWN)
        expect(page.get_by_role("option", name="Dhaka-Retail-Sub")).to_be_visible()
        expect(page.get_by_role("option", name="Sylhet-Retail-Sub")).to_have_count(0)

    def test_what_is_no_account_is_not_kept_where_the_search_answered(
        self, tree: ResellerTree, admin: User, open_window: OpenWindow
    ) -> None:
        page = open_window(admin)
        page.goto(f"{ON_CUSTOMER}/move/")
        target(page).fill("nobody")
        expect(page.locator(".ts-dropdown .no-results")).to_have_text("No account matches")
        page.keyboard.press("Tab")
        expect(page.locator("#id_parent")).to_have_value("")


def test_a_name_typed_before_the_scripts_came_suggests_its_account_id(
    tree: ResellerTree, admin: User, open_window: OpenWindow
) -> None:
    page = open_window(admin)
    held: list[Route] = []
    page.route("**/js/account-new*.js", lambda route: held.append(route))
    with page.expect_request("**/js/account-new*.js"):
        page.goto("/accounts/new/?agent=Dhaka-Retail-Sub", wait_until="commit")
    page.locator("#id_name").fill("Corner Shop")
    held[0].continue_()
    expect(page.locator("#id_account_id")).to_have_value("Dhaka-Retail-CornerShop")
