"""Where money is looked at, in a browser: a statement on paper, and nobody is shut out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.core.models import User
from tests.factories import UserFactory, grant, reseller_tree
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.browser import axe_everywhere
from tests.support.buying import buys_at
from tests.support.paper import pages_of
from tests.support.paying import pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STATEMENT = "/accounts/Customer-001/statement/?from=2026-01-01"
PATHS = ["/", f"{STATEMENT}&curve=90", "/accounts/Customer-001/statement/mail/"]


@pytest.fixture
def imran(transactional_db: None) -> User:
    """Of an agent whose customer called for a minute in each of two batches, at 0.06."""
    tree = reseller_tree()
    for account, price in ((tree.top, "0.03"), (tree.agent, "0.04"), (tree.customer, "0.06")):
        group = rate_group(None, f"Group of {account.account_id}", is_shared=True)
        rate(group, "880", price, destination="Bangladesh")
        buys_at(account, group, since=LONG_AGO)
    pay(tree.customer, "5")
    for at in range(2):
        charged(cdr(f"c-{at}", account="Customer-001", at=timezone.now() - timedelta(days=1)))
    grant(tree.agent)
    return UserFactory(account=tree.agent, username="imran")


def test_a_statement_on_paper_has_its_figures_and_no_tools(
    open_window: Callable[..., Page], imran: User
) -> None:
    page = open_window(imran)
    page.goto(STATEMENT)
    page.emulate_media(media="print")
    main = page.locator("main")
    expect(main).to_contain_text("Calls, 2 movements")
    expect(page.get_by_role("row", name="Bangladesh")).to_contain_text("0.12")
    expect(page.get_by_role("img", name="Balance at the end of each of 30 days")).to_be_visible()
    expect(page.get_by_role("link", name="90 days")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    # Who sends it to whom takes the place of the portal's own heading, on pages that say which.
    head = page.locator(".letterhead")
    expect(head).to_contain_text("VOS Portal")
    expect(head).to_contain_text("Statement of account")
    expect(page.locator("h1")).to_be_hidden()
    page.emulate_media(media="screen")
    expect(head).to_be_hidden()


def test_every_page_on_paper_says_whose_it_is_of_which_period_and_how_many_there_are(
    open_window: Callable[..., Page], imran: User
) -> None:
    page = open_window(imran)
    page.goto("/accounts/Customer-001/statement/?from=2026-01-01&to=2026-12-31")
    pages = pages_of(page.pdf(width="150mm", height="100mm"))
    assert len(pages) > 2
    for number, words in enumerate(pages, 1):
        assert f"Page{number}of{len(pages)}" in words
        assert "Customer-001·2026-01-01" in words


def test_a_statement_is_printed_by_mouse_and_by_keyboard(
    open_window: Callable[..., Page], imran: User
) -> None:
    page = open_window(imran)
    page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    page.goto(STATEMENT)
    button = page.get_by_role("button", name="Print")
    button.click()
    assert page.evaluate("window.printed") == 1
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("window.printed") == 2


@pytest.mark.axe
def test_nobody_is_shut_out_of_money(open_window: Callable[..., Page], imran: User) -> None:
    page = open_window(imran)
    assert [one for path in PATHS for one in axe_everywhere(page, path)] == []
