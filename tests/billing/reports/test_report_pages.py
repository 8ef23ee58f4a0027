"""Reports as administrators and agents see them: the same figures on page and in file, nothing of
levels above and of siblings.
"""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.gateways.services.gateways import gateway_delete
from accounts.kit.moments import as_of
from accounts.portal.views.exports import export_of
from billing.money import shown
from billing.rates.services.corrections import correction_add
from billing.reports.periods import Period
from billing.reports.queries.accounts import consumption
from billing.reports.queries.figures import income
from billing.wallets.models import RateGroup
from tests.billing.reports.conftest import World, fresh
from tests.factories import GatewayFactory, StaffFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.support import sabotage
from tests.support.pages import markup_of, words_of
from tests.support.sheets import raw_of, read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

REPORTS = ("income", "accounts", "destinations", "gateways", "quality", "consumption", "unused")
MARCH = "from=2027-03-01&to=2027-03-31&zone=UTC"
HIDDEN = ("Top", "Sibling", "Neighbour", "Other", "Carrier")


@pytest.fixture
def called(world: World) -> World:
    """Two calls of the customer, one of the mover before it went, one of it since, and one of the
    neighbour that was busy.
    """
    early, late = datetime(2027, 3, 10, 9, tzinfo=UTC), datetime(2027, 3, 20, 9, tzinfo=UTC)
    charged(
        cdr("a", account="Customer", gateway="in", at=early, routing_gateway="out"),
        cdr("b", account="Customer", at=late, seconds=120, callee="442071838750"),
        cdr("c", account="Mover", at=early),
        cdr("d", account="Mover", at=late),
        cdr("e", account="Neighbour", at=late, seconds=0, cause="17", routing_gateway="out"),
    )
    return world


@pytest.fixture
def boss(db: None) -> Client:
    return signed_in(StaffFactory(username="reporter", administrator=True))


def browser(account: Account) -> Client:
    return signed_in(UserFactory(account=account))


def page(name: str, asked: str = MARCH) -> str:
    return f"/reports/{name}/?{asked}"


def test_an_agent_reads_of_its_own_hierarchy_alone(called: World) -> None:
    agent = browser(called.agent)
    for name in REPORTS:
        words = words_of(agent.get(page(name)))
        assert "Agent" in words
        assert [one for one in (*HIDDEN, "Mover", "carrier") if one in words.split()] == []
    for by in ("destination", "account"):
        words = words_of(agent.get(page("income", f"{MARCH}&by={by}")))
        assert "Agent" in words
        assert [one for one in (*HIDDEN, "Mover", "carrier") if one in words.split()] == []


def test_whom_one_does_not_reach_is_nobody(called: World) -> None:
    agent = browser(called.agent)
    for name in REPORTS:
        for one in ("Top", "Sibling", "Mover", "Carrier", "Nobody"):
            for end in ("", "export/"):
                answer = agent.get(f"/reports/{name}/{end}?account={one}&{MARCH}&format=csv")
                assert "There is no such account in your scope." in words_of(answer, 422)
                assert f"{one} " not in words_of(answer, 422)


def test_what_moved_away_counts_without_its_name(called: World) -> None:
    words = words_of(browser(called.agent).get(page("income", f"{MARCH}&by=account")))
    paid = income(called.agent, _march()).now
    assert shown(paid.sold.amount) in words
    assert "Customer" in words
    assert "Accounts that have moved away 0.155555" in words
    there = words_of(browser(called.top).get(page("income", f"account=Agent&{MARCH}&by=account")))
    assert "Mover 0.155555" in there


def test_administrators_read_what_the_platform_earns(called: World, boss: Client) -> None:
    """Four minutes and one of Britain at the price of the top agent; one at the carrier's."""
    words = words_of(boss.get(page("income")))
    found = income(None, _march()).now
    assert f"Top-level accounts paid {shown(found.sold.amount)} USD" in words
    assert f"Carriers’ cost {shown(found.bought.amount)} USD" in words
    assert f"Margin {shown(found.margin)} USD" in words
    assert found.sold.legs == 5


def test_a_file_holds_what_the_page_shows(called: World, boss: Client) -> None:
    asked = f"account=Agent&{MARCH}&by=account"
    for name in REPORTS:
        shown_page = markup_of(boss.get(page(name, asked)))
        lines = read_csv(boss.get(f"/reports/{name}/export/?{asked}&format=csv"))
        book = load_workbook(_file(boss.get(f"/reports/{name}/export/?{asked}&format=xlsx")))
        assert len(list(book.worksheets[0].iter_rows())) == len(lines) + 1
        titles = lines[0] if lines else ()
        assert [one for one in titles if f">{one}</th>" not in shown_page] == []
        rows = shown_page.split('id="table"')[1].count('<tr><th scope="row">')
        rows += shown_page.split('id="table"')[1].count('class="report-total"')
        assert rows == len(lines)


def test_amounts_of_file_and_page_are_the_same(called: World, boss: Client) -> None:
    (line,) = [
        one
        for one in read_csv(boss.get(f"/reports/income/export/?account=Agent&{MARCH}&format=csv"))
        if one["Day"] == "2027-03-10"
    ]
    assert line["Sub-accounts paid"] == "0.342221"
    assert line["Own price"] == "0.435554"
    assert line["Margin"] == "-0.093333"
    words = words_of(boss.get(page("income", f"account=Agent&{MARCH}")))
    assert "2027-03-10 0.342221 0.435554 −0.093333" in words


def test_days_of_other_zones_are_said_where_sums_differ(world: World, boss: Client) -> None:
    """In the evening in UTC it is the next day in Kathmandu."""
    charged(cdr("late", account="Customer", at=datetime(2027, 3, 31, 18, 30, tzinfo=UTC)))
    asked = "from=2027-03-31&to=2027-03-31&by=destination"
    differs = "the sum is not that of the figures above"
    assert differs in words_of(boss.get(page("income", f"account=Top&zone=UTC&{asked}")))
    assert differs not in words_of(boss.get(page("income", f"account=Agent&{asked}")))


def test_routing_gateways_are_for_administrators(called: World, boss: Client) -> None:
    words = words_of(boss.get(page("gateways")))
    assert "out Carrier Routing 2" in words
    assert "Busy 50.0" in words
    assert "in Customer Mapping 1" in words
    words = words_of(browser(called.agent).get(page("gateways")))
    assert "in Customer 1" in words
    assert " out " not in words.split("Calls by gateway")[1].split("What the account")[0]


def test_one_of_a_carrier_below_an_agent_is_for_administrators_as_well(
    called: World, boss: Client
) -> None:
    """A clearing account below an agent, as older installations may have one."""
    sabotage.plant(called.mover, type=Account.Type.CLEARING)
    GatewayFactory(account=called.mover, name="way", direction="routing")
    at = datetime(2027, 3, 20, 9, tzinfo=UTC)
    charged(cdr("by-way", account="Neighbour", at=at, routing_gateway="way"))
    assert "way Mover Routing 1" in words_of(boss.get(page("gateways")))
    words = words_of(browser(called.sibling).get(page("gateways")))
    assert "Nothing in this period" in words


def test_gateways_of_an_account_are_its_own_and_those_below(called: World, boss: Client) -> None:
    assert "in Customer Mapping 1" in words_of(boss.get(page("gateways", f"account=Agent&{MARCH}")))
    words = words_of(boss.get(page("gateways", f"account=Sibling&{MARCH}")))
    assert "Nothing in this period" in words


def test_what_carriers_say_is_for_administrators(called: World, boss: Client) -> None:
    """Others read what became of the calls, as the call's own page has it."""
    at = datetime(2027, 3, 10, 9, tzinfo=UTC)
    for number, cause in enumerate(("NO CREDIT LEFT", "503", "41", "17")):
        charged(
            cdr(
                f"missed-{number}",
                account="Customer",
                gateway="in",
                at=at,
                seconds=0,
                cause=cause,
                routing_gateway="out",
            )  # fmt: skip
        )
    said = ("NO CREDIT LEFT", "Carrier not available", "Carrier failed", "503", "41")
    for client in (browser(called.customer), browser(called.agent)):
        for asked in ("/reports/quality/?{}", "/reports/gateways/?{}"):
            words = words_of(client.get(asked.format(MARCH)))
            assert "Not put through" in words
            assert [one for one in said if one in words.replace(f"{one} %", "")] == []
        file = client.get(f"/reports/gateways/export/?{MARCH}&format=csv")
        lines = b"".join(file.streaming_content).decode()
        assert "Not put through" in lines
        assert "NO CREDIT LEFT" not in lines
    assert "NO CREDIT LEFT" in words_of(boss.get(page("quality")))


def test_a_carriers_margin_is_what_roots_paid_less_its_cost(called: World, boss: Client) -> None:
    """A minute at 880: the root pays 0.031111 × 8, the carrier is owed 0.031111."""
    line = "out Carrier Routing 2 50.0"
    words = words_of(boss.get(page("gateways")))
    assert line in words
    assert "0.248888 0.217777 87.5" in words.split(line)[1].split("in Customer")[0]
    top = RateGroup.objects.get(wallets=called.top.pk)
    correction_add(
        actor=SYSTEM, group=top, prefix="880", begins_at=datetime(2027, 3, 1, tzinfo=UTC),
        ends_at=datetime(2027, 3, 31, tzinfo=UTC), price=Decimal("0.02"), reason="wrong deck",
    )  # fmt: skip
    call_command(
        "rerate", "--from", "2027-03-01T00:00:00Z", "--until", "2027-03-31T00:00:00Z",
        "--reason", "wrong deck", stdout=io.StringIO(),
    )  # fmt: skip
    words = words_of(boss.get(page("gateways")))
    assert "0.02 −0.011111 −55.6" in words.split(line)[1].split("in Customer")[0]
    agents = words_of(browser(called.top).get(page("gateways")))
    assert "Margin" not in agents.split("Calls by gateway")[1]


def test_a_gateway_has_nothing_of_another_one_that_had_its_name(
    called: World, time_machine: Any
) -> None:
    gateway_delete(actor=SYSTEM, gateway=Gateway.objects.get(name="in"), reason="sold")
    GatewayFactory(account=fresh(called.neighbour), name="in")
    words = words_of(browser(called.sibling).get(page("gateways")))
    assert "Nothing in this period" in words


def test_calls_older_than_their_gateway_count(called: World) -> None:
    Gateway.objects.filter(name="in").update(created_at=datetime(2027, 4, 1, tzinfo=UTC))
    assert "in Customer 1" in words_of(browser(called.agent).get(page("gateways")))


def test_who_called_nobody_is_unused(called: World, boss: Client) -> None:
    words = words_of(boss.get(page("unused")))
    assert "Other" in words
    assert "Name of Neighbour" not in words
    assert "Carrier" not in words
    words = words_of(boss.get(page("unused", "from=2027-03-21&to=2027-03-31&zone=UTC")))
    assert "Customer Name of Customer 2027-03-20" in words
    words = words_of(
        boss.get(page("unused", "account=Agent&from=2027-03-21&to=2027-03-31&zone=UTC"))
    )
    assert "Customer Name of Customer 2027-03-20" in words
    assert "Agent Name of Agent" not in words


def test_money_lasts_as_long_as_it_did(called: World, boss: Client) -> None:
    words = words_of(boss.get(page("consumption", f"account=Agent&{MARCH}")))
    assert "Customer 1.026666" in words


def test_whose_money_ends_first_comes_first(called: World) -> None:
    """The neighbour paid nothing: its money has no end. The mover, that paid, is at nought."""
    period = Period.of_days(date(2027, 3, 1), date(2027, 4, 1), ZoneInfo("UTC"))
    found = consumption(SYSTEM, called.sibling, period, 31, 100)
    assert [one.account.account_id for one in found] == ["Mover", "Neighbour"]
    assert [one.days_left is None for one in found] == [False, True]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ("from=2027-03-09&to=2027-03-01", "The period ends before it begins."),
        ("from=2026-01-01&to=2027-03-01", "Choose at most 400 days."),
        ("from=2027-02-30&to=2027-03-01", "Enter a day as year-month-day"),
        (
            "from=2011-12-30&to=2011-12-30&zone=Pacific/Apia",
            "There was no such day in this zone.",
        ),
    ],
)
def test_a_period_that_cannot_be_is_refused(boss: Client, asked: str, error: str) -> None:
    assert error in words_of(boss.get(page("income", asked)), 422)
    answer = boss.get(f"/reports/income/export/?{asked}&format=csv")
    assert error in words_of(answer, 422)
    assert answer.context["error"].code == "bad_question"
    assert error in words_of(boss.get(f"/reports/?{asked}"), 422)


def test_named_periods_stay_named_in_links(called: World, boss: Client) -> None:
    markup = markup_of(boss.get("/reports/income/?period=last-month&zone=UTC&by=account"))
    assert "2027-03-01 to 2027-03-31" in markup
    assert "export/?period=last-month&amp;zone=UTC&amp;by=account&amp;format=xlsx" in markup
    assert "/reports/quality/?period=last-month&amp;zone=UTC" in markup
    markup = markup_of(browser(called.agent).get("/reports/income/?period=last-month"))
    copied = "period=last-month&amp;zone=Asia%2FKathmandu&amp;account=Agent&amp;by=day"
    assert f'data-copy="http://testserver/reports/income/?{copied}"' in markup


def test_the_first_page_names_every_report(called: World, boss: Client) -> None:
    markup = markup_of(boss.get(f"/reports/?{MARCH}"))
    for name in REPORTS:
        assert f'href="/reports/{name}/?from=2027-03-01' in markup
    empty = words_of(boss.get("/reports/?period=today"))
    assert "No call in this period, nor in the one before." in empty


def test_days_are_those_of_the_account_unless_others_are_asked_for(called: World) -> None:
    words = words_of(browser(called.agent).get("/reports/income/?period=this-month"))
    assert "days in Asia/Kathmandu" in words


def test_questions_do_not_grow_with_what_is_found(called: World, boss: Client) -> None:
    asked = [(name, "day") for name in REPORTS]
    asked += [("income", "destination"), ("income", "account")]

    def counts() -> list[int]:
        found = []
        for name, by in asked:
            with CaptureQueriesContext(connection) as queries:
                assert boss.get(page(name, f"{MARCH}&by={by}")).status_code == 200
            found.append(len(queries))
        return found

    counts()
    before = counts()
    assert max(before) <= 15
    at = datetime(2027, 3, 21, 9, tzinfo=UTC)
    charged(
        *(
            cdr(f"{one}-{number}", account=one, at=at, callee=number, routing_gateway="out")
            for one in ("Customer", "Mover", "Neighbour", "Other", "Agent")
            for number in ("8801711000000", "442071838750")
        )
    )
    assert counts() == before


def _march() -> Period:
    return Period.of_days(date(2027, 3, 1), date(2027, 4, 1), ZoneInfo("UTC"))


def _file(answer: Any) -> Any:
    return io.BytesIO(raw_of(answer))


def test_part_of_a_month_is_not_measured_by_the_whole_of_another(
    called: World, boss: Client
) -> None:
    over = words_of(boss.get(page("income", "from=2027-03-20&to=2027-03-20&zone=UTC")))
    assert "new from 0.00" in over
    with time_machine.travel(datetime(2027, 3, 20, 12, tzinfo=UTC), tick=False):
        running = words_of(boss.get(page("income", "from=2027-03-20&to=2027-03-20&zone=UTC")))
    assert "before: 0.00" in running
    assert "new from" not in running


def test_today_in_a_file_is_the_day_it_was_asked_for(world: World) -> None:
    actor = actor_for(UserFactory(account=world.customer))
    with as_of(datetime(2027, 4, 4, 23, 59, tzinfo=UTC)):
        found = export_of(actor, "/reports/income/export/?period=today&zone=UTC")
    assert (found.filters["from"], found.filters["to"]) == ("2027-04-04", "2027-04-04")
