"""What a page weighs on the way to the browser: style sheets and scripts of a first visit, and the
page itself, packed as the proxy packs them.
"""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.core.models import Account
from tests.factories import AccountFactory, StaffFactory, grant
from tests.factories.fixtures import signed_in
from tests.factories.phones import phone
from tests.support.pages import markup_of
from tests.support.paying import pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

# In thousands of bytes, packed.
_SHEETS_AND_SCRIPTS, _A_PAGE = 100, 60
_PARTS = re.compile(r'<(?:link rel="stylesheet"[^>]*href|script[^>]*src)="/static/([^"?]+)')
PAGES = (
    "/", "/accounts/", "/accounts/new/", "/accounts/Agent-1/", "/payments/", "/payments/new/",
    "/accounts/Agent-1/payments/new/", "/phones/",
)  # fmt: skip


def packed(content: bytes) -> float:
    return len(gzip.compress(content, 6)) / 1000


@pytest.fixture
def fifty() -> Account:
    """An agent with fifty customers, each with a phone and a payment."""
    agent = grant(AccountFactory(account_id="Agent-1", name="Wholesale of the North"))
    for at in range(50):
        one = AccountFactory(account_id=f"Customer-{at:03}", name=f"Shop {at}", parent=agent)
        phone(one, f"88017110000{at:02}")
        pay(one, "50")
    return agent


@pytest.fixture
def administrator() -> Client:
    return signed_in(StaffFactory(administrator=True))


@pytest.mark.parametrize("page", PAGES)
def test_a_first_visit_loads_little_beside_the_page(
    administrator: Client, fifty: Account, page: str
) -> None:
    parts = _PARTS.findall(markup_of(administrator.get(page)))
    assert len(parts) > 3
    found = [Path(str(finders.find(one))).read_bytes() for one in parts]
    assert sum(map(packed, found)) <= _SHEETS_AND_SCRIPTS


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_fifty_rows_is_light(administrator: Client, fifty: Account, page: str) -> None:
    assert packed(markup_of(administrator.get(page)).encode()) <= _A_PAGE
