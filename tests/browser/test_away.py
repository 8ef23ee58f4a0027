"""A portal that is away says so in the browser too: on the page it ends, and above the one it
leaves standing.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.core.models import User
from tests.factories import StaffFactory, reseller_tree
from tests.support.browser import axe_violations
from vosportal.places import places

pytestmark = [
    pytest.mark.browser,
    pytest.mark.axe,
    pytest.mark.sqlite,
    pytest.mark.django_db(transaction=True),
]

LIST = "/accounts/BD-Wholesale-Agent/sub-accounts/?show=all"


@pytest.fixture
def administrator(transactional_db: None) -> User:
    reseller_tree()
    return StaffFactory(username="admin", administrator=True)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """`full()`: from now on every thread of the process waits for the database."""
    monkeypatch.setattr("vosportal.places._QUEUE", 0.05)

    def fill() -> None:
        places.limit(1)
        places.take()

    yield fill
    places.limit(0)


def test_what_does_not_come_is_said_until_something_comes(
    administrator: User, open_window: Callable[..., Page], full: Callable[[], None]
) -> None:
    page = open_window(administrator)
    page.goto(LIST)
    expect(page.locator("#side")).to_be_visible()
    full()
    page.get_by_text("Columns", exact=False).first.click()
    expect(page.locator("#away")).to_contain_text("away for a moment")
    places.limit(0)
    page.locator(".list [hx-get]:visible").first.click()
    expect(page.locator("#away")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_and_shuts_nobody_out(
    administrator: User, open_window: Callable[..., Page], full: Callable[[], None], width: int
) -> None:
    page = open_window(administrator, width=width)
    full()
    page.goto(LIST)
    expect(page.get_by_role("heading", name="The portal is away for a moment")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe_violations(page) == []
    places.limit(0)
    page.get_by_role("link", name="Try again").click()
    expect(page.locator(".list")).to_be_visible()
