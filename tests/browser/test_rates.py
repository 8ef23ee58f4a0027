"""Rates in a browser: a number found, two groups compared, a price asked for and a price changed in
its row; by mouse and by keyboard alone.
"""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.core.models import User
from billing.rates.models import Rate
from tests.factories import ResellerTree, grant, reseller_tree
from tests.factories.rates import Deck, deck_of, rate
from tests.support.browser import axe_and_fit
from tests.support.buying import buys_at
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROBI = "+880 1819-442207"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    tree = reseller_tree()
    grant(tree.agent, "manage_account")
    return tree


@pytest.fixture
def deck(tree: ResellerTree) -> Deck:
    return deck_of(tree)


def group_page(page: Page, deck: Deck) -> None:
    page.goto("/rate-groups/")
    page.get_by_role("link", name=deck.standard.name).click()
    expect(page.locator("h1")).to_have_text(deck.standard.name)


def price_now(deck: Deck, prefix: str) -> Decimal:
    return Rate.objects.get(group=deck.standard, prefix=prefix, effective_until=None).price


@pytest.mark.axe
def test_a_number_is_found_in_a_group(
    deck: Deck, agent: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(agent)
    group_page(page, deck)
    clicks = Clicks(page)
    page.get_by_label("Number", exact=True).fill(ROBI)
    clicks.on("button", "Find")
    found = page.locator(".finder")
    expect(found.locator(".digits mark")).to_have_text("88018")
    expect(found.locator(".wallet-figure")).to_contain_text("0.0240 USD per minute, 60/60")
    expect(found.locator(".candidates .wins")).to_contain_text("88018")
    expect(found.locator(".candidates li")).to_have_count(3)
    expect(found.locator(".candidates li").nth(1)).to_contain_text("0.0250")
    assert axe_and_fit(page) == []
    # Typed and sent with Enter; a number without a rate.
    clicks.tab_to("textbox", "Number")
    page.keyboard.press("Control+a")
    page.keyboard.type("44 20 7946 0000")
    clicks.enter()
    expect(found.locator(".notice")).to_contain_text("Without a rate this number may not be called")
    assert clicks.count == 2


@pytest.mark.axe
def test_countries_are_opened_and_closed(
    deck: Deck, agent: User, open_window: Callable[..., Page]
) -> None:
    rate(deck.standard, "44", "0.01", destination="UK")
    page = open_window(agent)
    group_page(page, deck)
    clicks = Clicks(page)
    clicks.on("link", "By country")
    expect(page.locator("tr.fold")).to_have_count(2)
    clicks.on("link", "Open 44 United Kingdom and others")
    rates = page.locator("tbody tr:not(.fold)")
    expect(rates).to_contain_text(["UK"])
    expect(page).to_have_url(re.compile(r"open=44#fold-44$"))
    # By keyboard: the focus stays where it was pressed.
    clicks.tab_to("link", "Open 880 Bangladesh")
    clicks.enter()
    expect(rates).to_have_count(3)
    opened = page.get_by_role("link", name="Close 880 Bangladesh")
    expect(opened).to_be_focused()
    assert axe_and_fit(page) == []
    clicks.enter()
    expect(rates).to_have_count(0)
    page.go_back()
    expect(rates).to_have_count(3)
    assert clicks.count == 4


@pytest.mark.axe
def test_two_groups_are_compared_by_an_agent(
    deck: Deck, agent: User, open_window: Callable[..., Page]
) -> None:
    # A minute of 88019 is bought for 0.019: 3 minutes are sold for 0.045 and cost 0.057.
    rate(deck.standard, "88019", "0.015", destination="Bangladesh mobile Banglalink")
    page = open_window(agent)
    group_page(page, deck)
    clicks = Clicks(page)
    expect(page.locator("main")).to_contain_text("1 destination is sold below what you pay.")
    clicks.on("link", "Compare and raise")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("88019")
    expect(first.locator("b.danger")).to_have_text("\u22120.012")
    expect(first.locator("td").last).to_have_text("\u221227 %")
    assert axe_and_fit(page) == []
    page.goto("/rate-groups/compare/")
    # The group that its own account buys at is chosen already; one that a level above has is not
    # offered.
    buy = page.get_by_label("Buy at")
    assert buy.locator("option").all_inner_texts() == ["–", "BDW Retail A", "Dhaka Retail Std"]
    expect(buy.locator("option:checked")).to_have_text("BDW Retail A")
    clicks.tab_to("combobox", "Sell at")
    page.keyboard.type("Dhaka")
    clicks.tab_to("textbox", "Prefix or destination")
    page.keyboard.type("robi")
    clicks.enter()
    expect(page.locator("tbody tr")).to_have_count(1)
    # 3 × 0.024 against 3 × 0.019.
    expect(page.locator("tbody tr")).to_contain_text("0.015")
    assert clicks.count == 2


@pytest.mark.axe
def test_the_price_of_a_number_is_asked_for(
    deck: Deck, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(agent)
    page.goto("/accounts/Customer-001/")
    clicks = Clicks(page)
    page.get_by_label("Number that Customer-001 would call").fill(ROBI)
    clicks.on("button", "Price")
    levels = page.locator(".ladder > li")
    expect(page.locator(".wallet-figure")).to_contain_text("0.024000 USD for 1:00")
    # 5:37 are six minutes at 0.024, and 342 seconds at 0.019.
    clicks.tab_to("textbox", "Talk time, m:ss")
    page.keyboard.press("Control+a")
    page.keyboard.type("5:37")
    clicks.enter()
    expect(page.locator(".wallet-figure")).to_contain_text("0.144")
    expect(levels.nth(0)).to_contain_text("Customer-001")
    expect(levels.nth(0)).to_contain_text("0.144")
    expect(levels.nth(1)).to_contain_text("your price")
    expect(levels.nth(1)).to_contain_text("0.1083")
    expect(levels).to_have_count(3)
    expect(levels.nth(2)).to_contain_text("it is not shown to you")
    for above in ("0.087058", "Wholesale BD Gold", "BD-Wholesale-Agent"):
        expect(page.locator("main")).not_to_contain_text(above)
    assert axe_and_fit(page) == []
    # By keyboard from the account's own page, to a number that may not be called.
    page.goto("/accounts/Customer-001/")
    clicks.tab_to("textbox", "Number that Customer-001 would call")
    page.keyboard.type("44 20 7946 0000")
    clicks.enter()
    expect(page.locator(".verdict")).to_contain_text("It may not be called")
    assert axe_and_fit(page) == []
    assert clicks.count == 3


class TestAPriceInItsRow:
    """Where nobody buys at the group, a price is changed at once."""

    def box(self, page: Page) -> Locator:
        return page.get_by_label("Price per minute of 88018")

    def test_by_mouse(
        self, deck: Deck, tree: ResellerTree, agent: User, open_window: Callable[..., Page]
    ) -> None:
        buys_at(tree.customer, None)
        page = open_window(agent)
        group_page(page, deck)
        clicks = Clicks(page)
        clicks.on("link", "Change the price of 88018")
        expect(self.box(page)).to_be_focused()
        self.box(page).fill("0.03")
        clicks.on("button", "Save")
        expect(page.locator("main")).to_contain_text("88018 is changed.")
        assert price_now(deck, "88018") == Decimal("0.03")
        assert clicks.count == 2

    @pytest.mark.axe
    def test_by_keyboard(self, deck: Deck, agent: User, open_window: Callable[..., Page]) -> None:
        page = open_window(agent)
        group_page(page, deck)
        clicks = Clicks(page)
        clicks.tab_to("link", "Change the price of 88018")
        clicks.enter()
        expect(self.box(page)).to_be_focused()
        assert axe_and_fit(page) == []
        page.keyboard.press("Control+a")
        page.keyboard.type("9")
        page.keyboard.press("Escape")
        # What stood there stands there again, has the focus and opens as before.
        expect(self.box(page)).to_have_count(0)
        expect(page.get_by_role("link", name="Change the price of 88018")).to_be_focused()
        clicks.enter()
        expect(self.box(page)).to_have_value("0.024")
        expect(self.box(page)).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type("0.03")
        clicks.enter()
        # An account buys at the group: what it means comes first.
        expect(page.locator("main")).to_contain_text("1 account buys at this group.")
        assert price_now(deck, "88018") == Decimal("0.024")
        expect(page.get_by_role("button", name="Change the price of 88018")).to_be_focused()
        clicks.enter()
        expect(page.locator("main")).to_contain_text("88018 is changed.")
        assert price_now(deck, "88018") == Decimal("0.03")
