"""Rate groups in lists of accounts, named as far as the viewer may know them (docs/domain.md 2)."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.handing_out.services.terms import terms_set
from billing.wallets.models import RateGroup
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.rates import rate_group
from tests.support.pages import markup_of, words_of
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db
HIDDEN = "a group of a level above yours"
LIST = "/accounts/Dhaka-Retail-Sub/sub-accounts/?show=all&size=100"
FILE = "/accounts/Dhaka-Retail-Sub/sub-accounts/export/?show=all&columns=all&format=csv"


def give(account: Account, group: RateGroup) -> None:
    terms_set(actor=SYSTEM, account=account, rate_group=group)


@pytest.fixture
def groups(reseller_tree: ResellerTree) -> dict[str, RateGroup]:
    """One of every owner, given to somebody below Dhaka-Retail-Sub."""
    made = {
        "Of the sub": rate_group(reseller_tree.sub_agent, name="Of the sub"),
        "Own": rate_group(reseller_tree.agent, name="Own"),
        "Kept above": rate_group(reseller_tree.top, name="Kept above"),
        "Shared": rate_group(name="Shared", is_shared=True),
    }
    give(reseller_tree.deep_customer, made["Of the sub"])
    give(reseller_tree.customer, made["Own"])
    give(reseller_tree.customer_2, made["Kept above"])
    give(reseller_tree.sub_agent, made["Shared"])
    return made


@pytest.fixture
def boss(reseller_tree: ResellerTree, groups: Any, client_of: Any) -> Client:
    grant(reseller_tree.agent, "manage_account")
    browser: Client = client_of(UserFactory(account=reseller_tree.agent))
    browser.post("/accounts/columns/", {"column": ["account_id", "rate_group"], "boxes": "column"})
    return browser


def by_account(page: Any) -> dict[str, str]:
    """The group of each row of a file."""
    return {row["Account ID"]: row["Rate group"] for row in read_csv(page)}


def ids(page: Any) -> set[str]:
    return set(re.findall(r'<tr[^>]* data-account="([^"]+)"', markup_of(page)))


def test_an_agent_reads_the_names_it_may_know(boss: Client) -> None:
    assert by_account(boss.get(FILE)) == {
        "Customer-001": "Own",
        "Customer-002": HIDDEN,
        "Customer-301": "Of the sub",
        "Sub-Sub-Agent": "Shared",
    }


def test_a_group_that_the_platform_keeps_is_not_named(
    boss: Client, reseller_tree: ResellerTree
) -> None:
    give(reseller_tree.customer_2, rate_group(name="Kept by the platform"))
    assert by_account(boss.get(FILE))["Customer-002"] == HIDDEN


def test_the_group_it_buys_at_itself_is_known(
    boss: Client, groups: dict[str, RateGroup], reseller_tree: ResellerTree
) -> None:
    give(reseller_tree.agent, groups["Kept above"])
    assert by_account(boss.get(FILE))["Customer-002"] == "Kept above"


def test_levels_above_and_administrators_read_all(
    groups: Any, reseller_tree: ResellerTree, client_of: Any, admin: Client
) -> None:
    wanted = {
        "Customer-001": "Own",
        "Customer-002": "Kept above",
        "Customer-301": "Of the sub",
        "Sub-Sub-Agent": "Shared",
    }
    for browser in (client_of(UserFactory(account=reseller_tree.top)), admin):
        assert by_account(browser.get(FILE)) == wanted


def test_whoever_buys_at_a_group_reads_its_name(
    groups: Any, reseller_tree: ResellerTree, client_of: Any
) -> None:
    browser = client_of(UserFactory(account=reseller_tree.customer_2))
    assert "Kept above" in words_of(browser.get("/accounts/Customer-002/"))


def test_a_list_is_narrowed_by_what_may_be_known(
    boss: Client, groups: dict[str, RateGroup], admin: Client
) -> None:
    found = {
        "own": {"Customer-001"},
        "of the": {"Customer-301"},
        "Kept": set(),
        HIDDEN: set(),
        groups["Shared"].key: {"Sub-Sub-Agent"},
        groups["Kept above"].key: set(),
    }
    said = {text: ids(boss.get(LIST, {"show": "all", "rate_group": text})) for text in found}
    assert said == found
    page = admin.get("/accounts/", {"show": "all", "rate_group": groups["Kept above"].key})
    assert ids(page) == {"Customer-002"}


def test_accounts_without_a_group_are_found_and_counted(
    groups: Any, reseller_tree: ResellerTree, admin: Client
) -> None:
    AccountFactory(type="clearing")
    AccountFactory(parent=reseller_tree.agent, status="closed")
    page = admin.get("/accounts/", {"show": "all", "calls_at": "none"})
    assert ids(page) == {
        "BD-Wholesale-Agent",
        "Dhaka-Retail-Sub",
        "Sylhet-Retail-Sub",
        "Customer-101",
        "Master-Agent-2",
        "Customer-201",
    }
    assert "Some accounts have no rate group: they cannot call" in words_of(admin.get("/"))


@pytest.mark.wide
def test_the_column_takes_no_query_a_row(
    boss: Client, groups: dict[str, RateGroup], reseller_tree: ResellerTree
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert HIDDEN in words_of(boss.get(LIST))
    for _one in range(5):
        give(AccountFactory(parent=reseller_tree.agent), groups["Own"])
    with CaptureQueriesContext(connection) as many:
        assert HIDDEN in words_of(boss.get(LIST))
    assert len(many) == len(few)
