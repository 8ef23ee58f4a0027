"""Volume discounts of everybody below as a report (docs/domain.md 9)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.ending import account_close
from billing.charging.services.volumes import months_closed, volumes_counted
from billing.rates.services.groups import tiers_set
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory, GatewayFactory, StaffFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.pages import just_signed_in, words_of
from tests.support.paying import pay
from tests.support.sheets import read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

PATH = "/reports/volumes/"
# 10 minutes: 5 %, 20 minutes: 10 %.
TIERS = [(10, 500), (20, 1000)]
MARCH = datetime(2027, 3, 15, 12, tzinfo=UTC)
APRIL = datetime(2027, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _tiers(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """The customer's group has tiers; in March it spoke for 15 minutes at 6 cents."""
    time_machine.move_to(MARCH)
    tiers_set(actor=SYSTEM, group=groups.customer, tiers=TIERS)
    charged(cdr("a", account="Customer-001", at=MARCH - timedelta(days=1), seconds=900))


def page(viewer: Account, path: str) -> str:
    return words_of(just_signed_in(UserFactory(account=viewer)).get(path))


def test_an_agent_reads_of_its_hierarchy_and_the_month_before(
    tree: ResellerTree, time_machine: Any
) -> None:
    time_machine.move_to(APRIL + timedelta(days=2))
    charged(cdr("b", account="Customer-001", at=APRIL + timedelta(days=1), seconds=1201))
    months_closed()
    volumes_counted()
    words = page(tree.agent, PATH)
    # 21 minutes of six cents are 1.26 and earn a tenth; 15 of March earned 0.045.
    line = "Customer-001 Retail April 2027 in UTC 21 15 1.26 10.0 % 0.126 – – 0.045"
    assert line in words
    assert "Counted 2027-04-03 00:00" in words


def test_who_did_not_call_yet_is_there_with_what_it_takes(
    tree: ResellerTree, groups: Groups
) -> None:
    buys_at(tree.customer_2, groups.customer)
    volumes_counted()
    words = page(tree.agent, PATH)
    first = "Customer-001 Retail March 2027 in UTC 15 0 0.90 5.0 % 0.045 10.0 % 5 0.00"
    assert first in words
    second = "Customer-002 Retail March 2027 in UTC 0 0 0.00 – 0.00 5.0 % 10 0.00"
    assert words.index(first) < words.index(second)


def test_a_customer_reads_its_own_alone(tree: ResellerTree, groups: Groups) -> None:
    buys_at(tree.customer_2, groups.customer)
    volumes_counted()
    words = page(tree.customer, PATH)
    assert "Customer-001 Retail March 2027" in words
    assert "Customer-002" not in words


def test_of_levels_above_and_of_siblings_there_is_nothing(
    tree: ResellerTree, groups: Groups
) -> None:
    other = AccountFactory(parent=tree.sibling, account_id="Elsewhere")
    for account in (tree.sibling, other, tree.top):
        buys_at(account, groups.agent, since=LONG_AGO)
    tiers_set(actor=SYSTEM, group=groups.agent, tiers=TIERS)
    tiers_set(actor=SYSTEM, group=groups.top, tiers=TIERS)
    charged(cdr("b", account="Elsewhere", at=MARCH - timedelta(hours=1), seconds=1200))
    volumes_counted()
    own = page(tree.agent, PATH)
    assert "Dhaka-Retail-Sub Wholesale March 2027" in own
    assert [one for one in ("Elsewhere", tree.sibling.account_id) if one in own] == []
    above = page(tree.top, f"{PATH}?account={tree.sibling.account_id}")
    assert "Elsewhere Wholesale" in above
    assert "Dhaka-Retail-Sub Wholesale" not in above


def test_a_closed_account_stands_there_for_what_it_called(
    tree: ResellerTree, groups: Groups
) -> None:
    volumes_counted()
    buys_at(tree.customer_2, groups.customer)
    pay(tree.customer, "0.9")
    for one in (tree.customer, tree.customer_2):
        account_close(actor=SYSTEM, account=one, reason="moved")
    words = page(tree.agent, PATH)
    assert "Customer-001 Retail" in words
    assert "Customer-002" not in words


def test_administrators_read_carriers_as_well(tree: ResellerTree) -> None:
    carrier = AccountFactory(account_id="Carrier", type="clearing")
    GatewayFactory(account=carrier, name="elbe", direction="routing")
    cost = rate_group(None, "Cost")
    rate(cost, "880", "0.01")
    tiers_set(actor=SYSTEM, group=cost, tiers=TIERS)
    buys_at(carrier, cost, since=LONG_AGO)
    charged(
        cdr("b", account="Customer-001", at=MARCH, seconds=600, routing_gateway="elbe")
    )  # fmt: skip
    volumes_counted()
    boss = just_signed_in(StaffFactory(username="boss", administrator=True))
    words = words_of(boss.get(PATH))
    assert "Carrier Cost March 2027 in UTC 10 0 0.10 5.0 % 0.005 10.0 % 10 0.00" in words
    assert "Customer-001 Retail March 2027 in UTC 25" in words


def test_nobody_at_a_group_with_tiers_says_where_tiers_are_set(
    tree: ResellerTree, groups: Groups
) -> None:
    tiers_set(actor=SYSTEM, group=groups.customer, tiers=[])
    assert "Nobody at a rate group with volume tiers" in page(tree.agent, PATH)


def test_its_queries_do_not_grow_with_accounts_and_groups(
    tree: ResellerTree, groups: Groups
) -> None:
    def queries() -> int:
        browser = just_signed_in(UserFactory(account=tree.agent))
        browser.get(PATH)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(PATH).status_code == 200
        return len(captured)

    volumes_counted()
    few = queries()
    other = rate_group(tree.agent, "Other")
    tiers_set(actor=SYSTEM, group=other, tiers=TIERS)
    for number in range(4):
        account = AccountFactory(parent=tree.agent, account_id=f"More-{number}")
        buys_at(account, other if number % 2 else groups.customer, since=LONG_AGO)
    volumes_counted()
    assert queries() == few


def test_a_file_has_the_figures_of_the_page(tree: ResellerTree) -> None:
    volumes_counted()
    browser = just_signed_in(UserFactory(account=tree.agent))
    (line,) = read_csv(browser.get(f"{PATH}export/?format=csv"))
    assert (line["Account"], line["Rate group"], line["Minutes"]) == (
        "Customer-001", "Retail", "15",
    )  # fmt: skip
    assert (line["Tier reached"], line["Earned so far"]) == ("5", "0.045")
    assert (line["Next tier"], line["Minutes to it"]) == ("10", "5")
