"""Three products on one core: what customers, agents and administrators meet, and what not."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from accounts.tree.services.accounts import account_edit, account_lock
from billing.handing_out.services.terms import terms_set
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant, phone
from tests.support.pages import markup_of, words_of
from tests.support.paying import pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


def warned_below(account: Account, amount: int) -> None:
    terms_set(actor=SYSTEM, account=account, low_balance_threshold=Decimal(amount))


Browser = Callable[[User], Client]
OWN = "/accounts/Customer-001/"
# Words of people who have accounts below them.
AGENTS_WORDS = (
    "Agent", "agents", "sub-account", "Sub-account", "in the tree", "Direct", "level above",
    "Authorizations", "hierarchy",
)  # fmt: skip


@pytest.fixture
def customer(client_of: Browser, reseller_tree: ResellerTree) -> Client:
    return client_of(UserFactory(account=reseller_tree.customer, username="lounge"))


class TestACustomer:
    PAGES = ("/", OWN, f"{OWN}phones/", f"{OWN}payments/", f"{OWN}calls/", f"{OWN}statement/")

    @pytest.mark.parametrize("address", PAGES)
    def test_reads_no_word_of_agents(self, customer: Client, address: str) -> None:
        words = words_of(customer.get(address))
        assert "Home" in words
        assert [one for one in AGENTS_WORDS if one in words] == []

    @pytest.mark.parametrize("address", PAGES)
    def test_meets_no_tree_no_tabs_and_no_locked_button(
        self, customer: Client, address: str
    ) -> None:
        page = markup_of(customer.get(address))
        assert 'class="own-nav"' in page
        for one in (
            'role="tree"',
            'class="tabs"',
            'aria-disabled="true"',
            'id="side"',
            'id="find"',
        ):
            assert one not in page

    def test_has_its_pages_above_and_the_four_of_a_phone_below(self, customer: Client) -> None:
        page = markup_of(customer.get("/"))
        above, below = page.partition('class="own-nav"')[2], page.partition('class="dock"')[2]
        named = ("Home", "Movements", "Calls", "Phones", "Test a number", "Statement")
        assert [one for one in named if one in above.partition("</ul>")[0]] == list(named)
        assert [one for one in named if one in below.partition("</ul>")[0]] == list(named[:4])

    def test_the_page_one_is_on_is_marked(self, customer: Client) -> None:
        page = markup_of(customer.get(f"{OWN}phones/")).partition('class="own-nav"')[2]
        assert f'<a href="{OWN}phones/" aria-current="page">Phones</a>' in page

    def test_reads_balance_and_what_it_was_paid(
        self, customer: Client, reseller_tree: ResellerTree
    ) -> None:
        pay(reseller_tree.customer, "12.50")
        words = words_of(customer.get("/"))
        assert "Your balance 12.50" in words
        assert "Last payment 12.50" in words
        assert "+12.50" in words

    def test_a_low_balance_is_said(self, customer: Client, reseller_tree: ResellerTree) -> None:
        pay(reseller_tree.customer, "3")
        warned_below(reseller_tree.customer, 5)
        words = words_of(customer.get("/"))
        assert "Low balance" in words
        assert "You are warned below 5.00" in words

    def test_turns_to_whom_published_itself(
        self, customer: Client, reseller_tree: ResellerTree
    ) -> None:
        detail = {"company": "Top Telecom", "email": "care@top.example", "address": "Quay 1"}
        account_edit(actor=SYSTEM, account=reseller_tree.top, detail=detail)
        page = words_of(customer.get("/"))
        assert "Contact VOS Portal" in page
        assert "Top Telecom" not in page
        account_edit(
            actor=SYSTEM, account=reseller_tree.top, detail={**detail, "is_published": True}
        )
        page = markup_of(customer.get("/"))
        assert "Top Telecom" in page
        assert 'href="mailto:care@top.example"' in page

    def test_without_phones_calls_and_payments_it_says_so(self, customer: Client) -> None:
        words = words_of(customer.get("/"))
        for one in ("No phone yet.", "No calls lately.", "Nothing has moved yet."):
            assert one in words

    def test_sees_its_own_phones_and_nobody_elses(
        self, customer: Client, reseller_tree: ResellerTree
    ) -> None:
        phone(reseller_tree.customer, "8801711000100")
        phone(reseller_tree.customer_2, "8801711000200")
        page = markup_of(customer.get("/"))
        assert "8801711000100" in page
        assert "8801711000200" not in page
        assert "/phones/8801711000100/reset/" not in page

    def test_who_manages_its_phones_has_the_way_to_a_qr_code(
        self, customer: Client, reseller_tree: ResellerTree
    ) -> None:
        grant(reseller_tree.customer, Authorization.MANAGE_PHONE)
        phone(reseller_tree.customer, "8801711000100")
        page = markup_of(customer.get("/"))
        assert 'href="/phones/8801711000100/reset/"' in page
        assert f'href="{OWN}phones/new/"' in page

    def test_has_gateways_and_cards_where_it_holds_them(
        self, customer: Client, reseller_tree: ResellerTree
    ) -> None:
        assert "Gateways" not in words_of(customer.get("/"))
        grant(reseller_tree.customer, Authorization.MANAGE_GATEWAY, Authorization.MANAGE_PHONE_CARD)
        words = words_of(customer.get("/"))
        assert "Gateways" in words
        assert "Phone cards" in words

    def test_is_told_of_a_lock_without_levels(
        self, customer: Client, reseller_tree: ResellerTree
    ) -> None:
        account_lock(actor=SYSTEM, account=reseller_tree.agent, reason="dispute")
        words = words_of(customer.get("/"))
        assert "Your provider cannot make calls at the moment." in words
        assert "level above" not in words

    @pytest.mark.parametrize(
        "address",
        [
            "/accounts/Customer-002/",
            "/accounts/Customer-002/phones/",
            "/accounts/Dhaka-Retail-Sub/",
        ],
    )
    def test_others_do_not_exist(self, customer: Client, address: str) -> None:
        assert customer.get(address).status_code == 404

    def test_queries_do_not_grow_with_phones(
        self,
        customer: Client,
        reseller_tree: ResellerTree,
        django_assert_max_num_queries: Callable[..., Any],
    ) -> None:
        for at in range(12):
            phone(reseller_tree.customer, f"88017110003{at:02d}")
        pay(reseller_tree.customer, "5")
        customer.get("/")
        with django_assert_max_num_queries(15):
            customer.get("/")


class TestTestingANumber:
    def test_it_may_be_called_and_costs_this(
        self, customer: Client, reseller_tree: ResellerTree
    ) -> None:
        words = words_of(customer.get("/", {"number": "8801711000000"}))
        # No level has a rate group yet: the answer is that of the switch.
        assert "Refused" in words
        assert "8801711000000" in markup_of(customer.get("/", {"number": "8801711000000"}))

    def test_what_is_no_number_is_said(self, customer: Client) -> None:
        assert "Refused" in words_of(customer.get("/", {"number": "hello"}))

    def test_the_box_is_there_before_anything_is_asked(self, customer: Client) -> None:
        words = words_of(customer.get("/"))
        assert "May I call this number, and what does it cost?" in words
        assert "Refused" not in words


class TestWhoIsACustomer:
    @pytest.mark.parametrize("code", [Authorization.MANAGE_ACCOUNT, Authorization.PAY_SUB_ACCOUNT])
    def test_not_who_holds_something_over_sub_accounts(
        self, customer: Client, reseller_tree: ResellerTree, code: Authorization
    ) -> None:
        grant(reseller_tree.customer, code)
        page = markup_of(customer.get("/"))
        assert 'class="own-nav"' not in page
        assert "What waits for me?" in page

    def test_not_who_has_a_sub_account(self, customer: Client, reseller_tree: ResellerTree) -> None:
        assert 'class="own-nav"' in markup_of(customer.get("/"))
        AccountFactory(parent=reseller_tree.customer)
        page = markup_of(customer.get("/"))
        assert 'role="tree"' in page
        assert 'class="own-nav"' not in page

    @pytest.mark.parametrize("code", [Authorization.MANAGE_PHONE, Authorization.MANAGE_GATEWAY])
    def test_who_holds_something_over_itself_alone(
        self, customer: Client, reseller_tree: ResellerTree, code: Authorization
    ) -> None:
        grant(reseller_tree.customer, code)
        assert 'class="own-nav"' in markup_of(customer.get("/"))


class TestAnAgent:
    @pytest.fixture
    def agent(self, client_of: Browser, reseller_tree: ResellerTree) -> Client:
        grant(
            reseller_tree.agent, Authorization.MANAGE_ACCOUNT, Authorization.PAY_SUB_ACCOUNT,
        )  # fmt: skip
        return client_of(UserFactory(account=reseller_tree.agent, username="dhaka"))

    def test_reads_who_runs_dry_first_then_the_hierarchy(self, agent: Client) -> None:
        page = markup_of(agent.get("/"))
        order = ["Who runs dry", "What waits for me?", "New customer", "Recently changed"]
        places = [page.find(f">{one}</h2>") for one in order]
        assert places == sorted(places)
        assert places[0] > 0

    def test_pays_who_is_below_its_threshold(
        self, agent: Client, reseller_tree: ResellerTree
    ) -> None:
        warned_below(reseller_tree.customer, 10)
        page = markup_of(agent.get("/"))
        assert 'href="/accounts/Customer-001/payments/new/" aria-label="Pay Customer-001"' in page
        assert "1 account below its threshold" in page

    def test_adds_a_phone_with_its_qr_code_where_it_may(
        self, agent: Client, reseller_tree: ResellerTree
    ) -> None:
        link = 'href="/phones/new/"'
        assert link not in markup_of(agent.get("/"))
        grant(reseller_tree.agent, Authorization.MANAGE_PHONE)
        page = markup_of(agent.get("/"))
        assert link in page
        assert "Phone with QR code" in page
        assert "Add phones" in words_of(agent.get("/phones/new/"))

    def test_nobody_runs_dry(self, agent: Client) -> None:
        words = words_of(agent.get("/"))
        assert "No account of your hierarchy runs dry" in words
        assert "Nothing waits for you." in words

    def test_without_authorization_1_there_is_no_new_customer(
        self, client_of: Browser, reseller_tree: ResellerTree
    ) -> None:
        words = words_of(client_of(UserFactory(account=reseller_tree.agent)).get("/"))
        assert "Who runs dry" in words
        assert "New customer" not in words

    def test_without_customers_yet_there_is_no_empty_hierarchy(
        self, client_of: Browser, reseller_tree: ResellerTree
    ) -> None:
        grant(reseller_tree.customer, Authorization.MANAGE_ACCOUNT)
        words = words_of(client_of(UserFactory(account=reseller_tree.customer)).get("/"))
        assert "What waits for me?" in words
        assert "Recently changed" not in words
        assert "New accounts per day" not in words

    def test_reads_nothing_of_others(self, agent: Client, reseller_tree: ResellerTree) -> None:
        warned_below(reseller_tree.sibling_customer, 10)
        words = words_of(agent.get("/"))
        assert "No account of your hierarchy runs dry" in words
        assert "Customer-101" not in words

    def test_queries_do_not_grow_with_accounts(
        self,
        agent: Client,
        reseller_tree: ResellerTree,
        django_assert_max_num_queries: Callable[..., Any],
    ) -> None:
        for _ in range(12):
            warned_below(AccountFactory(parent=reseller_tree.agent), 10)
        agent.get("/")
        with django_assert_max_num_queries(15):
            agent.get("/")


class TestAnAdministrator:
    def test_reads_what_waits(self, admin: Client, reseller_tree: ResellerTree) -> None:
        words = words_of(admin.get("/"))
        assert "What waits for me?" in words
        assert "Standing checks" in words

    def test_finds_the_words_of_the_switch_it_comes_from(
        self, admin: Client, reseller_tree: ResellerTree
    ) -> None:
        page = markup_of(admin.get("/"))
        assert '<span class="word">Account management</span>' in page
        assert "Number section limitation" in page
        below = markup_of(admin.get("/accounts/Dhaka-Retail-Sub/sub-accounts/"))
        assert "<title>Sub account management of Dhaka-Retail-Sub" in below
        form = words_of(admin.get("/accounts/new/"))
        assert "call type definition. Callback is Flow." in form
        assert "The overdraft" in form


def test_agents_find_sub_account_management_in_their_menu(
    client_of: Browser, reseller_tree: ResellerTree
) -> None:
    page = markup_of(client_of(UserFactory(account=reseller_tree.agent)).get("/"))
    assert '<span class="word">Sub account management</span>' in page
    assert '<span class="word">Account management</span>' not in page
