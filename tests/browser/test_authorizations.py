"""Granting, revoking and asking why not, in a browser: within their clicks, and by keyboard alone.

A click is a click, a tap, or Enter on a control; what is typed comes on top.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.authorizations.queries.grants import held
from accounts.core.authorizations import Authorization
from accounts.core.models import GrantBatch, User
from tests.factories import (
    PASSWORD,
    ResellerTree,
    StaffFactory,
    grant,
    phone,
    reseller_tree,
    revoke,
)
from tests.support.browser import axe_everywhere, axe_violations
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

A = Authorization
RETAIL = {A.MANAGE_ACCOUNT, A.MANAGE_PHONE, A.PAY_SUB_ACCOUNT}
EDITOR = "/accounts/Sub-Sub-Agent/authorizations/"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    """The agent holds all but the gateways; its sub-agent and the customer below it hold 2."""
    tree = reseller_tree()
    grant(
        tree.agent,
        *(set(A) - {A.MANAGE_GATEWAY, A.MODIFY_GATEWAY_INFORMATION, A.MODIFY_GATEWAY_CAPACITY}),
    )
    grant(tree.deep_customer, A.MANAGE_PHONE)
    return tree


@pytest.fixture
def administrator(tree: ResellerTree) -> User:
    return StaffFactory(username="admin", administrator=True)


def prove_who_you_are(page: Page, then: str) -> None:
    """As somebody who signed in a moment ago; who did long ago is asked for it in between."""
    page.goto(f"/security/reauthenticate/?next={then}")
    page.locator("main input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{then}")


class TestGrantingByTemplate:
    """T7: at most four clicks."""

    def test_by_mouse(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent)
        page.goto("/accounts/Sub-Sub-Agent/")
        clicks = Clicks(page)
        clicks.on("link", "Authorizations")
        clicks.on("link", re.compile("^Retail"))
        expect(page.locator("main")).to_contain_text("The boxes follow Retail.")
        clicks.on("button", "Review changes")
        expect(page.locator("main")).to_contain_text("1 Add/delete/modify account is granted")
        page.get_by_label("Reason").fill("opens shops")
        clicks.on("button", "Grant 2 authorizations")
        expect(page.get_by_text("granted 1 Add/delete/modify account")).to_be_visible()
        assert held(tree.sub_agent) == RETAIL
        clicks.within("T7")

    def test_by_keyboard(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent)
        page.goto(EDITOR)
        clicks = Clicks(page)
        clicks.tab_to("link", re.compile("^Retail"))
        clicks.enter()
        page.wait_for_url("**/authorizations/?template=*")
        clicks.tab_to("button", "Review changes")
        clicks.enter()
        expect(page.locator("h1")).to_contain_text("Review the authorizations")
        clicks.tab_to("textbox", "Reason")
        page.keyboard.type("opens shops")
        clicks.tab_to("button", "Grant 2 authorizations")
        clicks.enter()
        expect(page.get_by_text("granted 1 Add/delete/modify account")).to_be_visible()
        assert held(tree.sub_agent) == RETAIL
        clicks.within("T7")

    def test_what_cannot_be_granted_cannot_be_ticked(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent)
        page.goto(EDITOR)
        box = page.locator("#id_manage_gateway")
        box.focus()
        page.keyboard.press("Space")
        expect(box).not_to_be_checked()
        box.click(force=True)
        expect(box).not_to_be_checked()
        page.locator("#id_manage_phone_card").focus()
        page.keyboard.press("Space")
        expect(page.locator("#id_manage_phone_card")).to_be_checked()


class TestRevokingWithItsCascade:
    """T8: at most three clicks and a reason, all that lose something shown before."""

    def test_by_mouse_and_back(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent)
        prove_who_you_are(page, EDITOR)
        clicks = Clicks(page)
        clicks.at(page.locator("label", has_text="Add/delete/modify phone").first)
        clicks.on("button", "Review changes")
        expect(page.locator("main")).to_contain_text("1 account below loses authorizations")
        expect(page.locator("[data-hit]")).to_have_text(re.compile("^Customer-301"))
        assert held(tree.deep_customer) == {A.MANAGE_PHONE}
        page.get_by_label("Reason").fill("numbers are given out centrally")
        clicks.on("button", "Take away 1 authorization")
        expect(page.get_by_text("taken away 2")).to_be_visible()
        assert held(tree.deep_customer) == held(tree.sub_agent) == frozenset()
        clicks.within("T8")
        page.get_by_role("link", name="Restore this batch").click()
        expect(page.locator("main")).to_contain_text("2 in all, from 2 accounts")
        page.get_by_label("Reason").fill("a mistake")
        page.get_by_role("button", name="Give it back").click()
        expect(page.get_by_text("2 authorizations were given back")).to_be_visible()
        assert held(tree.deep_customer) == {A.MANAGE_PHONE}

    def test_by_keyboard(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(agent, width=390, height=700)
        prove_who_you_are(page, EDITOR)
        clicks = Clicks(page)
        clicks.tab_to("checkbox", re.compile("phone$"))
        page.keyboard.press("Space")
        clicks.tab_to("button", "Review changes")
        clicks.enter()
        expect(page.locator("[data-hit]")).to_have_count(1)
        clicks.tab_to("textbox", "Reason")
        page.keyboard.type("numbers are given out centrally")
        clicks.tab_to("button", "Take away 1 authorization")
        clicks.enter()
        expect(page.get_by_text("taken away 2")).to_be_visible()
        assert held(tree.deep_customer) == frozenset()
        clicks.within("T8")


class TestAskingWhyNot:
    """T9: two clicks and two pickers."""

    def test_who_is_suggested_while_it_is_typed_and_may_be_anything(
        self, tree: ResellerTree, administrator: User, agent: User, open_window: Callable[..., Page]
    ) -> None:
        phone(tree.customer, "8801711000009")
        page = open_window(administrator)
        page.goto("/check-access/")
        who = page.get_by_role("combobox", name="Who")
        who.press_sequentially("dhaka")
        suggested = page.locator("#id_who_suggested option")
        expect(suggested.first).to_have_attribute("value", "dhaka-desk")
        expect(suggested.first).to_have_attribute("label", re.compile("Dhaka-Retail-Sub · login"))
        who.fill("8801711000009")
        page.get_by_label("Deed").select_option("call")
        page.locator("#id_number").fill("8801711000001")
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_role("status", name="Verdict")).to_contain_text("Customer-001")

    def test_by_mouse(
        self, tree: ResellerTree, administrator: User, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(administrator)
        page.goto("/")
        clicks = Clicks(page)
        clicks.on("link", "Check access")
        page.get_by_role("combobox", name="Who").fill("dhaka-desk")
        page.get_by_label("Deed").select_option("manage_gateway")
        page.get_by_role("combobox", name="Account it is done to").click()
        page.keyboard.type("Customer-001")
        page.get_by_role("option", name="Customer-001").click()
        clicks.on("button", "Check")
        verdict = page.get_by_role("status", name="Verdict")
        expect(verdict).to_contain_text("No.")
        expect(verdict).to_contain_text("does not hold authorization 4")
        clicks.within("T9")
        page.get_by_role("link", name="Change the authorizations of").click()
        page.wait_for_url("**/authorizations/")

    def test_by_keyboard(
        self, tree: ResellerTree, administrator: User, agent: User, open_window: Callable[..., Page]
    ) -> None:
        revoke(tree.top, A.MANAGE_PHONE)
        page = open_window(administrator)
        page.goto("/check-access/")
        clicks = Clicks(page)
        clicks.tab_to("combobox", "Who")
        page.keyboard.type("dhaka-desk")
        page.keyboard.press("Tab")
        page.keyboard.type("2 Add")
        page.keyboard.press("Tab")
        page.keyboard.type("Customer-001")
        expect(page.get_by_role("option", name="Customer-001")).to_be_visible()
        page.keyboard.press("Enter")
        clicks.tab_to("button", "Check")
        clicks.enter()
        verdict = page.get_by_role("status", name="Verdict")
        expect(verdict).to_contain_text("BD-Wholesale-Agent does not hold authorization 2")
        clicks.within("T9")


@pytest.mark.axe
@pytest.mark.sqlite
class TestAccessible:
    """Screens that only a deed or a special address shows; `test_screens` has the others."""

    def test_reviews_and_what_was_taken(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        revoke(tree.sub_agent, A.MANAGE_PHONE)
        batch = GrantBatch.objects.filter(account=tree.sub_agent).latest("pk")
        page = open_window(agent)
        paths = [
            f"{EDITOR}review/?manage_phone_card=on&expected=",
            f"{EDITOR}history/",
            f"{EDITOR}{batch.key}/restore/",
            f"{EDITOR}?template=999999",
            "/accounts/Dhaka-Retail-Sub/authorizations/",
        ]
        assert [one for path in paths for one in axe_everywhere(page, path)] == []

    def test_a_verdict(
        self, tree: ResellerTree, administrator: User, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(administrator)
        for deed in ("manage_gateway", "manage_phone"):
            path = f"/check-access/?who=dhaka-desk&deed={deed}&target=Customer-001"
            assert axe_everywhere(page, path) == []
        assert axe_everywhere(page, "/check-access/?who=nobody&deed=add&target=nowhere") == []

    def test_a_refused_page(
        self, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        revoke(tree.agent, A.MANAGE_ACCOUNT)
        page = open_window(agent)
        assert axe_everywhere(page, "/accounts/Customer-001/edit/") == []

    @pytest.mark.slow
    def test_looking_as_somebody_else(
        self, tree: ResellerTree, administrator: User, agent: User, open_window: Callable[..., Page]
    ) -> None:
        page = open_window(administrator)
        page.goto("/accounts/Dhaka-Retail-Sub/logins/")
        page.goto("/accounts/Dhaka-Retail-Sub/view-as/")
        assert axe_violations(page) == []
        page.get_by_label("Reason").fill("their question")
        page.locator("main").get_by_role("button", name=re.compile("[Ll]ook")).click()
        expect(page.get_by_role("region", name="Looking as somebody else")).to_be_visible()
        for path in ("/", "/accounts/", "/accounts/Customer-001/authorizations/"):
            assert axe_everywhere(page, path) == []
        page.goto("/")
        page.get_by_role("button", name="Be yourself again").click()
        expect(page.get_by_role("region", name="Looking as somebody else")).to_have_count(0)
