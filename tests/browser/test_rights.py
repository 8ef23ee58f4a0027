"""Authorization management, asking for what is refused, and the lines of number sections: by mouse
and by keyboard, under the accessibility checker.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.authorizations.queries.grants import held
from accounts.core.authorizations import Authorization
from accounts.core.models import AccountGrant, User
from accounts.numbers.queries import rules_of
from accounts.requests.models import AuthorizationRequest
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant, reseller_tree
from tests.support.browser import axe_everywhere
from tests.support.clicks import Clicks
from tests.support.numbers import limit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MANAGE, PHONES = Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE
REVIEWS = "/authorizations/reviews/?show=all"
SECTIONS = "/accounts/Sub-Sub-Agent/number-sections/"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    tree = reseller_tree()
    for name in ("top", "agent", "sub_agent"):
        grant(getattr(tree, name), MANAGE, PHONES)
    return tree


@pytest.fixture
def administrator(tree: ResellerTree) -> User:
    return StaffFactory(username="admin", administrator=True)


class TestReviewing:
    def test_all_of_an_account_by_mouse(
        self, tree: ResellerTree, administrator: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(administrator)
        page.goto(REVIEWS)
        page.get_by_label("Select all of Sub-Sub-Agent").check()
        expect(page.locator("[data-ticked]")).to_have_text("2 selected")
        page.get_by_label("Sub-Sub-Agent: Add/delete/modify phone").uncheck()
        assert page.evaluate(
            "document.querySelector('[aria-label=\"Select all of Sub-Sub-Agent\"]').indeterminate"
        )
        page.get_by_label("Select all on this page").check()
        expect(page.locator("[data-ticked]")).to_have_text("6 selected")
        page.get_by_role("button", name="Keep the selected").click()
        expect(page.get_by_text("6 grants stay.")).to_be_visible()
        assert not AccountGrant.objects.filter(reviewed_at=None).exists()

    def test_all_of_an_account_by_keyboard(
        self, tree: ResellerTree, administrator: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(administrator)
        page.goto(REVIEWS)
        clicks = Clicks(page)
        clicks.tab_to("checkbox", "Select all of Dhaka-Retail-Sub")
        page.keyboard.press("Space")
        clicks.tab_to("button", "Keep the selected")
        clicks.enter()
        expect(page.get_by_text("2 grants stay.")).to_be_visible()

    def test_without_scripts_each_is_ticked(
        self, tree: ResellerTree, administrator: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(administrator, scripts=False)
        page.goto(REVIEWS)
        expect(page.get_by_label("Select all on this page")).to_be_hidden()
        expect(page.get_by_label("Select all of Dhaka-Retail-Sub")).to_be_hidden()
        page.get_by_label("Dhaka-Retail-Sub: Add/delete/modify phone").check()
        page.get_by_role("button", name="Keep the selected").click()
        expect(page.get_by_text("1 grant stays.")).to_be_visible()


def test_what_is_refused_is_asked_for_and_granted(
    tree: ResellerTree, open_window: Callable[..., Page]
) -> None:
    """By keyboard from the refusal to the request, by mouse from the queue to the grant."""
    page = open_window(UserFactory(account=tree.customer, username="customer-desk"))
    page.goto("/accounts/new/?agent=Customer-001")
    expect(page.locator("h1")).to_have_text("This needs “Add/delete/modify account”")
    clicks = Clicks(page)
    clicks.tab_to("link", "Request it")
    clicks.enter()
    expect(page.get_by_label("Authorization", exact=True)).to_have_value("manage_account")
    clicks.tab_to("textbox", "What do you need it for?")
    page.keyboard.insert_text("sells on")
    clicks.tab_to("button", "Request it")
    clicks.enter()
    expect(page.get_by_text("The request is on its way")).to_be_visible()
    assert AuthorizationRequest.objects.get().reason == "sells on"
    desk = open_window(UserFactory(account=tree.agent, username="dhaka-desk"))
    desk.goto("/authorizations/requests/")
    desk.get_by_role("link", name="Grant…").click()
    desk.get_by_role("button", name="Grant it").click()
    expect(desk.get_by_text("Granted: Customer-001 holds 1")).to_be_visible()
    assert held(tree.customer) == {MANAGE}


class TestSets:
    def test_a_set_unfolds_and_goes_by_mouse(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        limit(tree.sub_agent, "allow 880", "block 870", "block 881", "block 882")
        page = open_window(agent)
        page.goto(SECTIONS)
        line = page.locator("[data-set]")
        expect(line.get_by_text("881", exact=True)).to_be_hidden()
        line.get_by_text("Satellite", exact=True).click()
        expect(line.get_by_text("881", exact=True)).to_be_visible()
        line.locator(".row-pop > summary").click()
        page.get_by_role("button", name="Remove the set…").click()
        expect(page.locator("main")).to_contain_text("3 rules are removed")
        page.get_by_role("button", name="Save the rules").click()
        expect(page.get_by_text("3 rules removed.")).to_be_visible()
        assert [str(one) for one in rules_of(tree.sub_agent)] == ["allow 880"]

    def test_a_rule_is_added_and_goes_by_keyboard(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        limit(tree.sub_agent, "allow 880")
        page = open_window(agent)
        page.goto(SECTIONS)
        summary = page.locator("#add-rules > summary")
        summary.focus()
        page.keyboard.press("Enter")
        clicks = Clicks(page)
        clicks.tab_to("textbox", "Rules, one on each line")
        page.keyboard.insert_text("block 8801900")
        clicks.tab_to("button", "Check the changes")
        clicks.enter()
        clicks.tab_to("button", "Save the rules")
        clicks.enter()
        expect(page.get_by_text("1 rule added.")).to_be_visible()
        page.locator("[data-rule='block 8801900'] .row-pop > summary").focus()
        page.keyboard.press("Enter")
        clicks.tab_to("button", "Remove…")
        clicks.enter()
        expect(page.locator("main")).to_contain_text("1 rule is removed")


def test_direct_and_all_say_what_they_show(
    tree: ResellerTree, agent: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(agent)
    page.goto("/accounts/Dhaka-Retail-Sub/sub-accounts/")
    expect(page.get_by_text("the first level: accounts directly below it")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"^All \d")).click()
    expect(page.get_by_text("every level below it, with level and path")).to_be_visible()


@pytest.mark.slow
@pytest.mark.axe
def test_the_screens_are_accessible(
    tree: ResellerTree, administrator: User, agent: User, open_window: Callable[..., Page]
) -> None:
    limit(None, "block 870", "block 881", "block 882", "block 883")
    limit(tree.sub_agent, "allow 880", "block 870", "block 881", "block 8801900")
    one = AuthorizationRequest.objects.create(
        account=tree.customer, code="manage_phone", requester_name="desk", reason="sells on"
    )
    requests = "/authorizations/requests/"
    for login, paths in (
        (
            administrator,
            ["/authorizations/", "/authorizations/?who=all&differs=on&panel=filters", REVIEWS,
             requests, f"{requests}{one.key}/?deed=refuse", f"{SECTIONS}?add=1"],
        ),
        (
            agent,
            ["/authorizations/?who=all", f"{requests}new/?code=manage_gateway",
             "/gateways/new/?account=Customer-001", SECTIONS, "/check-access/"],
        ),
    ):  # fmt: skip
        page = open_window(login)
        assert [found for path in paths for found in axe_everywhere(page, path)] == []
