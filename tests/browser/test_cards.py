"""Phone cards in a browser: made and handed over within the clicks, by mouse and by keyboard,
for everybody.
"""

import io
import re
from collections.abc import Callable

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from accounts.core.models import Account, User
from billing.cards.models import Card, CardBatch
from tests.factories import AccountFactory, UserFactory, grant
from tests.factories.rates import rate_group
from tests.support.browser import DRAWN, axe_everywhere, axe_violations
from tests.support.carding import card_of, cards, pin_of
from tests.support.clicks import Clicks
from tests.support.jobs import work_off
from tests.support.paying import balance

JOB = re.compile(r"/jobs/[0-9a-f-]{36}/$")

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dhaka(transactional_db: None) -> Account:
    """A card agent with a customer."""
    agent = grant(AccountFactory(account_id="Dhaka"))
    AccountFactory(account_id="C-1", parent=agent)
    agent.refresh_from_db()
    return agent


@pytest.fixture
def imran(dhaka: Account) -> User:
    return UserFactory(account=dhaka, username="imran", password="a password of mine 42")


def proven(page: Page) -> None:
    """The password, where it is asked for."""
    if "reauthenticate" in page.url:
        page.get_by_label("Password", exact=True).fill("a password of mine 42")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/(cards|card-batches)/"))


def test_by_mouse_a_batch_is_made_and_handed_over(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    """T16: three clicks and four fields."""
    page = open_window(imran)
    page.goto("/cards/")
    clicks = Clicks(page)
    clicks.on("link", "New batch")
    page.get_by_label("Name", exact=True).fill("SYL-2026-11")
    page.get_by_label("Cards", exact=True).fill("30")
    page.get_by_label("Face value of a card").fill("5")
    page.get_by_label("First serial").fill("SYL110001")
    clicks.on("button", "Check the batch")
    expect(page.locator("main")).to_contain_text("1 in 33,333,333,333 guesses hits")
    clicks.on("button", "Make 30 cards")
    page.wait_for_url(JOB)
    clicks.within("T16")
    work_off()
    page.reload()
    page.get_by_role("link", name="See the batch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Card batch SYL-2026-11")
    page.get_by_role("link", name="Export PINs…").click()
    proven(page)
    page.get_by_label("Reason").fill("To the printer")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export 30 PINs").click()
    sheet = load_workbook(io.BytesIO(download.value.path().read_bytes())).worksheets[0]
    assert sheet["B2"].value == pin_of(card_of(CardBatch.objects.get()))


def test_the_keyboard_alone_makes_a_batch_and_releases_it(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    """T16: three clicks and four fields."""
    page = open_window(imran)
    page.goto("/accounts/Dhaka/cards/")
    clicks = Clicks(page)
    clicks.key("n")
    page.wait_for_url(re.compile(r"/cards/new/$"))
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("KEYS")
    for text in ("4", "2.50", "KEY0001"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    clicks.enter()
    expect(page.get_by_role("button", name="Make 4 cards")).to_be_focused()
    clicks.enter()
    page.wait_for_url(JOB)
    clicks.within("T16")
    work_off()
    batch = CardBatch.objects.get()
    rate_group(dhaka, name="Card prices")
    page.goto(f"/card-batches/{batch.key}/")
    page.get_by_role("link", name="Choose a rate group…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Rate group").select_option("Card prices")
    page.get_by_role("button", name="Save", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Release…").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Check the release").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Release 4 cards")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".badges")).to_contain_text("Released")


@pytest.mark.axe
@pytest.mark.parametrize("scripts", [True, False], ids=["with-script", "without-script"])
def test_a_range_is_released_once_by_a_double_click_and_withdrawn(
    open_window: Callable[..., Page], imran: User, dhaka: Account, scripts: bool
) -> None:
    batch = cards(dhaka, 10, released=False)
    page = open_window(imran, scripts=scripts)
    page.goto(f"/card-batches/{batch.key}/")
    page.get_by_role("link", name="Release…").click()
    expect(page.get_by_label("From serial")).to_be_hidden()
    page.get_by_label("Those from one serial to another").check()
    page.get_by_label("From serial").fill(batch.serial_at(0))
    page.get_by_label("To serial").fill(batch.serial_at(3))
    page.get_by_role("button", name="Check the release").click()
    found = axe_violations(page) if scripts else []
    page.get_by_role("button", name="Release 4 cards").dblclick()
    expect(page.locator("main")).to_contain_text("Released: 4 of 10")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Withdraw cards…").click()
    page.get_by_label("Reason").fill("Lost")
    page.get_by_role("button", name="Check the withdrawal").click()
    found += axe_violations(page) if scripts else []
    page.get_by_role("button", name="Withdraw 10 cards").click()
    expect(page.locator("main")).to_contain_text("Outstanding: 0.00 USD")
    assert Card.objects.filter(status="withdrawn").count() == 10
    assert found == []


@pytest.mark.axe
def test_a_shown_pin_goes_away_by_itself(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    batch = cards(dhaka, 2)
    pin = pin_of(card_of(batch))
    page = open_window(imran)
    page.clock.install()
    page.goto(f"/cards/{batch.serial_at(0)}/reveal/")
    proven(page)
    page.get_by_label("Reason").fill("Cannot be read")
    page.get_by_role("button", name="Show the PIN").click()
    expect(page.locator("[data-shown-pin]")).to_have_text(f"{pin[:4]} {pin[4:8]} {pin[8:]}")
    assert axe_violations(page) == []
    page.clock.run_for(31_000)
    page.wait_for_url(re.compile(rf"/cards/{batch.serial_at(0)}/$"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with-script", "without-script"])
def test_a_double_click_uses_a_card_once(
    open_window: Callable[..., Page], imran: User, dhaka: Account, scripts: bool
) -> None:
    batch = cards(dhaka, 2)
    page = open_window(imran, scripts=scripts)
    page.goto("/cards/redeem/")
    page.get_by_label("PIN").fill(pin_of(card_of(batch)))
    page.get_by_label("Account ID").fill("C-1")
    page.get_by_role("button", name="Check the card").click()
    page.get_by_role("button", name="Recharge C-1 with 5.00 USD").dblclick()
    expect(page).to_have_url(re.compile(r"/payments/[0-9a-z-]{19}/$"))
    assert balance(Account.objects.get(account_id="C-1")) == 5


def test_ticked_cards_are_sold(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    batch = cards(dhaka, 4)
    page = open_window(imran)
    page.goto(f"/card-batches/{batch.key}/")
    page.locator("thead .tick input").check()
    page.get_by_role("button", name="Mark as sold…").click()
    expect(page.locator("main")).to_contain_text("SYL110004")
    page.get_by_role("button", name="Do it").click()
    expect(page.locator("main")).to_contain_text("4 cards were changed.")
    assert Card.objects.filter(status="sold").count() == 4


@pytest.mark.slow
@pytest.mark.axe
def test_the_screens_shut_nobody_out(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    page = open_window(imran)
    found = axe_everywhere(page, "/accounts/Dhaka/cards/")
    batch = cards(dhaka, 12)
    own = f"/card-batches/{batch.key}/"
    for path in (
        "/cards/", "/accounts/Dhaka/cards/", "/accounts/Dhaka/cards/new/", own,
        f"{own}?status=expired", f"{own}block/", f"{own}extend/", f"{own}mark/", "/cards/redeem/",
        f"{own}release/", f"{own}withdraw/", f"{own}edit/", f"{own}delete/", "/cards/pins-taken/",
        "/cards/look-up/", f"/cards/{batch.serial_at(0)}/", f"/cards/{batch.serial_at(0)}/block/",
        "/search/?q=SYL11",
    ):  # fmt: skip
        found += axe_everywhere(page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"{own}print/")
    proven(page)
    found += axe_violations(page)
    page.get_by_label("Reason").fill("Kiosk")
    page.get_by_role("button", name="Show the sheets").click()
    expect(page.locator(".card-sheet")).to_have_count(2)
    found += axe_violations(page)
    page.goto(f"{own}export/")
    found += axe_violations(page)
    assert found == []


def test_sheets_print_without_the_portal_around_them(
    open_window: Callable[..., Page], imran: User, dhaka: Account
) -> None:
    batch = cards(dhaka, 12)
    page = open_window(imran)
    page.goto(f"/card-batches/{batch.key}/print/")
    proven(page)
    page.get_by_label("Reason").fill("Kiosk")
    page.get_by_role("button", name="Show the sheets").click()
    # The sheets as a screen shows them are there: what is printed follows from them.
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("#side")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.evaluate(DRAWN)
    # All places in one look: between two the page may be laid out anew.
    places = page.locator(".card-sheet").first.evaluate(
        """sheet => [...sheet.querySelectorAll("li")].map(li => {
            const {x, y} = li.getBoundingClientRect();
            return [Math.round(x), Math.round(y)];
        })"""
    )
    assert len({x for x, _y in places}) == 2
    assert len({y for _x, y in places}) == 5
