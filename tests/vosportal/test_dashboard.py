"""What each kind of user sees first."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import SubAgentPolicy, User
from accounts.portal.registry import Card, registry
from accounts.tree.services.accounts import account_lock
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.support.pages import markup_of, text_of
from tests.support.sabotage import expire

pytestmark = pytest.mark.wide

Browser = Callable[[User], Client]


def figures(client: Client) -> dict[str, tuple[int, str]]:
    """The tiles as label → (figure, address of the list)."""
    found = re.findall(
        r'<a class="tile" href="([^"]*)"><span class="tile-name">([^<]*)</span>'
        r'<span class="tile-figure">([^<]*)</span>',
        client.get("/").content.decode(),
    )
    return {name: (int(count.replace(",", "")), unescape(url)) for url, name, count in found}


def test_an_empty_platform_shows_how_to_begin(admin: Client) -> None:
    text = text_of(admin.get("/"))
    assert "Set up the platform" in text
    assert "First steps 0 of 4 done" in text
    assert "No agents yet" in text


def test_administrators_see_the_platform_in_figures(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.agent, reason="x")
    expire(reseller_tree.other_customer)
    counts = {name: count for name, (count, _url) in figures(admin).items()}
    assert counts == {
        "Accounts": 10, "Agents": 5, "Operating": 4, "Locked": 1, "New this week": 10,
        "Calls up": 0,
    }  # fmt: skip


def test_every_figure_leads_to_a_list_of_as_many(
    admin: Client, client_of: Browser, reseller_tree: ResellerTree
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.sub_agent, reason="x")
    agent = client_of(UserFactory(account=reseller_tree.top))
    for client in (admin, agent):
        tiles = figures(client)
        assert len(tiles) >= 4
        for name, (count, url) in tiles.items():
            body = client.get(url).content.decode()
            assert len(re.findall(r"<tr[^>]* data-account=", body)) == count, (name, url)


def test_standing_checks_name_what_needs_a_look(admin: Client, reseller_tree: ResellerTree) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.agent, reason="x")
    expire(reseller_tree.other_customer)
    AccountFactory(account_id="Soon", valid_until=timezone.now() + timedelta(days=3))
    level_5 = AccountFactory(parent=reseller_tree.deep_customer)
    UserFactory(account=level_5)
    text = text_of(admin.get("/"))
    for sentence in (
        "1 locked branch",
        "1 account has expired",
        "1 account expires within 14 days",
        "1 account has more than 3 agents above it",
        "Account IDs are off the pattern",
        "No account uses Flow billing",
        "1 account has a login that was never used",
        "1 account has a login without a second factor",
    ):
        assert sentence in text


def test_every_check_leads_to_a_list(admin: Client, reseller_tree: ResellerTree) -> None:
    body = admin.get("/").content.decode()
    checks = body[body.find('id="checks"') :]
    links = re.findall(r'class="grow [^"]*" href="([^"]*)"', checks)
    assert len(links) == 11
    for link in links:
        assert admin.get(unescape(link)).status_code == 200


def test_new_accounts_are_drawn_and_told_as_a_table(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    body = admin.get("/").content.decode()
    assert 'aria-label="10 new accounts in 30 days, at most 10 on one day"' in body
    assert body.count("<rect") == 30
    assert "Show as table" in body


def test_agents_see_their_own_hierarchy_and_nothing_above_or_beside(
    client_of: Browser, reseller_tree: ResellerTree
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="dispute")
    client = client_of(UserFactory(account=reseller_tree.agent))
    text = text_of(client.get("/"))
    assert "A level above yours is locked or expired." in text
    assert "Direct 3" in text
    assert "All 4" in text
    for hidden in ("BD-Wholesale", "Sylhet", "Master", "dispute"):
        assert hidden not in text


def test_customers_see_their_own_account(client_of: Browser, reseller_tree: ResellerTree) -> None:
    login = UserFactory(account=reseller_tree.customer)
    text = text_of(client_of(login).get("/"))
    assert "Your balance" in text
    assert "Customer-001" in text
    assert "Dhaka-Retail" not in text


class TestAddingBelowAnOrdinaryAccount:
    ADD = 'href="/accounts/new/?agent=Customer-001"'

    def page(self, client_of: Browser, tree: ResellerTree) -> str:
        return markup_of(client_of(UserFactory(account=tree.customer)).get("/"))

    def test_who_holds_1_has_it_on_the_dashboard(
        self, client_of: Browser, reseller_tree: ResellerTree
    ) -> None:
        grant(reseller_tree.customer, Authorization.MANAGE_ACCOUNT)
        page = self.page(client_of, reseller_tree)
        assert self.ADD in page
        assert "Add sub-account" in page

    def test_who_does_not_has_nothing_to_miss(
        self, client_of: Browser, reseller_tree: ResellerTree
    ) -> None:
        grant(reseller_tree.customer, Authorization.MANAGE_PHONE)
        page = self.page(client_of, reseller_tree)
        assert "Add sub-account" not in page
        assert 'id="own-why"' not in page

    def test_where_new_agents_are_forbidden_it_says_so(
        self, client_of: Browser, reseller_tree: ResellerTree
    ) -> None:
        grant(reseller_tree.customer, Authorization.MANAGE_ACCOUNT)
        policy_set(actor=SYSTEM, account=reseller_tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
        page = self.page(client_of, reseller_tree)
        assert self.ADD not in page
        assert "New agents are not permitted here" in page

    def test_where_it_does_not_count_it_says_why(
        self, client_of: Browser, reseller_tree: ResellerTree
    ) -> None:
        grant(reseller_tree.customer, Authorization.MANAGE_ACCOUNT)
        account_lock(actor=SYSTEM, account=reseller_tree.agent, reason="dispute")
        page = self.page(client_of, reseller_tree)
        assert self.ADD not in page
        assert "Your account is blocked by a level above yours." in page


def test_operators_are_led_to_the_django_admin(operator: User, client_of: Browser) -> None:
    assert client_of(operator).get("/")["Location"] == "/admin/"


def test_figures_are_stamped_with_time_and_zone(
    client_of: Browser, reseller_tree: ResellerTree
) -> None:
    login = UserFactory(account=reseller_tree.agent, time_zone="Asia/Dhaka")
    text = text_of(client_of(login).get("/"))
    assert re.search(r"As of \d\d:\d\d Asia/Dhaka", text)


def test_other_apps_add_cards(
    admin: Client, reseller_tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Card("dashboard/_asof.html", lambda actor, account: {"of": account})
    silent = Card("never-read.html", lambda actor, account: None)
    monkeypatch.setattr(registry, "dashboard_cards", [card, silent])
    assert admin.get("/").status_code == 200


def test_the_number_of_queries_does_not_grow(
    admin: Client, reseller_tree: ResellerTree, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for _ in range(20):
        AccountFactory(parent=AccountFactory(parent=reseller_tree.agent))
    admin.get("/")
    with django_assert_max_num_queries(15):
        admin.get("/")
