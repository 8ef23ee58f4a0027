"""Tabs that stand for work to be done say how much of it there is: within the scope, as far as one
query counts it cheaply.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.models import User
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.factories.gateways import GatewayFactory
from tests.support.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

FACTOR = "No second factor"


def counts(browser: Client, path: str) -> dict[str, str]:
    return {str(one["label"]): one["count"] for one in browser.get(path).context["views"]}


def test_what_is_nothing_is_not_said(admin: Client, reseller_tree: ResellerTree) -> None:
    page = admin.get("/accounts/?show=all")
    assert {one["count"] for one in page.context["views"]} == {""}
    bar = markup_of(page).partition('<ul class="views">')[2].partition("</ul>")[0]
    assert FACTOR in bar
    assert 'class="n"' not in bar


def test_it_counts_what_the_tab_would_list(admin: Client, reseller_tree: ResellerTree) -> None:
    for account in (reseller_tree.customer, reseller_tree.customer_2, reseller_tree.customer_2):
        UserFactory(account=account)
    page = admin.get("/accounts/?show=all&q=nobody")
    tab = next(one for one in page.context["views"] if one["label"] == FACTOR)
    # Accounts, not logins; whatever the list is narrowed by.
    assert tab["count"] == "2"
    assert f'{FACTOR} <span class="n">2</span>' in markup_of(page)
    assert len(admin.get(f"/accounts/{tab['url']}").context["table"].lines) == 2
    assert counts(admin, "/accounts/?show=direct")[FACTOR] == ""


def test_others_accounts_are_not_counted(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    for account in (reseller_tree.customer, reseller_tree.sibling_customer, reseller_tree.top):
        UserFactory(account=account)
    agent = client_of(UserFactory(account=reseller_tree.agent))
    assert counts(agent, "/accounts/Dhaka-Retail-Sub/sub-accounts/?show=all")[FACTOR] == "1"


def test_beyond_its_end_it_only_says_more(
    admin: Client, reseller_tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.portal.lists.views.tabs.MOST_COUNTED", 2)
    for said in ("1", "2", "2+", "2+"):
        UserFactory(account=AccountFactory(parent=reseller_tree.customer))
        assert counts(admin, "/accounts/?show=all")[FACTOR] == said


@pytest.mark.parametrize(
    "path", ["/accounts/?show=all", "/accounts/Dhaka-Retail-Sub/sub-accounts/"]
)
def test_all_of_them_are_one_query(admin: Client, reseller_tree: ResellerTree, path: str) -> None:
    def asked() -> list[Any]:
        with CaptureQueriesContext(connection) as seen:
            admin.get(path)
        return [one for one in seen if "rows_counted" in one["sql"] and "view_0" in one["sql"]]

    assert len(asked()) == 1
    UserFactory(account=reseller_tree.customer)
    assert len(asked()) == 1


def test_a_list_without_work_asks_nothing(admin: Client, reseller_tree: ResellerTree) -> None:
    GatewayFactory(account=reseller_tree.agent)
    with CaptureQueriesContext(connection) as seen:
        assert set(counts(admin, "/gateways/").values()) == {""}
    assert [one for one in seen if "view_0" in one["sql"]] == []
