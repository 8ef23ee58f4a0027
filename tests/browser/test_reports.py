"""Reports in a browser: the income of last month by keyboard, and nobody is shut out."""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from accounts.core.models import User
from accounts.kit.moments import day_begin, today
from billing.reports.periods import preset
from tests.factories import GatewayFactory, UserFactory, reseller_tree
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.browser import axe_everywhere
from tests.support.buying import buys_at
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATHS = [
    "/reports/?period=last-month",
    "/reports/income/?period=last-month&by=destination",
    "/reports/quality/?period=last-month",
    "/reports/consumption/?period=last-month",
    "/reports/volumes/",
    "/reports/income/?from=2027-02-02&to=2027-01-01",
]


@pytest.fixture
def imran(transactional_db: None) -> User:
    """Of an agent whose customer called for a minute last month: it paid 0.06, its agent 0.04."""
    tree = reseller_tree()
    for account, price in ((tree.top, "0.03"), (tree.agent, "0.04"), (tree.customer, "0.06")):
        group = rate_group(None, f"Group of {account.account_id}", is_shared=True)
        rate(group, "880", price, destination="Bangladesh")
        buys_at(account, group, since=LONG_AGO)
    GatewayFactory(account=tree.customer, name="pbx")
    first, _until = preset("last-month", today(ZoneInfo("UTC")))
    at = day_begin(first, ZoneInfo("UTC")) + timedelta(days=3, hours=9)
    busy = {f"busy-{n}": n for n in range(12)}
    charged(
        cdr("a", account="Customer-001", gateway="pbx", at=at),
        *(
            cdr(name, account="Customer-001", gateway="pbx", at=at, seconds=0, cause="17")
            for name in busy
        ),
    )
    return UserFactory(account=tree.agent, username="imran")


def test_the_income_of_last_month_takes_the_keyboard_alone(
    open_window: Callable[..., Page], imran: User
) -> None:
    page = open_window(imran)
    page.goto("/")
    page.get_by_role("navigation", name="Modules").locator("summary", has_text="Money").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Reports", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/")
    page.get_by_role("link", name="Last month").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**period=last-month**")
    page.get_by_role("link", name="Income", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/income/?**")
    tiles = page.get_by_role("region", name="In figures")
    expect(tiles).to_contain_text("Sub-accounts paid0.06")
    expect(tiles).to_contain_text("Margin0.02")
    expect(page.get_by_role("img", name="Income by day")).to_be_visible()
    page.get_by_role("link", name="Account", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**by=account**")
    # It paid 0.06, its agent 0.04 for the same call.
    row = page.get_by_role("row", name="Customer-001")
    expect(row).to_contain_text("0.060.040.0233.3")


def test_the_income_of_last_month_takes_four_clicks_at_most(
    open_window: Callable[..., Page], imran: User
) -> None:
    """From any figure of money on the dashboard, which leads to the report behind it."""
    page = open_window(imran)
    page.goto("/")
    clicks = Clicks(page)
    for name, address in (
        (re.compile("^Margin"), "**/reports/income/?**"),
        ("Last month", "**period=last-month**"),
        (re.compile("^Account$"), "**by=account**"),
    ):
        clicks.on("link", name)
        page.wait_for_url(address)
    expect(page.get_by_role("row", name="Customer-001")).to_contain_text("0.060.040.0233.3")
    assert clicks.count <= 4


@pytest.mark.axe
def test_nobody_is_shut_out_of_reports(open_window: Callable[..., Page], imran: User) -> None:
    page = open_window(imran)
    assert [one for path in PATHS for one in axe_everywhere(page, path)] == []
