"""Decks of rates in a browser: a file chosen, its check followed, the preview entered and undone;
by mouse and by keyboard alone.
"""

import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from accounts.core.models import User
from accounts.jobs.models import Job
from accounts.jobs.services.run import run_job
from billing.rates.models import Rate, RateImport
from billing.rates.services import deck_checks
from billing.wallets.models import RateGroup
from tests.factories import ResellerTree, grant, reseller_tree
from tests.factories.rates import rate, rate_group
from tests.support.browser import axe_and_fit
from tests.support.clicks import Clicks
from tests.support.jobs import work_off

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = "Prefix,Destination,Rate\n880,Bangladesh,0.06\n8801,Mobile,0.02\n44,UK,0.01\n39,Italy,0.2\n"


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    tree = reseller_tree()
    grant(tree.agent, "manage_account")
    return tree


@pytest.fixture
def group(tree: ResellerTree) -> RateGroup:
    """What the deck raises, lowers and leaves out."""
    made = rate_group(tree.agent, name="Padma")
    for prefix, price in (("880", "0.05"), ("8801", "0.03"), ("33", "0.1")):
        rate(made, prefix, price)
    return made


@pytest.fixture
def is_checking() -> Iterator[threading.Semaphore]:
    """A check says how far it is, and goes on whenever the test lets it."""
    step, look_at = threading.Semaphore(0), deck_checks.look_at

    def stepping(deck: RateImport, rows: Any, told: Any) -> Any:
        told(1, 4)
        assert step.acquire(timeout=30)
        return look_at(deck, rows, told)

    with mock.patch.object(deck_checks, "look_at", stepping):
        yield step


def working(job: Job) -> threading.Thread:
    """A worker at the job."""

    def work() -> None:
        try:
            run_job.call(str(job.pk))
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def file_of(folder: Path, text: str) -> Path:
    made = folder / "march.csv"
    made.write_text(text)
    return made


def prices(group: RateGroup) -> dict[str, Decimal]:
    """What stands in the group and has not been ended."""
    rates = Rate.objects.standing().filter(group=group, effective_until=None)
    return dict(rates.values_list("prefix", "price"))


@pytest.mark.race
@pytest.mark.axe
def test_by_mouse(
    group: RateGroup,
    agent: User,
    is_checking: threading.Semaphore,
    open_window: Callable[..., Page],
    tmp_path: Path,
) -> None:
    before = prices(group)
    page = open_window(agent)
    page.goto("/rate-groups/")
    clicks = Clicks(page)
    clicks.on("link", "Padma")
    clicks.on("link", "Import a deck")
    page.get_by_label("File", exact=True).set_input_files(file_of(tmp_path, TEXT))
    page.get_by_label("The full deck").check()
    clicks.on("button", "Check the deck")
    expect(page.locator("h1")).to_have_text("march.csv")
    expect(page.locator("#deck-badges")).to_contain_text("Being checked")
    expect(page).to_have_title("queued: march.csv – VOS Portal")
    worker = working(Job.objects.get())
    expect(page.locator(".wallet-figure")).to_have_text("1 of 4 rows")
    expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "1")
    assert axe_and_fit(page) == []
    # The button goes with the job; the focus is not lost with it.
    page.get_by_role("button", name="Cancel, nothing is entered yet").focus()
    is_checking.release()
    expect(page.locator(".sums")).to_contain_text("New2Raised1Lowered1Changed0Ending1Unchanged0")
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("#announce")).to_have_text("Checked: march.csv")
    expect(page).to_have_title("march.csv – VOS Portal")
    worker.join()
    assert axe_and_fit(page) == []
    # The biggest change first: 0.05 to 0.06 is less than 0.03 to 0.02.
    expect(page.locator("tbody tr").first).to_contain_text("8801")
    assert prices(group) == before
    clicks.on("button", "Enter 5 changes now")
    expect(page.locator("#deck-badges")).to_contain_text("Being entered")
    # What is typed above the rows stays there when the deck is entered.
    find = page.get_by_placeholder("Prefix or destination")
    find.fill("8801")
    work_off()
    expect(page.locator("#deck-badges")).to_contain_text("Entered")
    expect(find).to_be_focused()
    expect(find).to_have_value("8801")
    assert axe_and_fit(page) == []
    new = {"880": "0.06", "8801": "0.02", "44": "0.01", "39": "0.2"}
    assert prices(group) == {prefix: Decimal(price) for prefix, price in new.items()}
    clicks.on("link", "Undo…")
    clicks.on("button", "Undo the deck")
    expect(page.locator("main")).to_contain_text("its rates never counted")
    assert prices(group) == before
    assert clicks.count == 6


@pytest.mark.axe
def test_by_keyboard_without_a_line_that_is_wrong(
    group: RateGroup, agent: User, open_window: Callable[..., Page], tmp_path: Path
) -> None:
    before = prices(group)
    page = open_window(agent, width=390)
    made = file_of(tmp_path, "Prefix,Rate USD\n880,0.06\n44,-0.01\n")
    # Heard of from here on: a listener that comes with the key may come after the window it opens.
    page.on("filechooser", lambda chooser: chooser.set_files(made))
    page.goto(f"/rate-groups/{group.key}/import/")
    clicks = Clicks(page)
    chosen = page.get_by_label("File", exact=True)
    chosen.focus()
    page.keyboard.press("Enter")
    expect(chosen).to_have_value(re.compile(r"march\.csv$"))
    clicks.tab_to("button", "Check the deck")
    clicks.enter()
    expect(page.locator("#deck-badges")).to_contain_text("Being checked")
    work_off()
    row = page.locator("tbody tr").filter(has_text="44")
    expect(row).to_contain_text("Rate USD:")
    expect(row).to_contain_text("3")
    assert axe_and_fit(page) == []
    clicks.tab_to("button", "Enter 1 change now")
    clicks.enter()
    expect(page.locator(".error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    clicks.enter()
    expect(page.get_by_label("Leave out the refused row")).to_be_focused()
    page.keyboard.press("Space")
    clicks.tab_to("button", "Enter 1 change now")
    clicks.enter()
    expect(page.locator("#deck-badges")).to_contain_text("Being entered")
    work_off()
    expect(page.locator("#announce")).to_have_text("Entered: march.csv")
    assert prices(group) == {**before, "880": Decimal("0.06")}
    clicks.tab_to("link", "Undo…")
    clicks.enter()
    # The way back has the focus first; the deed stands before it.
    expect(page.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Undo the deck")).to_be_focused()
    clicks.enter()
    expect(page.locator("main")).to_contain_text("its rates never counted")
    assert prices(group) == before


@pytest.mark.axe
def test_what_cannot_be_checked_says_why(
    group: RateGroup, agent: User, open_window: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_window(agent)
    page.goto(f"/rate-groups/{group.key}/import/")
    page.get_by_label("File", exact=True).set_input_files(
        file_of(tmp_path, "nothing,of,the,kind\n")
    )
    page.get_by_role("button", name="Check the deck").click()
    expect(page.locator("#deck-badges")).to_contain_text("Being checked")
    work_off()
    expect(page.locator(".notice.danger")).to_contain_text("This file is refused as a whole.")
    expect(page.locator("#announce")).to_contain_text("Refused: march.csv. No row of headings")
    assert axe_and_fit(page) == []
    # Looked at once more, and its file is gone.
    page.get_by_text("Read it otherwise").click()
    page.get_by_role("button", name="Check once more").click()
    expect(page.locator("#deck-badges")).to_contain_text("Being checked")
    RateImport.objects.get().pieces.all().delete()
    work_off()
    expect(page.locator(".notice.warn")).to_contain_text("The file of this deck is gone.")


def test_without_script_the_person_looks_again(
    group: RateGroup, agent: User, open_window: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_window(agent, scripts=False)
    page.goto(f"/rate-groups/{group.key}/import/")
    page.get_by_label("File", exact=True).set_input_files(file_of(tmp_path, TEXT))
    page.get_by_role("button", name="Check the deck").click()
    expect(page.locator("#deck-badges")).to_contain_text("Being checked")
    work_off()
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="Enter 4 changes now").click()
    work_off()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("link", name="Undo…")).to_be_visible()
