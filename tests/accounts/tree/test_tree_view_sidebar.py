"""The tree beside a page, and the path above it."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import NOBODY, actor_for
from accounts.core.models import Account, User
from accounts.portal.breadcrumbs import breadcrumb
from accounts.tree.tables.sidebar import sidebar_tree
from tests.factories import AccountFactory, ResellerTree, UserFactory

pytestmark = pytest.mark.django_db


def request_of(login: User | None, account: Account | None = None, page: str = "page") -> Any:
    """What a view hands to its template: who looks, and at which account."""
    request: Any = RequestFactory().get("/")
    request.actor = actor_for(login) if login else NOBODY
    request.session = {}
    request.resolver_match = SimpleNamespace(view_name=page)
    if account:
        request.current_account = account
    return request


def test_at_most_three_statements_whatever_is_shown(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    for n in range(30):
        AccountFactory(parent=AccountFactory(account_id=f"M-{n:02}", parent=reseller_tree.agent))
    for login in (administrator, UserFactory(account=reseller_tree.top)):
        request = request_of(login, reseller_tree.deep_customer)
        with CaptureQueriesContext(connection) as caught:
            shown = sidebar_tree(request)
        assert shown is not None
        assert len(caught) <= 3


def test_the_way_is_read_once_for_tree_and_path(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    request = request_of(administrator, reseller_tree.deep_customer)
    breadcrumb(request, reseller_tree.deep_customer)
    with CaptureQueriesContext(connection) as caught:
        sidebar_tree(request)
    assert len(caught) == 1


def test_it_is_open_down_to_the_account_of_the_page(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    shown = sidebar_tree(request_of(administrator, reseller_tree.sub_agent))
    assert shown is not None
    top = shown.nodes[0]
    assert top.children is not None
    dhaka, sylhet = top.children
    assert dhaka.children is not None
    assert [node.account_id for node in dhaka.children] == ["Sub-Sub-Agent"]
    assert dhaka.children[0].is_current
    assert sylhet.children is None


def test_nobody_without_accounts_has_one(operator: User) -> None:
    assert sidebar_tree(request_of(operator)) is None
    assert sidebar_tree(request_of(None)) is None
    assert sidebar_tree(HttpRequest()) is None


def test_the_page_of_the_tree_shows_it_only_once(administrator: User) -> None:
    assert sidebar_tree(request_of(administrator, page="tree")) is None


def test_the_path_begins_at_the_viewers_own_root(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    account = reseller_tree.sub_agent
    agent = UserFactory(account=reseller_tree.agent)
    labels = [one.label for one in breadcrumb(request_of(administrator), account)]
    assert labels == ["Accounts", "BD-Wholesale-Agent", "Dhaka-Retail-Sub", "Sub-Sub-Agent"]
    labels = [one.label for one in breadcrumb(request_of(agent), account)]
    assert labels == ["Accounts", "Dhaka-Retail-Sub", "Sub-Sub-Agent"]
    labels = [one.label for one in breadcrumb(request_of(agent), reseller_tree.agent)]
    assert labels == ["Accounts", "Dhaka-Retail-Sub"]


def test_the_last_step_is_the_page_itself(reseller_tree: ResellerTree, administrator: User) -> None:
    *above, last = breadcrumb(request_of(administrator), reseller_tree.agent)
    assert (last.label, last.url) == ("Dhaka-Retail-Sub", "")
    assert all(one.url for one in above)
    *above, last = breadcrumb(request_of(administrator), reseller_tree.agent, "Logins")
    assert (last.label, last.url) == ("Logins", "")
    assert above[-1].url == "/accounts/Dhaka-Retail-Sub/"
