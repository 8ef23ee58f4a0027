"""Calls in a browser: one is found by its number and explained."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.core.models import User
from tests.factories import ResellerTree, reseller_tree
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, Deck, deck_of
from tests.support.browser import axe_and_fit, axe_everywhere
from tests.support.buying import buys_at
from tests.support.calling import call_page
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROBI = "8801819442207"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    return reseller_tree()


@pytest.fixture
def deck(tree: ResellerTree) -> Deck:
    """With a call of 5:37 at its prices, among others."""
    found = deck_of(tree)
    for account, group in (
        (tree.top, found.gold), (tree.agent, found.retail), (tree.customer, found.standard),
    ):  # fmt: skip
        buys_at(account, group, since=LONG_AGO)
    hour = timezone.now() - timedelta(hours=1)
    charged(
        cdr("wanted", account="Customer-001", callee=ROBI, seconds=337, at=hour),
        *(cdr(f"other-{at}", account="Customer-001", seconds=0, at=hour) for at in range(3)),
    )
    return found


@pytest.mark.axe
def test_a_call_is_explained_by_keyboard_alone(
    deck: Deck, agent: User, open_window: Callable[..., Page]
) -> None:
    """T19: two clicks and a pasted number."""
    page = open_window(agent)
    page.goto("/calls/")
    clicks = Clicks(page)
    expect(page.locator("table.list tbody tr")).to_have_count(4)
    clicks.tab_to("searchbox", "Number or call ID")
    page.keyboard.type("+880 1819 442207")
    clicks.enter()
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    setup = page.locator("table.list tbody th a").inner_text()
    clicks.tab_to("link", setup)
    clicks.enter()
    expect(page.locator("h1")).to_contain_text(ROBI)
    rungs = page.locator(".ladder.money > li")
    expect(rungs.nth(0)).to_contain_text("Customer-001")
    expect(rungs.nth(0)).to_contain_text("360 s billed × 0.0240 ÷ 60 + 0.0000 = 0.144000")
    expect(rungs.nth(1)).to_contain_text("342 s billed × 0.0190 ÷ 60 + 0.0000 = 0.108300")
    expect(rungs.nth(1)).to_contain_text("+0.035700 stays with you, 24.8 % of what you are paid")
    expect(rungs.nth(2)).to_contain_text("it is not shown to you")
    expect(rungs).to_have_count(3)
    clicks.within("T19")


def test_a_call_is_explained_by_mouse(
    deck: Deck, agent: User, open_window: Callable[..., Page]
) -> None:
    """T19: two clicks and a pasted number."""
    page = open_window(agent)
    page.goto("/calls/")
    clicks = Clicks(page)
    page.get_by_role("searchbox", name="Number or call ID").fill("+880 1819 442207")
    clicks.on("button", re.compile("^Search$"))
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    clicks.at(page.locator("table.list tbody th a"))
    expect(page.locator("h1")).to_contain_text(ROBI)
    expect(page.locator(".ladder.money > li").nth(0)).to_contain_text("Customer-001")
    clicks.within("T19")


@pytest.mark.axe
@pytest.mark.slow
def test_lists_of_calls_and_their_pages_shut_nobody_out(
    deck: Deck, administrator: User, agent: User, open_window: Callable[..., Page]
) -> None:
    for login in (administrator, agent):
        page = open_window(login)
        for path in ("/calls/?panel=filters", call_page("wanted"), call_page("other-1")):
            assert axe_everywhere(page, path) == []
            assert axe_and_fit(page) == []
