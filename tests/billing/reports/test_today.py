"""What came in and went out today, and whose money ends first, on dashboards: as in the reports
they lead to, and nothing of a level above.
"""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.moving import account_move
from billing.money import shown
from billing.reports.periods import last_days
from billing.reports.queries.accounts import consumption
from billing.reports.queries.today import called_on_platform
from tests.billing.reports.conftest import AFTER, World, fresh
from tests.factories import AccountFactory, StaffFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.support.buying import buys_at
from tests.support.pages import markup_of, words_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
_TILE = re.compile(
    r'<a class="tile figure" href="([^"]*)"><span class="tile-name">([^<]*)</span>'
    r'<span class="tile-figure">([^<]*?)(?: <small>|</span>)'
)


@pytest.fixture
def called(world: World) -> World:
    """Two calls two hours ago, one of yesterday at that time and one of yesterday an hour later
    than it is now; money for the customer for a day and a half at its pace.
    """
    ago = AFTER - timedelta(hours=2)
    charged(
        cdr("a", account="Customer", at=ago, routing_gateway="out"),
        cdr("b", account="Customer", at=ago, seconds=0, cause="17"),
        cdr("c", account="Customer", at=ago - DAY, seconds=120, routing_gateway="out"),
        cdr("d", account="Neighbour", at=AFTER - DAY + timedelta(hours=1), seconds=60),
    )
    return world


def browser(account: Account) -> Client:
    return signed_in(UserFactory(account=account))


def boss() -> Client:
    return signed_in(StaffFactory(username="looks-at-money", administrator=True))


def tiles(client: Client) -> dict[str, tuple[str, str]]:
    """Figures by their names, each with the address it leads to."""
    found = _TILE.findall(markup_of(client.get("/")))
    return {unescape(name): (figure.strip(), unescape(url)) for url, name, figure in found}


def test_administrators_read_what_calls_and_payments_brought_today(called: World) -> None:
    pay(called.other, "12.5")
    client = boss()
    found = {name: figure for name, (figure, _url) in tiles(client).items()}
    assert (found["Calls"], found["Minutes"], found["Answered, ASR"]) == ("2", "1.0", "50.0\u00a0%")
    # A minute at 880, of which the top pays 8 times the price and the carrier gets once.
    assert (found["Charged"], found["Carriers’ cost"]) == ("0.248888", "0.031111")
    assert found["Margin"] == "0.217777"
    assert (found["Paid in"], found["Paid out"]) == ("+12.50", "0.00")
    page = markup_of(client.get("/"))
    # Of yesterday by now: two minutes, and nothing of what came later.
    assert "yesterday by now 2.0" in page
    assert "yesterday by now 0.497776" in page


@pytest.mark.wide
@pytest.mark.parametrize("who", ["boss", "agent", "customer"])
def test_every_figure_is_that_of_the_page_it_leads_to(called: World, who: str) -> None:
    pay(called.customer, "3.25")
    client = boss() if who == "boss" else browser(getattr(called, who))
    found = tiles(client)
    assert len(found) >= 4
    for name, (figure, url) in found.items():
        words = words_of(client.get(url))
        assert name == "Your money lasts" or figure.replace("\u00a0", " ") in words, (name, url)


def test_an_agent_reads_nothing_of_a_level_above_or_beside(called: World) -> None:
    client = browser(called.agent)
    found = {name: figure for name, (figure, _url) in tiles(client).items()}
    assert (found["Sub-accounts paid"], found["Own price"]) == ("0.186666", "0.217777")
    words = words_of(client.get("/")).split()
    assert "Agent" in words
    assert [
        one for one in ("Top", "Sibling", "Neighbour", "Other", "Carrier") if one in words
    ] == []


def test_a_customer_reads_what_it_spent_and_no_margin(called: World) -> None:
    client = browser(called.customer)
    found = {name: figure for name, (figure, _url) in tiles(client).items()}
    assert (found["Spent today"], found["Spent this month"]) == ("0.186666", "0.559998")
    assert (found["Calls"], found["Minutes"]) == ("2", "1.0")
    page = words_of(client.get("/"))
    assert "Spent today" in page
    assert "Margin" not in page
    assert "Who runs dry" not in page


def test_who_runs_dry_first_is_said_with_the_day(called: World) -> None:
    """The customer spent 0.373332 in the seven days before today: 0.053333 a day."""
    balance = fresh(called.customer).wallet.balance
    pay(called.customer, str(Decimal("0.08") - balance))
    client = browser(called.agent)
    page = words_of(client.get("/"))
    assert "Customer" in page
    assert "1.5 days" in page
    assert "0.053333 a day" in page
    assert "until 2027-04-07" in page


def test_who_runs_dry_further_below_is_said_with_its_agent(called: World) -> None:
    """By the clocks of the top the customer spent 0.559998 in the seven days before today."""
    balance = fresh(called.customer).wallet.balance
    pay(called.customer, str(Decimal("0.12") - balance))
    page = words_of(browser(called.top).get("/"))
    dry = page.partition("Who runs dry")[2].partition("What waits for me?")[0]
    assert "Customer · below Agent" in " ".join(dry.split())
    assert "1.5 days" in dry
    # What was used up long ago is not what ends next; what stands beside is nobody's.
    assert "Other" not in dry


def test_what_was_paid_below_an_agent_counts_for_who_moved_to_the_top(called: World) -> None:
    """In the seven days before today, in its zone, the customer spent 0.373332 below its agent."""
    zone = ZoneInfo(called.customer.time_zone)
    pace = last_days(AFTER.astimezone(zone).date(), 7, zone)
    assert called.customer.pk not in called_on_platform(AFTER, pace).by_account
    account_move(actor=SYSTEM, account=fresh(called.customer), parent=None)
    found = called_on_platform(AFTER, pace).by_account[called.customer.pk]
    assert found.amount == Decimal("0.373332")


def test_nobody_reads_of_who_runs_dry_beside_or_above(called: World) -> None:
    for one in (called.customer, called.neighbour, called.agent, called.top):
        pay(one, str(Decimal("0.05") - fresh(one).wallet.balance))
    page = words_of(browser(called.agent).get("/"))
    dry = page.partition("Who runs dry")[2].partition("What waits for me?")[0]
    assert "Customer" in dry
    assert [one for one in ("Neighbour", "Top", "Sibling") if one in dry] == []


def test_it_is_the_figure_of_the_report(called: World) -> None:
    client = boss()
    page = markup_of(client.get("/"))
    (link,) = re.findall(r'<a href="([^"]*)">All<span', page)
    report = words_of(client.get(unescape(link)))
    pace = last_days(AFTER.date(), 7, ZoneInfo("UTC"))
    actor = client.get("/").wsgi_request.actor  # type: ignore[attr-defined]
    top = next(one for one in consumption(actor, None, pace, 7, 100) if one.account == called.top)
    assert shown(top.figures.amount) in report
    assert (pace.first.isoformat(), pace.until.isoformat()) == ("2027-03-29", "2027-04-05")


@pytest.mark.wide
@pytest.mark.parametrize(("who", "most"), [("boss", 15), ("agent", 15), ("customer", 13)])
def test_the_number_of_queries_does_not_grow(called: World, who: str, most: int) -> None:
    client = boss() if who == "boss" else browser(getattr(called, who))

    def asked() -> int:
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        return len(queries)

    before = asked()
    for at in range(8):
        one = AccountFactory(account_id=f"More-{at}", parent=called.agent, time_zone="UTC")
        buys_at(one, fresh(called.customer).wallet.rate_group)
        charged(cdr(f"more-{at}", account=one.account_id, at=AFTER - DAY))
    assert asked() == before <= most
