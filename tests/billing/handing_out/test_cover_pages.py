"""Balance, handed out, free to hand out: wherever the balance of an agent is, and nowhere else."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from accounts.tree.services.moving import account_move
from billing.handing_out.queries.agents import agent_covers, uncovered_agents
from billing.handing_out.services.terms import terms_set
from billing.wallets.models import Wallet
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.answering import answered
from tests.support.carding import cards
from tests.support.covering import put_on_covered
from tests.support.pages import field_error, text_of, words_of
from tests.support.paying import balance, form, page_of, pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

LIST = "/accounts/BD-Wholesale-Agent/sub-accounts/?show=direct"


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Dhaka has 1,000, and has handed out 300 + 50 + 30: a balance, a limit, a sub-agent."""
    grant(reseller_tree.agent, Authorization.MANAGE_ACCOUNT, Authorization.PAY_SUB_ACCOUNT)
    pay(reseller_tree.agent, "1000")
    pay(reseller_tree.customer, "300")
    terms_set(actor=SYSTEM, account=reseller_tree.customer_2, credit_limit=Decimal(50))
    pay(reseller_tree.sub_agent, "30")
    return reseller_tree.refresh()


@pytest.fixture
def agent(tree: ResellerTree, client_of: Callable[[User], Client]) -> Client:
    return client_of(UserFactory(account=tree.agent))


class TestTheCard:
    def test_an_agent_reads_it_on_its_dashboard_and_its_page(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        for path in ("/", "/accounts/Dhaka-Retail-Sub/"):
            text = text_of(agent.get(path))
            assert "Handed out 380.00 USD to direct sub-accounts, and cards out" in text
            assert "Free to hand out 620.00 USD Record: shown, not a limit" in text

    def test_under_covered_it_says_that_it_binds(
        self, agent: Client, admin: Client, tree: ResellerTree
    ) -> None:
        put_on_covered(tree.top)
        for browser in (agent, admin):
            text = text_of(browser.get("/accounts/Dhaka-Retail-Sub/"))
            assert "Free to hand out 620.00 USD Covered: hands out at most this" in text
            assert "Not covered" not in text

    def test_of_the_rule_of_a_level_above_only_what_counts_is_said(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        put_on_covered(tree.top)
        text = words_of(agent.get("/accounts/Dhaka-Retail-Sub/"))
        assert "BD-Wholesale-Agent" not in text

    def test_an_ordinary_account_has_no_such_figures(
        self, admin: Client, tree: ResellerTree, client_of: Callable[[User], Client]
    ) -> None:
        customer = client_of(UserFactory(account=tree.customer))
        for browser, path in (
            (customer, "/"),
            (customer, "/accounts/Customer-001/"),
            (customer, "/accounts/Customer-001/statement/"),
            (admin, "/accounts/Customer-001/"),
            (admin, "/accounts/Customer-001/statement/"),
        ):
            text = words_of(browser.get(path))
            assert "anded out" not in text
            assert "Free to hand out" not in text

    def test_unlimited_credit_has_no_bound_and_is_named_beside_the_sum(
        self, admin: Client, tree: ResellerTree
    ) -> None:
        for account in (tree.agent, tree.sub_agent):
            terms_set(actor=SYSTEM, account=account, payment_mode="postpaid", is_unlimited=True)
        text = text_of(admin.get("/accounts/Dhaka-Retail-Sub/"))
        assert "Handed out 380.00 USD and 1 sub-account with unlimited credit" in text
        assert "Free to hand out no bound Unlimited credit" in text

    def test_what_is_uncovered_is_said(self, admin: Client, tree: ResellerTree) -> None:
        put_on_covered(tree.agent)
        pay(tree.customer, "1000")
        text = text_of(admin.get("/accounts/Dhaka-Retail-Sub/"))
        assert "Balance Not covered" in text
        assert "Free to hand out −380.00 USD" in text
        assert "Covered: nothing more until it is covered" in text

    def test_it_costs_an_ordinary_account_nothing(
        self, tree: ResellerTree, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(1):
            assert agent_covers([tree.customer]) == {}
        with django_assert_num_queries(3):
            assert len(agent_covers([tree.customer, tree.agent, tree.top, tree.sub_agent])) == 3


class TestTheStatement:
    def test_it_is_said_at_the_head_as_of_now(self, agent: Client, tree: ResellerTree) -> None:
        page = agent.get("/accounts/Dhaka-Retail-Sub/statement/?from=2020-01-01&to=2020-01-31")
        text = text_of(page)
        assert "Balance now 1,000.00 USD" in text
        assert "Handed out 380.00 USD" in text
        assert "Free to hand out 620.00 USD" in text
        assert "whatever the period" in text
        assert text.index("Balance now") < text.index("Opening balance")


class TestTheLists:
    def choose(self, browser: Client) -> None:
        names = ["account_id", "balance", "handed_out", "free_to_hand_out"]
        browser.post("/accounts/columns/", {"column": names, "next": "/"})

    def cells(self, page: Any, name: str) -> dict[str, str]:
        return {line.key: str(line.cells[name]) for line in page.context["table"].lines}

    def test_columns_that_can_be_chosen(self, admin: Client, tree: ResellerTree) -> None:
        put_on_covered(tree.top)
        pay(tree.sibling_customer, "70")
        self.choose(admin)
        page = admin.get(LIST)
        assert self.cells(page, "handed_out") == {
            "Dhaka-Retail-Sub": "380.00",
            "Sylhet-Retail-Sub": "70.00",
        }
        free = self.cells(page, "free_to_hand_out")
        assert free["Dhaka-Retail-Sub"] == "620.00"
        assert "Not covered" in free["Sylhet-Retail-Sub"]
        assert "−70.00" in free["Sylhet-Retail-Sub"]

    def test_ordinary_accounts_have_none(self, admin: Client, tree: ResellerTree) -> None:
        self.choose(admin)
        page = admin.get("/accounts/Dhaka-Retail-Sub/sub-accounts/?show=direct")
        assert self.cells(page, "handed_out")["Customer-001"] == ""
        assert self.cells(page, "free_to_hand_out")["Customer-001"] == ""
        assert self.cells(page, "handed_out")["Sub-Sub-Agent"] == "0.00"

    def test_the_file_has_them_as_numbers(self, admin: Client, tree: ResellerTree) -> None:
        answer = admin.get(
            "/accounts/BD-Wholesale-Agent/sub-accounts/export/?show=direct&format=csv&columns=all"
        )
        text = b"".join(answer).decode("utf-8-sig")  # type: ignore[arg-type]
        rows = {row["Account ID"]: row for row in csv.DictReader(io.StringIO(text))}
        row = rows["Dhaka-Retail-Sub"]
        assert Decimal(row["Handed out, USD"]) == 380
        assert Decimal(row["Free to hand out, USD"]) == 620

    def test_a_filter_finds_who_is_not_covered(
        self, admin: Client, agent: Client, tree: ResellerTree
    ) -> None:
        put_on_covered(tree.top)
        pay(tree.sibling_customer, "70")
        pay(tree.deep_customer, "31")
        pay(tree.other_customer, "5")  # its agent is on record

        def found(browser: Client, path: str) -> list[str]:
            page = browser.get(f"{path}?show=all&cover=uncovered&sort=account_id")
            return [line.key for line in page.context["table"].lines]

        assert found(admin, "/accounts/") == [
            "BD-Wholesale-Agent",
            "Sub-Sub-Agent",
            "Sylhet-Retail-Sub",
        ]
        own = "/accounts/Dhaka-Retail-Sub/sub-accounts/"
        assert found(agent, own) == ["Sub-Sub-Agent"], "nobody above, nobody beside"


class TestTheDashboardOfAdministrators:
    def test_it_lists_who_is_not_covered_the_worst_first(
        self, admin: Client, tree: ResellerTree
    ) -> None:
        put_on_covered(tree.top)
        pay(tree.sibling_customer, "70")
        text = text_of(admin.get("/"))
        assert "2 agents have handed out more than they have" in text
        assert "BD-Wholesale-Agent" in text
        assert "1,000.00 USD missing" in text
        assert "70.00 USD missing 70.00 handed out" in text

    def test_on_record_nobody_is(self, admin: Client, tree: ResellerTree) -> None:
        pay(tree.sibling_customer, "70")
        assert "Not covered" not in words_of(admin.get("/"))

    def test_nor_who_has_handed_nothing_out(self, tree: ResellerTree) -> None:
        put_on_covered(tree.other_top)
        Wallet.objects.filter(pk=tree.other_top.pk).update(balance=Decimal(-5))
        assert uncovered_agents(SYSTEM, 6)[0] == 0

    def test_a_move_below_an_agent_shows_there(self, admin: Client, tree: ResellerTree) -> None:
        put_on_covered(tree.sibling)
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling)
        assert "300.00 USD missing" in text_of(admin.get("/"))

    def test_it_takes_four_queries_at_most(
        self, tree: ResellerTree, django_assert_max_num_queries: Any
    ) -> None:
        put_on_covered(tree.top)
        pay(tree.sibling_customer, "70")
        for most in (1, 6):
            with django_assert_max_num_queries(4):
                count, worst, _accounts = uncovered_agents(SYSTEM, most)
            assert (count, len(worst)) == (2, min(most, 2))

    def test_agents_see_no_such_list(self, agent: Client, tree: ResellerTree) -> None:
        put_on_covered(tree.top)
        pay(tree.deep_customer, "31")
        assert "more than" not in words_of(agent.get("/"))


class TestTheCheckPageOfTerms:
    EDIT = "/accounts/{}/edit/"

    def post(self, browser: Client, account: Account, **changes: str) -> Any:
        """What the form of the account holds, with changes."""
        path = self.EDIT.format(account.account_id)
        return browser.post(path, answered(browser.get(path), changes))

    def test_raising_a_limit_shows_the_cover_before_and_after(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        put_on_covered(tree.agent)
        page = self.post(agent, tree.customer_2, credit_limit="250")
        text = text_of(page)
        assert "Your cover" in text
        assert "Handed out below was 380.00 becomes 580.00 USD" in text
        assert "Free to hand out was 620.00 becomes 420.00 USD" in text
        assert Wallet.objects.get(pk=tree.customer_2.pk).credit_limit == 50
        self.post(agent, tree.customer_2, credit_limit="250", confirmed="1")
        assert Wallet.objects.get(pk=tree.customer_2.pk).credit_limit == 250

    def test_so_does_lowering_one(self, admin: Client, tree: ResellerTree) -> None:
        put_on_covered(tree.agent)
        text = text_of(self.post(admin, tree.customer_2, credit_limit="0"))
        assert "Cover of Dhaka-Retail-Sub" in text
        assert "Free to hand out was 620.00 becomes 670.00 USD" in text

    def test_on_record_it_is_saved_at_once(self, agent: Client, tree: ResellerTree) -> None:
        assert self.post(agent, tree.customer_2, credit_limit="250").status_code == 303

    def test_of_an_agent_its_own_cover_is_shown_as_well(
        self, admin: Client, tree: ResellerTree
    ) -> None:
        put_on_covered(tree.top)
        pay(tree.deep_customer, "10")
        text = text_of(self.post(admin, tree.sub_agent, credit_limit="100"))
        assert "Cover of Dhaka-Retail-Sub" in text
        assert "Handed out below was 380.00 becomes 480.00 USD" in text
        assert "Cover of Sub-Sub-Agent" in text
        assert "Free to hand out was 20.00 becomes 120.00 USD" in text

    def test_administrators_are_warned(self, admin: Client, tree: ResellerTree) -> None:
        put_on_covered(tree.agent)
        text = text_of(self.post(admin, tree.customer_2, credit_limit="700"))
        assert (
            "Dhaka-Retail-Sub is on covered and has 620.00 USD free to hand out: it is not covered"
            " afterwards." in text
        )
        assert "was 620.00 becomes −30.00" in text
        assert "Save all the same" in text

    def test_others_are_refused_at_the_field(self, agent: Client, tree: ResellerTree) -> None:
        put_on_covered(tree.agent)
        page = self.post(agent, tree.customer_2, credit_limit="700")
        assert page.status_code == 422
        assert "620.00 free to hand out" in field_error(page, "credit_limit")

    def test_a_level_above_is_not_shown(
        self, tree: ResellerTree, client_of: Callable[[User], Client]
    ) -> None:
        put_on_covered(tree.top)
        grant(tree.sub_agent, Authorization.MANAGE_ACCOUNT, Authorization.PAY_SUB_ACCOUNT)
        browser = client_of(UserFactory(account=tree.sub_agent))
        text = text_of(self.post(browser, tree.deep_customer, credit_limit="10"))
        assert "Free to hand out was 30.00 becomes 20.00 USD" in text
        assert "Dhaka-Retail-Sub" not in text


class TestTheCheckPageOfAPayment:
    def test_an_agent_that_is_paid_has_more_to_hand_out(
        self, admin: Client, tree: ResellerTree
    ) -> None:
        text = text_of(admin.post(page_of(tree.agent), form("100")))
        assert "Cover of Dhaka-Retail-Sub Balance was 1,000.00 becomes 1,100.00 USD" in text
        assert (
            "Handed out below 380.00 USD Free to hand out was 620.00 becomes 720.00 USD Record"
            in text
        )

    def test_and_less_after_a_deduction(self, admin: Client, tree: ResellerTree) -> None:
        text = text_of(admin.post(page_of(tree.agent), form("100", "deduction")))
        assert "Free to hand out was 620.00 becomes 520.00 USD" in text


def test_a_policy_says_beforehand_what_would_not_be_covered(
    admin: Client, tree: ResellerTree
) -> None:
    pay(tree.customer, "1000")
    data = {"funding": "covered", "per_payment": "", "per_day": "", "reason": ""}
    text = text_of(admin.post("/accounts/Dhaka-Retail-Sub/payments/policy/", data))
    assert "Cover of Dhaka-Retail-Sub Not covered" in text
    assert "Free to hand out −380.00 USD" in text
    text = text_of(admin.post("/accounts/Customer-001/payments/policy/", data))
    assert "Cover of" not in text


def test_cards_that_are_out_make_an_account_hand_out(admin: Client, tree: ResellerTree) -> None:
    assert balance(tree.other_customer) == 0
    cards(tree.other_customer)  # three of 5
    text = text_of(admin.get("/accounts/Customer-201/"))
    assert "Handed out 15.00 USD" in text
    assert "Free to hand out −15.00 USD Record: shown, not a limit" in text
