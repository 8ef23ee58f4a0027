"""Movements of calls are one line a day on pages; sums and files hold all of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.models import Account
from billing.ledger.models import Entry
from billing.ledger.queries.balances import balances_by_day
from billing.ledger.queries.folding import folded, last_lines, runs
from tests.factories import AccountFactory, StaffFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at
from tests.support.pages import text_of
from tests.support.paying import pay
from tests.support.sheets import read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)
SHOP = "/accounts/Shop/payments/"
STATEMENT = "/accounts/Shop/statement/?from=2027-03-01&to=2027-03-12&zone=UTC"


@pytest.fixture
def agent(db: None, time_machine: Any) -> Account:
    """An agent and its shop, whose calls are charged in batches of one: three on the 10th with a
    payment before the last of them, two on the 11th. A minute costs the shop 0.06.
    """
    time_machine.move_to(NOON - timedelta(days=1), tick=False)
    top = AccountFactory(account_id="Agent", time_zone="UTC")
    shop = AccountFactory(account_id="Shop", parent=top, time_zone="UTC")
    for one, price in ((top, "0.04"), (shop, "0.06")):
        group = rate_group(None, f"Of {one.account_id}", is_shared=True)
        rate(group, "880", price, destination="Bangladesh")
        buys_at(one, group, since=LONG_AGO)
    for at, hours in enumerate((0, 1, 3, 24, 25)):
        moment = NOON + timedelta(hours=hours)
        if hours == 3:
            time_machine.move_to(NOON + timedelta(hours=2), tick=False)
            pay(shop, "50")
        time_machine.move_to(moment, tick=False)
        charged(cdr(f"c-{at}", account="Shop", at=moment - timedelta(minutes=5)))
    return top


@pytest.fixture
def boss() -> Client:
    return signed_in(StaffFactory(username="reads-ledgers", administrator=True))


def lines(zone: str = "UTC") -> list[tuple[Decimal, int]]:
    """What the lines of the shop move, and how many movements each is, the oldest first."""
    where = ZoneInfo(zone)
    some = Entry.objects.select_related("transaction").filter(wallet__account__account_id="Shop")
    entries = list(folded(some, where).order_by("pk"))
    found = runs(entries, where)
    return [
        (found[one.pk].amount, found[one.pk].count) if one.pk in found else (one.amount, 1)
        for one in entries
    ]


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
def test_the_last_lines_say_what_they_moved(agent: Account, most: int) -> None:
    shop = Account.objects.get(account_id="Shop")
    minute = Decimal("-0.06")
    with CaptureQueriesContext(connection) as queries:
        found = last_lines(shop.pk, UTC, most)
    assert [(amount, after) for _entry, amount, after in found] == [
        (2 * minute, Decimal("49.70")),
        (minute, Decimal("49.82")),
        (Decimal(50), Decimal("49.88")),
        (2 * minute, Decimal("-0.12")),
    ][:most]
    assert len(queries) == 1
    assert last_lines(agent.pk + 1000, UTC, most) == []


def test_calls_of_a_day_are_a_line_until_something_else_moves(agent: Account) -> None:
    minute = Decimal("-0.06")
    assert lines() == [(2 * minute, 2), (Decimal(50), 1), (minute, 1), (2 * minute, 2)]


def test_days_are_those_of_the_zone_that_is_asked_about(agent: Account) -> None:
    # In Honolulu it is 02:00 to 05:00, and the next day at 02:00 and 03:00.
    assert [count for _moved, count in lines("Pacific/Honolulu")] == [2, 1, 1, 2]
    # In Kiritimati it is past midnight of the 11th from 10:00 on.
    assert [count for _moved, count in lines("Pacific/Kiritimati")] == [2, 1, 1, 2]
    # In a zone whose day begins at 12:30 UTC.
    assert [count for _moved, count in lines("Australia/Eucla")] == [2, 1, 1, 2]


def test_lines_add_up_to_what_moved(agent: Account) -> None:
    moved = sum(one.amount for one in Entry.objects.filter(wallet__account__account_id="Shop"))
    assert sum(amount for amount, _count in lines()) == moved == Decimal("49.70")


def test_history_shows_lines_with_their_balances_and_counts_movements(
    agent: Account, boss: Client
) -> None:
    page = text_of(boss.get(SHOP))
    assert "Calls, 2 movements" in page
    assert "−0.12 balance 49.70" in page
    assert "4 lines of 6" in page
    assert "+50.00 balance 49.88" in page


def test_a_line_leads_to_its_movements(agent: Account, boss: Client) -> None:
    asked = "?show=direct&kind=call&since=2027-03-11&until=2027-03-11"
    assert f'href="{SHOP}{asked.replace("&", "&amp;")}"' in boss.get(SHOP).content.decode()
    page = text_of(boss.get(SHOP + asked))
    assert "2 of 2 shown" in page
    assert "Calls, 2 movements" not in page


def test_a_hierarchy_has_lines_by_wallet_page_by_page(agent: Account, boss: Client) -> None:
    boss.post("/security/appearance/", {"page_size": "25"})
    page = text_of(boss.get("/accounts/Agent/payments/?show=all"))
    # The agent, which nobody paid in between, has one line for the three of the 10th.
    assert "Calls, 3 movements" in page
    assert "6 lines of 11" in page
    assert "6 lines of 11" in text_of(boss.get("/payments/"))


def test_payments_are_found_without_calls(agent: Account, boss: Client) -> None:
    page = text_of(boss.get(f"{SHOP}?kind=payments"))
    assert "1 of 1 shown" in page


def test_files_hold_every_movement(agent: Account, boss: Client) -> None:
    for url in (f"{SHOP}export/?format=csv", STATEMENT.replace("?", "export/?format=csv&")):
        rows = read_csv(boss.get(url))
        assert len([row for row in rows if row["Type"] == "Calls"]) == 5


def test_a_statement_has_lines_and_their_running_balance(agent: Account, boss: Client) -> None:
    page = text_of(boss.get(STATEMENT))
    assert "Calls, 2 movements" in page
    assert "−0.12 balance −0.12" in page
    assert "+50.00 balance 49.88" in page
    assert "−0.12 balance 49.70" in page


def test_a_statement_tells_its_calls_by_destination(agent: Account, boss: Client) -> None:
    page = text_of(boss.get(STATEMENT))
    assert "Bangladesh 5 5 5.0 5.0 0.06 0.30" in page
    assert "The sum is that of the movements of calls, 0.30." in page


def test_it_says_why_calls_and_movements_differ(agent: Account, time_machine: Any) -> None:
    time_machine.move_to(NOON + timedelta(days=3), tick=False)
    charged(cdr("late", account="Shop", at=NOON - timedelta(hours=1)))
    now = signed_in(StaffFactory(username="reads-later", administrator=True))
    page = text_of(now.get(STATEMENT))
    assert "Movements of calls come to 0.30 in this period, these calls to 0.36" in page


def test_balances_go_as_the_entries_say(agent: Account) -> None:
    shop = Account.objects.get(account_id="Shop")
    first, until, utc = NOON.date() - timedelta(days=2), NOON.date() + timedelta(days=2), "UTC"
    for account, with_below in ((shop, False), (agent, False), (agent, True)):
        wallets = [agent.pk, shop.pk] if with_below else [account.pk]
        every = list(Entry.objects.filter(wallet__in=wallets))
        found = balances_by_day(account, first, until, ZoneInfo(utc), with_below=with_below)
        assert [day for day, _balance in found] == [first + timedelta(days=at) for at in range(4)]
        for day, balance in found:
            assert balance == sum(one.amount for one in every if one.at.date() <= day)


def test_the_curve_of_a_hierarchy_stands_on_its_statement(agent: Account, boss: Client) -> None:
    where = "/accounts/Agent/statement/?curve=90&whose=all"
    page = text_of(boss.get(where))
    assert "Balances, with all below" in page
    assert "Balance at the end of each of 90 days." in page
    # 49.70 of the shop, and five minutes at 0.04 below zero.
    assert "2027-03-11 49.50" in page


def test_pages_ask_as_much_however_many_movements_there_are(agent: Account, boss: Client) -> None:
    for url in (SHOP, "/accounts/Agent/payments/?show=all", STATEMENT):
        boss.get(url)
        with CaptureQueriesContext(connection) as before:
            boss.get(url)
        for at in range(6):
            charged(cdr(f"{url}-{at}", account="Shop"))
        with CaptureQueriesContext(connection) as after:
            assert boss.get(url).status_code == 200
        assert len(after) == len(before)
