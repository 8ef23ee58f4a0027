"""What people come for, within the clicks that are theirs: by mouse, and by keyboard alone.

The other tasks stand with their screens; `tests.support.clicks` names them, and the tests of a task
are found by its letter and number.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Transaction
from tests.factories import (
    PASSWORD,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
    reseller_tree,
)  # fmt: skip
from tests.support.clicks import Clicks
from tests.support.paying import balance, pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenWindow = Callable[..., Page]
AGENT = "/accounts/Dhaka-Retail-Sub/"
CUSTOMER = "/accounts/Customer-001/"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    made = reseller_tree()
    grant(made.agent)
    return made


@pytest.fixture
def desk(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="desk", password=PASSWORD)


@pytest.fixture
def admin(tree: ResellerTree) -> User:
    return StaffFactory(username="admin", administrator=True, password=PASSWORD)


class TestNewSubAccount:
    """T5: two clicks and a name."""

    def test_by_mouse(self, open_window: OpenWindow, desk: User) -> None:
        page = open_window(desk)
        page.goto(f"{AGENT}sub-accounts/")
        clicks = Clicks(page)
        clicks.on("link", re.compile("Add sub-account"))
        page.locator("#id_name").fill("Corner Shop")
        clicks.on("button", re.compile("^(Add|Create)"))
        expect(page.locator("main")).to_contain_text("Corner Shop")
        self.expect_below_the_agent()
        clicks.within("T5")

    def test_by_keyboard(self, open_window: OpenWindow, desk: User) -> None:
        page = open_window(desk)
        page.goto(f"{AGENT}sub-accounts/")
        clicks = Clicks(page)
        clicks.key("n")
        page.wait_for_url(re.compile("/accounts/new/"))
        clicks.tab_to("textbox", "Name")
        page.keyboard.type("Corner Shop")
        clicks.enter()
        expect(page.locator("main")).to_contain_text("Corner Shop")
        self.expect_below_the_agent()
        clicks.within("T5")

    def expect_below_the_agent(self) -> None:
        made = Account.objects.get(name="Corner Shop")
        assert made.parent is not None
        assert made.parent.account_id == "Dhaka-Retail-Sub"


class TestAutoPromotion:
    """T6: two clicks and a name; what a new agent needs next is offered right there."""

    def expect_an_agent(self, page: Page) -> None:
        main = page.locator("main")
        expect(main).to_contain_text("Next for Customer-001:")
        expect(main.get_by_role("link", name="Authorizations", exact=True).first).to_be_visible()
        expect(main.get_by_role("link", name="Number sections", exact=True).first).to_be_visible()
        expect(page.locator("#tree").get_by_text("Customer-001", exact=True)).to_be_visible()
        page.goto(CUSTOMER)
        expect(page.locator(".page-head .badges")).to_contain_text("Agent")

    def test_by_mouse(self, open_window: OpenWindow, admin: User) -> None:
        page = open_window(admin)
        page.goto(CUSTOMER)
        clicks = Clicks(page)
        clicks.on("link", "Add sub-account")
        page.locator("#id_name").fill("Stall")
        clicks.on("button", re.compile("^Add sub-account$"))
        self.expect_an_agent(page)
        clicks.within("T6")

    def test_by_keyboard(self, open_window: OpenWindow, admin: User) -> None:
        page = open_window(admin)
        page.goto(CUSTOMER)
        clicks = Clicks(page)
        clicks.key("n")
        expect(page.locator("#id_name, #id_account_id").first).to_be_focused()
        clicks.tab_to("textbox", "Name")
        page.keyboard.type("Stall")
        clicks.enter()
        self.expect_an_agent(page)
        clicks.within("T6")


class TestOneDeedOnMany:
    """T12: at most five clicks; what will change is shown before, what was done after."""

    def expect_locked(self) -> None:
        locked = Account.objects.filter(status="locked").order_by("account_id")
        assert [one.account_id for one in locked] == [
            "Customer-001", "Customer-002", "Sub-Sub-Agent",
        ]  # fmt: skip

    def test_by_mouse(self, open_window: OpenWindow, desk: User) -> None:
        page = open_window(desk)
        page.goto(f"{AGENT}sub-accounts/")
        clicks = Clicks(page)
        clicks.on("checkbox", "Select all rows on this page")
        clicks.on("button", "Lock")
        expect(page.locator("main")).to_contain_text("Customer-002")
        page.get_by_label("Reason").fill("Unpaid")
        clicks.on("button", re.compile("^Lock 3"))
        expect(page.locator("main")).to_contain_text("3 accounts")
        self.expect_locked()
        clicks.within("T12")

    def test_by_keyboard(self, open_window: OpenWindow, desk: User) -> None:
        page = open_window(desk)
        page.goto(f"{AGENT}sub-accounts/")
        clicks = Clicks(page)
        for _row in range(3):
            page.keyboard.press("j")
            page.keyboard.press("x")
        clicks.tab_to("button", "Lock")
        clicks.enter()
        expect(page.get_by_label("Reason")).to_be_focused()
        page.keyboard.type("Unpaid")
        clicks.enter()
        expect(page.locator("main")).to_contain_text("3 accounts")
        self.expect_locked()
        clicks.within("T12")


class TestStatement:
    """T13: two clicks to a statement of last month that adds up, in a zone that is named."""

    @pytest.fixture(autouse=True)
    def paid(self, tree: ResellerTree) -> None:
        month_ago = timezone.now().replace(day=1) - timedelta(days=3)
        pay(tree.customer, "50", at=month_ago)
        pay(tree.customer, "20")

    def expect_last_month(self, page: Page) -> None:
        main = page.locator("main")
        expect(main.get_by_role("link", name="Last month")).to_have_attribute(
            "aria-current", "true"
        )
        expect(main).to_contain_text("Closing balance")
        expect(main).to_contain_text("50.00")
        expect(main).to_contain_text("UTC")

    def test_by_mouse(self, open_window: OpenWindow, desk: User) -> None:
        page = open_window(desk)
        page.goto(CUSTOMER)
        clicks = Clicks(page)
        clicks.on("link", "Statement")
        clicks.on("link", "Last month")
        self.expect_last_month(page)
        clicks.within("T13")

    def test_by_keyboard(self, open_window: OpenWindow, desk: User) -> None:
        page = open_window(desk)
        page.goto(CUSTOMER)
        clicks = Clicks(page)
        clicks.tab_to("link", "Statement")
        clicks.enter()
        page.wait_for_url(re.compile("/statement/"))
        clicks.tab_to("link", "Last month")
        clicks.enter()
        self.expect_last_month(page)
        clicks.within("T13")


class TestWrongPayment:
    """T14: three clicks and a reason; both sides point at each other, nothing is edited."""

    @pytest.fixture
    def wrong(self, tree: ResellerTree) -> Transaction:
        return pay(tree.customer, "50")

    def expect_reversed(self, page: Page, wrong: Transaction) -> None:
        expect(page.locator("main")).to_contain_text(f"This takes back payment {wrong.key}")
        page.get_by_role("link", name="See that payment").click()
        expect(page.locator("main")).to_contain_text("Wrong account")
        assert balance(wrong.account) == 0

    def test_by_mouse(self, open_window: OpenWindow, admin: User, wrong: Transaction) -> None:
        page = open_window(admin)
        page.goto(f"/payments/{wrong.key}/")
        clicks = Clicks(page)
        clicks.on("link", "Reverse…")
        page.get_by_label("Reason").fill("Wrong account")
        clicks.on("button", "Reverse 50.00 USD")
        self.expect_reversed(page, wrong)
        clicks.within("T14")

    def test_by_keyboard(self, open_window: OpenWindow, admin: User, wrong: Transaction) -> None:
        page = open_window(admin)
        page.goto(f"/payments/{wrong.key}/")
        clicks = Clicks(page)
        clicks.tab_to("link", "Reverse…")
        clicks.enter()
        expect(page.get_by_label("Reason")).to_be_focused()
        page.keyboard.type("Wrong account")
        clicks.enter()
        self.expect_reversed(page, wrong)
        clicks.within("T14")


class TestAlert:
    """T20: one click to the evidence, one to act: an account whose balance ran low."""

    @pytest.fixture(autouse=True)
    def low(self, tree: ResellerTree) -> None:
        terms_set(actor=SYSTEM, account=tree.customer, low_balance_threshold=Decimal(20))

    def test_by_mouse(self, open_window: OpenWindow, admin: User) -> None:
        page = open_window(admin)
        page.goto("/")
        clicks = Clicks(page)
        clicks.on("link", re.compile("1 account is below its low-balance threshold"))
        expect(page.locator("main tbody tr")).to_have_count(1)
        clicks.on("link", "Payment… Customer-001")
        expect(page.locator("#id_amount")).to_be_focused()
        clicks.within("T20")

    def test_by_keyboard(self, open_window: OpenWindow, admin: User) -> None:
        page = open_window(admin)
        page.goto("/")
        clicks = Clicks(page)
        clicks.tab_to("link", re.compile("1 account is below its low-balance threshold"))
        clicks.enter()
        expect(page.locator("main tbody tr")).to_have_count(1)
        clicks.tab_to("link", "Payment… Customer-001")
        clicks.enter()
        expect(page.locator("#id_amount")).to_be_focused()
        clicks.within("T20")


class TestMove:
    """T23: three clicks and a picker; an agent with sub-accounts is no dead end."""

    def expect_moved(self, page: Page) -> None:
        expect(page.locator("main")).to_contain_text("Sylhet-Retail-Sub")
        moved = Account.objects.get(account_id="Customer-001")
        assert moved.parent is not None
        assert moved.parent.account_id == "Sylhet-Retail-Sub"

    def test_by_mouse(self, open_window: OpenWindow, admin: User) -> None:
        page = open_window(admin)
        page.goto(CUSTOMER)
        clicks = Clicks(page)
        clicks.on("link", "Move…")
        page.get_by_role("combobox", name="Agent ID").click()
        page.keyboard.type("sylhet")
        page.get_by_role("option", name="Sylhet-Retail-Sub").click()
        clicks.on("button", "Show the effects")
        page.get_by_label("Reason").fill("New region")
        clicks.on("button", "Move 1 account")
        self.expect_moved(page)
        clicks.within("T23")

    def test_by_keyboard(self, open_window: OpenWindow, admin: User) -> None:
        page = open_window(admin)
        page.goto(CUSTOMER)
        clicks = Clicks(page)
        clicks.tab_to("link", "Move…")
        clicks.enter()
        clicks.tab_to("combobox", "Agent ID")
        page.keyboard.type("sylhet")
        expect(page.get_by_role("option", name="Sylhet-Retail-Sub")).to_be_visible()
        page.keyboard.press("Enter")
        clicks.tab_to("button", "Show the effects")
        clicks.enter()
        expect(page.get_by_label("Reason")).to_be_focused()
        page.keyboard.type("New region")
        clicks.enter()
        self.expect_moved(page)
        clicks.within("T23")

    def test_an_agent_with_sub_accounts_hands_them_on_before_it_goes(
        self, open_window: OpenWindow, admin: User
    ) -> None:
        page = open_window(admin)
        page.goto(AGENT)
        clicks = Clicks(page)
        clicks.on("button", "More actions for Dhaka-Retail-Sub")
        clicks.on("link", re.compile("^Delete"))
        clicks.on("link", "Move all to…")
        expect(page.locator(".page-lead")).to_contain_text("All 4 accounts below")
        clicks.within("T23")


def test_what_an_account_holds_is_reviewed_at_once(open_window: OpenWindow, admin: User) -> None:
    page = open_window(admin)
    page.goto("/authorizations/reviews/?show=all&agent=Dhaka-Retail-Sub")
    clicks = Clicks(page)
    clicks.on("checkbox", "Select all on this page")
    clicks.on("button", "Keep the selected")
    expect(page.get_by_text("8 grants stay.")).to_be_visible()
    assert clicks.count <= 2
