"""An account at a glance: what is in the panel, for whom, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import User
from accounts.tree.services.accounts import account_lock
from tests.factories import (
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
    phone,
)
from tests.factories.fixtures import signed_in
from tests.support.numbers import limit
from tests.support.pages import part_of, text_of
from tests.support.paying import pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

PANEL = "/accounts/Customer-001/panel/"
SCRIPT = {"HX-Request": "true"}
MOST = 12


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.agent, Authorization.PAY_SUB_ACCOUNT, Authorization.PAY_OWN_ACCOUNT)
    return reseller_tree.refresh()


@pytest.fixture
def agent(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent)


def fill(tree: ResellerTree, many: int) -> None:
    for account in (tree.customer, tree.agent):
        for at in range(many):
            pay(account, f"{at + 1}", reference=f"SLIP-{at}")
            phone(account, f"88015{account.pk:05}{at:03}")
            GatewayFactory(account=account, name=f"gw-{account.pk}-{at}")


def asked(client: Client, url: str, headers: Any = SCRIPT) -> tuple[str, int]:
    """What is answered, and with how many queries, once what is kept for good is there."""
    client.get(url, headers=headers)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return text_of(answer), len(queries)


def looking_as(login: User) -> Client:
    """An administrator who looks at the portal as somebody else does."""
    client = signed_in(StaffFactory(administrator=True))
    asked = {"login_name": login.username, "reason": "look"}
    client.post("/accounts/Dhaka-Retail-Sub/view-as/", asked)
    return client


class TestQueries:
    @pytest.mark.parametrize("who", ["administrator", "agent", "its own"])
    def test_twelve_at_most_whatever_is_in_it(
        self, tree: ResellerTree, agent: User, who: str
    ) -> None:
        login = StaffFactory(administrator=True) if who == "administrator" else agent
        url = "/accounts/Dhaka-Retail-Sub/panel/" if who == "its own" else PANEL
        client = signed_in(login)
        _text, before = asked(client, url)
        fill(tree, 7)
        text, after = asked(client, url)
        assert "and more" in text
        assert before <= MOST
        assert after <= MOST

    def test_so_it_is_while_an_administrator_looks_as_somebody_else(
        self, tree: ResellerTree, agent: User
    ) -> None:
        fill(tree, 2)
        client = looking_as(agent)
        _text, queries = asked(client, PANEL)
        assert queries <= MOST


class TestContent:
    def test_everything_at_a_glance(self, tree: ResellerTree, agent: User) -> None:
        pay(tree.customer, "50", reference="SLIP-1", at=timezone.now() - timedelta(days=2))
        pay(tree.customer, "12.5", "deduction")
        phone(tree.customer, "8801711000001", memo="Front desk")
        GatewayFactory(account=tree.customer, name="gw-front", capacity=30)
        grant(tree.customer, Authorization.MANAGE_PHONE)
        text = text_of(signed_in(agent).get(PANEL, headers=SCRIPT))
        assert "37.50 USD" in text
        assert "highest of 30 days 50.00" in text
        assert "SLIP-1 +50.00 balance after 50.00" in text
        assert "Deduction −12.50 balance after 37.50" in text
        assert "usually 50.00" in text
        assert "8801711000001" in text
        assert "Front desk" in text
        assert "gw-front 30 calls at a time" in text
        assert "Add/delete/modify phone" in text
        assert "whatever is not blocked above may be called" in text
        fragment = signed_in(agent).get(PANEL, headers=SCRIPT)
        assert "<html" not in part_of(fragment, "Front desk")

    def test_own_rules_are_named(self, tree: ResellerTree, agent: User) -> None:
        limit(tree.customer, "allow 880", "block 8801900")
        text = text_of(signed_in(agent).get(PANEL, headers=SCRIPT))
        assert "allow 880 block 8801900" in text

    def test_without_script_it_is_a_page_with_the_same(
        self, tree: ResellerTree, agent: User
    ) -> None:
        pay(tree.customer, "50", reference="SLIP-1")
        page = signed_in(agent).get(PANEL)
        assert "<h1" in page.content.decode()
        assert "SLIP-1 +50.00" in text_of(page)
        assert 'href="/accounts/Customer-001/"' in page.content.decode()

    def test_in_another_case_it_is_found(self, tree: ResellerTree, agent: User) -> None:
        answer = signed_in(agent).get("/accounts/customer-001/panel/")
        assert answer["Location"] == PANEL

    def test_a_locked_account_says_so(self, tree: ResellerTree, agent: User) -> None:
        account_lock(actor=SYSTEM, account=tree.customer, reason="x")
        text = text_of(signed_in(agent).get(PANEL, headers=SCRIPT))
        assert "This account does not operate. It is locked here." in text


class TestWhoMay:
    def test_a_foreign_account_is_none(self, tree: ResellerTree, agent: User) -> None:
        client = signed_in(agent)
        for name in ("Customer-101", "Sylhet-Retail-Sub", "BD-Wholesale-Agent", "Nobody-1"):
            assert client.get(f"/accounts/{name}/panel/", headers=SCRIPT).status_code == 404
            assert client.get(f"/accounts/{name}/panel/").status_code == 404

    def test_nothing_of_a_level_above_is_said(self, tree: ResellerTree, agent: User) -> None:
        page = signed_in(agent).get("/accounts/Dhaka-Retail-Sub/panel/")
        assert "BD-Wholesale" not in part_of(page, "Dhaka-Retail-Sub")

    def test_who_may_not_pay_reads_why(self, reseller_tree: ResellerTree) -> None:
        page = signed_in(UserFactory(account=reseller_tree.agent)).get(PANEL, headers=SCRIPT)
        assert "data-peek-pay" not in part_of(page, "Customer-001")
        assert "Payment for sub accounts" in text_of(page)

    def test_a_customer_looks_at_itself_and_pays_nothing(self, tree: ResellerTree) -> None:
        page = signed_in(UserFactory(account=tree.customer)).get(PANEL)
        assert page.status_code == 200
        assert "data-peek-pay" not in part_of(page, "Customer-001")

    def test_who_looks_as_somebody_else_pays_nothing(self, tree: ResellerTree, agent: User) -> None:
        client = looking_as(agent)
        page = client.get(PANEL, headers=SCRIPT)
        assert page.status_code == 200
        assert "data-peek-pay" not in part_of(page, "Customer-001")

    def test_a_key_of_a_payment_to_somebody_else_shows_nothing(
        self, tree: ResellerTree, agent: User
    ) -> None:
        made = pay(tree.sibling_customer, "33", reference="SECRET")
        answer = signed_in(agent).get(f"{PANEL}?paid={made.key}", headers=SCRIPT)
        text = part_of(answer, "Customer-001")
        assert "paid." not in text
        assert "SECRET" not in text
