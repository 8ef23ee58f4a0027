"""The command bar: what it finds of every kind, for whom, at what cost, and what it offers."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from accounts.tree.services.accounts import account_edit
from billing.payments.services.paying import Payment, payment_make
from tests.factories import (
    AccountFactory,
    GatewayFactory,
    ResellerTree,
    UserFactory,
    grant,
    phone,
)
from tests.factories.calls import cdr, charged
from tests.factories.rates import rate_group
from tests.support.carding import cards

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

Login = Callable[..., User]
Clients = Callable[[User], Client]
_OPTION = re.compile(r'role="option" id="command-([a-z-]+)-[a-z0-9]+" href="([^"]+)"', re.ASCII)
MOST_QUERIES = 8


def bar(client: Client, text: str) -> list[tuple[str, str]]:
    """The kind and the address of everything the bar shows."""
    answer = client.get("/search/", {"q": text, "bar": "1"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<html" not in page
    return [(kind, url.replace("&amp;", "&")) for kind, url in _OPTION.findall(page)]


def kinds(client: Client, text: str) -> set[str]:
    return {kind for kind, _url in bar(client, text)} - {"deeds", "pages"}


def _paid(account: Account, **more: str) -> Any:
    return payment_make(
        actor=SYSTEM,
        account=account,
        payment=Payment("recharge", Decimal(5), **{"reference": "x", **more}),
        idempotency_key=f"paid-{account.pk}",
    )


def _known(account: Account, **detail: str) -> None:
    account_edit(actor=SYSTEM, account=account, detail=detail)


def _own(account: Account) -> bool:
    return account.account_id == "Customer-001"


def _number(account: Account) -> str:
    return "880171100001" if _own(account) else "880171100002"


# By kind: what makes one of an account, and what is typed; the twin has the same words.
KINDS: dict[str, tuple[Callable[[Account], Any], str]] = {
    "phones": (lambda one: phone(one, _number(one)), "8801711"),
    "phone-memos": (lambda one: phone(one, _number(one), memo="Front desk"), "front de"),
    "gateways": (lambda one: GatewayFactory(account=one, name=f"pbx-{one.account_id}"), "pbx"),
    "people": (lambda one: _known(one, contact_person="Abdur Rahman"), "abdur"),
    "people by e-mail": (lambda one: _known(one, email=f"desk@{one.account_id}.test"), "desk@"),
    "memos": (lambda one: _known(one, memo="Speaks Bangla"), "speaks"),
    "logins": (lambda one: UserFactory(account=one, full_name="Lakshmi Das"), "lakshmi"),
    "logins by e-mail": (
        lambda one: UserFactory(account=one, email=f"login@{one.account_id}.test"),
        "LOGIN@",
    ),
    "references": (lambda one: _paid(one, reference=f"BKASH-{one.pk}"), "bkash-"),
    "payment-memos": (lambda one: _paid(one, memo="Paid at the counter"), "paid at"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_found_and_nothing_of_anybody_else(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients, name: str
) -> None:
    make, text = KINDS[name]
    kind = name.split(" by ")[0]
    make(reseller_tree.customer)
    make(reseller_tree.sibling_customer)
    agent = client_of(agent_login(reseller_tree.agent))
    found = [url for one, url in bar(agent, text) if one == kind]
    assert len(found) == 1
    page = agent.get("/search/", {"q": text, "bar": "1"}).content.decode()
    assert "Customer-001" in page
    assert "Customer-101" not in page
    stranger = client_of(agent_login(reseller_tree.other_top))
    assert kinds(stranger, text) == set()


def test_a_payment_is_found_by_its_bank_reference_and_by_its_receipt(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients
) -> None:
    made = _paid(reseller_tree.customer, reference="BANK-4711")
    agent = client_of(agent_login(reseller_tree.agent))
    assert bar(agent, "bank-4711")[0] == ("references", f"/payments/{made.key}/")
    assert bar(agent, made.key)[0] == ("payments", f"/payments/{made.key}/")
    other = client_of(agent_login(reseller_tree.sibling))
    assert bar(other, "bank-4711") == bar(other, made.key) == []


def test_calls_are_found_by_id_and_number(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients
) -> None:
    rate_group()
    charged(cdr("call-17", seconds=0, account="Customer-001", callee="491701234567"))
    agent = client_of(agent_login(reseller_tree.agent))
    assert kinds(agent, "call-17") == {"calls"}
    assert kinds(agent, "49170123") == {"called"}
    assert kinds(client_of(agent_login(reseller_tree.sibling)), "call-17") == set()


def test_cards_are_for_who_may_manage_them(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients
) -> None:
    grant(reseller_tree.agent, "manage_phone_card")
    serial = cards(reseller_tree.agent).serial_at(0)
    agent = client_of(agent_login(reseller_tree.agent))
    assert "cards" in kinds(agent, serial[:5].lower())
    # Its customers are no less below it, but hold nothing.
    assert "cards" not in kinds(client_of(agent_login(reseller_tree.customer)), serial)
    assert "cards" not in kinds(client_of(agent_login(reseller_tree.sibling)), serial)


@pytest.mark.parametrize(
    "text",
    ["", "customer", "customer-001", "8801711000001", "49170", "desk@", "bkash", "pay customer 5"],
)
def test_no_more_than_eight_queries_whatever_is_asked(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients, text: str
) -> None:
    for account in (reseller_tree.customer, reseller_tree.customer_2):
        GatewayFactory(account=account)
        _known(account, contact_person="Bkash desk", memo="8801711000001")
    grant(reseller_tree.agent, "pay_sub_account")
    agent = client_of(agent_login(reseller_tree.agent))
    bar(agent, text)
    with CaptureQueriesContext(connection) as queries:
        bar(agent, text)
    assert len(queries) <= MOST_QUERIES, [one["sql"][:80] for one in queries]


class TestDeeds:
    @pytest.fixture
    def agent(self, reseller_tree: ResellerTree, agent_login: Login, client_of: Clients) -> Client:
        for code in ("manage_account", "pay_sub_account"):
            grant(reseller_tree.agent, code)
        return client_of(agent_login(reseller_tree.agent))

    def first(self, client: Client, text: str) -> str:
        found = bar(client, text)
        return found[0][1] if found and found[0][0] == "deeds" else ""

    @pytest.mark.parametrize(
        ("text", "url"),
        [
            ("pay customer-001 50", "/accounts/Customer-001/payments/new/?amount=50"),
            ("Pay 12,5 to customer-001", "/accounts/Customer-001/payments/new/?amount=12.5"),
            ("customer-001 50", "/accounts/Customer-001/payments/new/?amount=50"),
            ("top up customer-001", "/accounts/Customer-001/payments/new/"),
            ("pay", "/payments/new/"),
            ("move customer-002", "/accounts/Customer-002/move/"),
            ("lock customer-002", "/accounts/Customer-002/lock/"),
            ("why can customer-001 not", "/check-access/?who=Customer-001"),
            (
                "test number 88017 for customer-001",
                "/number-sections/test/?account=Customer-001&number=88017&purpose=destination",
            ),
            ("price 88017 customer-001", "/price/?account=Customer-001&number=88017"),
            ("statement customer-001", "/accounts/Customer-001/statement/"),
            ("statement of customer-001", "/accounts/Customer-001/statement/"),
            ("phones customer-001", "/accounts/Customer-001/phones/"),
            ("number sections customer-001", "/accounts/Customer-001/number-sections/"),
        ],
    )
    def test_what_was_typed_leads_to_the_page_that_does_it(
        self, agent: Client, text: str, url: str
    ) -> None:
        assert self.first(agent, text) == url
        assert agent.get(url).status_code == 200

    def test_nothing_is_done_by_looking(self, agent: Client, reseller_tree: ResellerTree) -> None:
        bar(agent, "pay customer-001 50")
        reseller_tree.customer.wallet.refresh_from_db()
        assert reseller_tree.customer.wallet.balance == 0

    def test_deeds_stand_below_the_account_that_was_found(self, agent: Client) -> None:
        found = [kind for kind, _url in bar(agent, "customer-001")]
        assert found[0] == "accounts"
        assert found[1] == "deeds"

    def test_what_one_may_not_do_is_not_offered(
        self, reseller_tree: ResellerTree, agent_login: Login, client_of: Clients
    ) -> None:
        customer = client_of(agent_login(reseller_tree.customer))
        urls = [url for kind, url in bar(customer, "customer-001") if kind == "deeds"]
        assert any("check-access" in url for url in urls)
        assert not any("payments" in url or "move" in url for url in urls)
        assert self.first(customer, "pay customer-001 5") == ""
        assert self.first(customer, "lock customer-001") == ""

    @pytest.mark.parametrize("text", ["pay customer-101 50", "move sylhet-retail-sub"])
    def test_not_to_an_account_of_somebody_else(self, agent: Client, text: str) -> None:
        assert bar(agent, text) == bar(agent, text.translate(str.maketrans("1s", "9z"))) == []

    def test_without_script_the_page_says_the_same(self, agent: Client) -> None:
        page = agent.get("/search/?q=pay+customer-001+50").content.decode()
        assert 'href="/accounts/Customer-001/payments/new/?amount=50"' in page


class TestPages:
    @pytest.mark.parametrize(
        ("text", "url"),
        [
            ("payments", "/payments/"),
            ("rate groups", "/rate-groups/"),
            ("audit", "/audit/"),
            ("Account management", "/accounts/"),
            ("Sub account management", "/accounts/"),
            ("Number section limitation", "/number-sections/"),
            ("Authorization management", "/authorizations/"),
            ("overdraft", "/accounts/?show=all&balance=negative"),
            ("ctd", "/accounts/?show=all&billing=flow"),
            ("add sub-account", "/accounts/new/"),
            ("new customer", "/accounts/new/"),
            ("preferences", "/security/preferences/"),
            ("second factor", "/security/"),
            ("phones", "/phones/"),
        ],
    )
    def test_administrators_find_them_by_name(self, admin: Client, text: str, url: str) -> None:
        assert ("pages", url) in bar(admin, text)
        assert admin.get(url).status_code == 200

    def test_a_page_by_its_own_name_stands_first(self, admin: Client) -> None:
        AccountFactory(account_id="Payments-Ltd")
        assert bar(admin, "payments")[0][0] == "pages"

    def test_agents_are_led_to_their_own(
        self, reseller_tree: ResellerTree, agent_login: Login, client_of: Clients
    ) -> None:
        agent = client_of(agent_login(reseller_tree.agent))
        own = "/accounts/Dhaka-Retail-Sub"
        assert ("pages", f"{own}/sub-accounts/") in bar(agent, "sub account management")
        assert ("pages", f"{own}/number-sections/") in bar(agent, "number section limitation")
        for text in ("mail", "switches", "carriers", "re-rate"):
            assert bar(agent, text) == [], text

    def test_nothing_typed_shows_where_to_go(self, admin: Client) -> None:
        found = bar(admin, "")
        assert ("pages", "/accounts/") in found
        assert ("deeds", "/payments/new/") in found


HOSTILE = [
    "%", "%%", "_", "__", "\\", "\\%", "'", '"; --', "\x00", "a\x00b", "\ud83d\ude00", "x" * 5_000,
    "مرحبا", "\u202eevil", "pay \u202e%", "pay % 1e9", "pay customer-001 999999999999999999",
    "why", "test", "()", "0" * 40, "<script>", "-1", "pay -5",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_typed_is_a_failure(admin: Client, text: str) -> None:
    AccountFactory(account_id="Plain")
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert not [url for kind, url in bar(admin, text) if kind == "accounts"]
    assert admin.get("/search/", {"q": text}).status_code in (200, 302)


def test_signs_of_patterns_are_text(admin: Client) -> None:
    for account_id, memo in (("One", "100%_off\\now"), ("Two", "100 Xoff")):
        _known(AccountFactory(account_id=account_id), memo=memo)
    for text in ("100%_", "100%_off\\n"):
        assert [url for kind, url in bar(admin, text) if kind == "memos"] == ["/accounts/One/"]


def test_markup_of_names_is_text(admin: Client) -> None:
    AccountFactory(account_id="Bold", name="<b>x</b>")
    page = admin.get("/search/", {"q": "<b>x", "bar": "1"}).content.decode()
    assert "&lt;b&gt;x" in page
    assert "<b>x" not in page


def test_operators_and_strangers_find_nothing(operator: User, client_of: Clients) -> None:
    assert client_of(operator).get("/search/?q=customer&bar=1").status_code == 403
    assert Client().get("/search/?q=customer&bar=1").status_code == 302


def test_nobody_finds_what_levels_above_note_about_the_own_account(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients
) -> None:
    _known(reseller_tree.agent, memo="Bad payer, lock in May")
    _known(reseller_tree.customer, memo="Bad line, call later")
    found = bar(client_of(agent_login(reseller_tree.agent)), "bad")
    assert [url for kind, url in found if kind == "memos"] == ["/accounts/Customer-001/"]


@pytest.mark.parametrize("typed", ["pay customer-001 1,204", "customer-001 1,204"])
def test_an_amount_that_can_be_read_in_two_ways_is_asked_about(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients, typed: str
) -> None:
    grant(reseller_tree.agent)
    agent = client_of(agent_login(reseller_tree.agent))
    url = next(url for kind, url in bar(agent, typed) if kind == "deeds")
    assert url.endswith("?amount=1%2C204")
    assert 'value="1,204"' in agent.get(url).content.decode()


def test_a_thousand_is_no_part_of_a_name(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients
) -> None:
    grant(reseller_tree.agent)
    agent = client_of(agent_login(reseller_tree.agent))
    found = bar(agent, "pay customer 1 204,50")
    assert not [url for kind, url in found if kind == "deeds" and "amount" in url]
    assert bar(agent, "pay customer-001 204,50")


def test_agents_are_led_to_what_a_page_promises(
    reseller_tree: ResellerTree, agent_login: Login, client_of: Clients
) -> None:
    agent = client_of(agent_login(reseller_tree.agent))
    answer = agent.get("/accounts/?show=all&q=001")
    assert answer.url == "/accounts/Dhaka-Retail-Sub/sub-accounts/?show=all&q=001"
