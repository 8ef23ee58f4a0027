"""Carriers by the hundred: pages, a search, a file."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.models import AuditEntry
from billing.carriers.views import ON_A_PAGE
from tests.factories import AccountFactory, GatewayFactory, ResellerTree, StaffFactory, UserFactory
from tests.support.pages import just_signed_in, markup_of, words_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

PAGE = "/carriers/"


@pytest.fixture
def office() -> Client:
    return just_signed_in(StaffFactory(administrator=True))


def carriers(first: int, last: int) -> None:
    """So many clearing accounts without money, and "Rich", which has some."""
    for at in range(first, last + 1):
        AccountFactory(account_id=f"Carrier-{at:03}", type="clearing")


def names_of(browser: Client, page: str = PAGE) -> list[str]:
    return re.findall(r'<h3><a href="/carriers/([^/]+)/">', markup_of(browser.get(page)))


def test_pages_follow_one_another_those_without_money_first(office: Client) -> None:
    rich = AccountFactory(account_id="A-Rich", type="clearing")
    pay(rich, "100")
    carriers(1, ON_A_PAGE + 1)
    first = names_of(office)
    assert first == [f"Carrier-{at:03}" for at in range(1, ON_A_PAGE + 1)]
    assert f"1–{ON_A_PAGE} of {ON_A_PAGE + 2}" in words_of(office.get(PAGE))
    assert names_of(office, f"{PAGE}?page=2") == [f"Carrier-{ON_A_PAGE + 1:03}", "A-Rich"]
    # No such page: the last one.
    assert names_of(office, f"{PAGE}?page=99") == names_of(office, f"{PAGE}?page=2")


def test_a_page_asks_as_much_however_many_there_are(office: Client) -> None:
    carriers(1, 2)
    office.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        office.get(PAGE)
    carriers(3, 12)
    with CaptureQueriesContext(connection) as many:
        assert len(names_of(office)) == 12
    assert len(many) == len(few)


def test_they_are_found_by_id_name_and_gateway(office: Client) -> None:
    carriers(1, 3)
    one = AccountFactory(account_id="Other", name="Baltic Voice", type="clearing")
    GatewayFactory(account=one, name="riga-1", direction="routing", addresses=["198.51.100.7"])
    assert names_of(office, f"{PAGE}?q=rrier-002") == ["Carrier-002"]
    assert names_of(office, f"{PAGE}?q=baltic") == names_of(office, f"{PAGE}?q=RIGA") == ["Other"]
    nothing = office.get(f"{PAGE}?q=nobody")
    assert "No carrier matches" in words_of(nothing)
    assert names_of(office, f"{PAGE}?q=nobody") == []


def test_the_file_holds_what_the_search_finds(office: Client) -> None:
    carriers(1, 2)
    rich = AccountFactory(account_id="Rich", name="=Rich", type="clearing")
    pay(rich, "12.5")
    GatewayFactory(account=rich, name="riga-1", direction="routing", addresses=["198.51.100.7"])
    answer = office.get(f"{PAGE}export/?format=csv&q=rich")
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(text.decode("utf-8-sig")))
    assert row["Account ID"] == "Rich"
    assert row["Balance"] == "12.50"
    assert row["Routing gateways"] == "riga-1"
    assert row["Has money"] == "yes"
    entry = AuditEntry.objects.get(action="carriers.export")
    assert entry.after == {"rows": 1, "filters": {"q": "rich"}}


def test_they_are_for_administrators(reseller_tree: ResellerTree) -> None:
    agent = just_signed_in(UserFactory(account=reseller_tree.top))
    carriers(1, 1)
    for page in (PAGE, f"{PAGE}export/?format=csv"):
        assert agent.get(page).status_code == 403
