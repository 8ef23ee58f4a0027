"""Calls in a browser: a file of records imported and watched, a call that waits put right by
keyboard, and calls rated anew after a correction.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from billing.calls.models import CallRecord, Leg
from billing.rates.services.corrections import correction_add
from billing.wallets.models import Wallet
from tests.factories import ResellerTree, StaffFactory, reseller_tree
from tests.factories.call_files import sheet
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, Deck, deck_of
from tests.support.browser import axe_and_fit, axe_everywhere
from tests.support.buying import buys_at
from tests.support.clicks import Clicks
from tests.support.jobs import work_off

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROBI = "8801819442207"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    return reseller_tree()


@pytest.fixture
def deck(tree: ResellerTree) -> Deck:
    made = deck_of(tree)
    for account, group in (
        (tree.top, made.gold), (tree.agent, made.retail), (tree.customer, made.standard),
    ):  # fmt: skip
        buys_at(account, group, since=LONG_AGO)
    return made


@pytest.fixture
def administrator(transactional_db: None) -> User:
    return StaffFactory(username="admin", administrator=True)


@pytest.mark.axe
def test_a_file_of_calls_is_imported_and_watched(
    deck: Deck, administrator: User, open_window: Callable[..., Page], tmp_path: Path
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(
        sheet(
            cdr("good", account="Customer-001", callee=ROBI),
            cdr("waits", account="Nobody-9", callee=ROBI),
        )
    )
    page = open_window(administrator)
    page.goto("/calls/import/")
    clicks = Clicks(page)
    page.get_by_label("File", exact=True).set_input_files(file)
    clicks.on("button", "Import the records")
    expect(page.locator("h1")).to_have_text("Import the call records of calls.csv")
    work_off()
    expect(page.locator("#job-state")).to_contain_text("2 of 2 records")
    expect(page.locator("main")).to_contain_text("Accepted")
    assert axe_and_fit(page) == []
    clicks.on("link", "See what waits")
    expect(page.locator("main")).to_contain_text("Nobody known is named")
    assert axe_and_fit(page) == []
    assert (Leg.objects.count(), clicks.count) == (1, 2)


@pytest.mark.axe
def test_a_call_that_waits_is_put_right_by_keyboard(
    deck: Deck, administrator: User, open_window: Callable[..., Page]
) -> None:
    charged(cdr("lost", account="Nobody-9", callee=ROBI))
    record = CallRecord.objects.waiting().get()
    page = open_window(administrator, width=390)
    page.goto(f"/calls/queue/{record.key}/")
    clicks = Clicks(page)
    clicks.tab_to("link", "Say whose call it was…")
    clicks.enter()
    clicks.tab_to("combobox", "Account")
    page.keyboard.type("customer-001")
    expect(page.get_by_role("option", name="Customer-001")).to_be_visible()
    clicks.enter()
    clicks.tab_to("textbox", "Reason")
    page.keyboard.type("Its old name")
    clicks.tab_to("button", "Charge this account")
    clicks.enter()
    expect(page.locator("main")).to_contain_text("1 record is charged.")
    expect(page.locator("main")).to_contain_text("No call waits")
    assert axe_and_fit(page) == []
    assert clicks.count == 3
    assert not CallRecord.objects.waiting().exists()


@pytest.mark.axe
def test_calls_are_rated_anew_after_a_correction(
    deck: Deck, tree: ResellerTree, administrator: User, open_window: Callable[..., Page]
) -> None:
    now = timezone.now()
    charged(
        *(
            cdr(f"c-{hours}", account="Customer-001", callee=ROBI, at=now - timedelta(hours=hours))
            for hours in (2, 3)
        )
    )
    # What the agent pays for a minute is 0.019.
    assert Wallet.objects.get(pk=tree.agent.pk).balance == Decimal("-0.038")
    correction_add(
        actor=SYSTEM, group=deck.retail, prefix="8801", begins_at=now - timedelta(days=1),
        ends_at=now - timedelta(minutes=30), price=Decimal("0.017"), reason="wrong deck",
    )  # fmt: skip
    page = open_window(administrator)
    page.goto(f"/rate-groups/{deck.retail.key}/corrections/")
    clicks = Clicks(page)
    clicks.on("link", "Re-rate what was charged")
    expect(page.get_by_label("Prefixes of the number called")).to_have_value("8801")
    page.get_by_label("Reason").fill("The deck of March was wrong")
    clicks.on("button", "Show what would change")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("Dhaka-Retail-Sub")
    expect(row).to_contain_text("\u22120.004")
    assert axe_everywhere(page, page.url) == []
    clicks.on("button", "Re-rate 2 calls")
    expect(page.locator("#rerating-badges")).to_contain_text("Being posted")
    work_off()
    expect(page.locator("#rerating-badges")).to_have_text("Posted")
    expect(page.locator("main")).to_contain_text("2 calls are charged anew")
    expect(page.locator("h1")).to_be_visible()
    assert axe_everywhere(page, page.url) == []
    assert Wallet.objects.get(pk=tree.agent.pk).balance == Decimal("-0.034")
    assert clicks.count == 3
