"""Distributing by page: the check page, the payments, and who sees what of them."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry, User
from accounts.jobs.models import Job
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move
from billing.distributions.models import Distribution
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.payments.services.reversing import transaction_reverse
from tests.factories import ResellerTree, StaffFactory, UserFactory
from tests.support.distributing import (
    LIST,
    START,
    check,
    confirm,
    draft,
    form,
    lists_of,
    paid,
)
from tests.support.pages import field_error, just_signed_in, markup_of, text_of
from tests.support.paying import balance, pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


@pytest.fixture
def many(tree: ResellerTree) -> list[str]:
    """The ids of 120 customers of the agent."""
    drafts = [Draft(f"Many-{n:03}", "x", tree.agent.account_id) for n in range(120)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    return [one.account_id for one in drafts]


class TestPaying:
    def test_confirmed_it_pays_and_leads_to_the_payments(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        answer = confirm(agent, check(agent, memo="Week 47", method="bank"))
        one = Distribution.objects.get()
        assert (answer.status_code, answer["Location"]) == (
            303,
            f"/payments/distributions/{one.pk}/",
        )
        assert balance(tree.customer) == 50
        text = text_of(agent.get(answer["Location"]))
        for words in (
            "75.50 USD",
            "to 2 accounts",
            "imran",
            "Week 47",
            "Bank",
            "R-1",
            "Customer-002",
        ):
            assert words in text

    def test_sent_twice_it_pays_once_and_shows_the_same(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        page = check(agent)
        first, second = confirm(agent, page), confirm(agent, page)
        assert first["Location"] == second["Location"]
        assert balance(tree.customer) == 50
        assert agent.get(page.request["PATH_INFO"])["Location"] == first["Location"]

    def test_without_what_was_seen_it_shows_it_again(self, agent: Client) -> None:
        page = check(agent)
        for seen in ("", "x" * 64):
            answer = agent.post(page.request["PATH_INFO"], {"seen": seen})
            assert answer.status_code == 409
        assert not Transaction.objects.exists()

    def test_a_list_that_was_changed_in_another_window_is_shown_again(self, agent: Client) -> None:
        key = str(uuid4())
        page = check(agent, idempotency_key=key)
        check(agent, lines="Customer-001,1", control_sum="1", idempotency_key=key)
        answer = confirm(agent, page)
        assert answer.status_code == 409
        assert "out of date" in text_of(answer)
        assert not Transaction.objects.exists()

    def test_what_is_handed_out_and_free_is_shown(self, agent: Client, tree: ResellerTree) -> None:
        pay(tree.agent, "100")
        pay(tree.customer, "10")
        payment_policy_set(actor=SYSTEM, account=tree.agent, funding="covered")
        page = check(agent)
        text = text_of(page)
        assert "Balance 100.00 USD Handed out below 10.00 USD Free to hand out 90.00 USD" in text
        assert confirm(agent, page).status_code == 303
        assert balance(tree.agent) == 100

    def test_beyond_what_is_free_it_says_how_much_is_missing(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        pay(tree.agent, "70")
        payment_policy_set(actor=SYSTEM, account=tree.agent, funding="covered")
        page = check(agent)
        assert "5.50 are missing" in text_of(page)
        assert 'name="seen"' not in page.content.decode()

    def test_the_same_again_is_ticked(self, agent: Client, tree: ResellerTree) -> None:
        pay(tree.customer, "50")
        page = check(agent)
        assert "1 account got the very same amount" in text_of(page)
        answer = confirm(agent, page)
        assert answer.status_code == 422
        assert field_error(answer, "again")
        assert balance(tree.customer) == 50
        assert confirm(agent, page, again="on").status_code == 303

    def test_what_was_paid_between_check_and_confirm_asks_again(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        page = check(agent)
        pay(tree.customer, "50")
        answer = confirm(agent, page)
        assert answer.status_code == 422
        assert field_error(answer, "again")

    def test_what_was_closed_between_check_and_confirm_stops_it(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        page = check(agent)
        account_close(actor=SYSTEM, account=tree.customer_2, reason="test")
        answer = confirm(agent, page)
        assert answer.status_code == 422
        assert "A closed account takes no payments." in text_of(answer)
        assert balance(tree.customer) == 0

    def test_suspended_accounts_are_said(self, agent: Client, tree: ResellerTree) -> None:
        account_lock(actor=SYSTEM, account=tree.customer, reason="test")
        page = check(agent)
        assert "1 account does not operate." in text_of(page)
        assert confirm(agent, page).status_code == 303


class TestMany:
    def test_more_than_a_hundred_take_their_number(self, agent: Client, many: list[str]) -> None:
        page = check(agent, lines=lists_of(many), control_sum="120")
        for typed in ("", "119", "1200"):
            answer = confirm(agent, page, typed=typed)
            assert answer.status_code == 422
            assert field_error(answer, "typed")
        answer = confirm(agent, page, typed="120")
        job = Job.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"/jobs/{job.pk}/")
        assert (job.kind, job.total) == ("distribution", 120)
        assert not Transaction.objects.exists()

    def test_sent_twice_it_is_one_job(self, agent: Client, many: list[str]) -> None:
        page = check(agent, lines=lists_of(many), control_sum="120")
        first, second = (confirm(agent, page, typed="120") for _time in range(2))
        assert first["Location"] == second["Location"]
        assert Job.objects.count() == 1

    def test_who_signed_in_long_ago_proves_it_again(
        self, login: User, many: list[str], client_of_long_ago: Callable[[User], Client]
    ) -> None:
        browser = client_of_long_ago(login)
        page = check(browser, lines=lists_of(many), control_sum="120")
        answer = confirm(browser, page, typed="120")
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
        assert not Job.objects.exists()

    def test_a_hundred_are_paid_at_once(self, agent: Client, many: list[str]) -> None:
        page = check(agent, lines=lists_of(many[:100]), control_sum="100")
        assert 'name="typed"' not in markup_of(page)
        assert confirm(agent, page).status_code == 303
        assert Transaction.objects.count() == 100

    def test_no_page_asks_more_of_the_database_for_more_lines(
        self, agent: Client, many: list[str], login: User
    ) -> None:
        actor, counts = actor_for(login), []
        for size in (2, 120):
            page = check(agent, lines=lists_of(many[:size]), control_sum=str(size))
            with CaptureQueriesContext(connection) as checking:
                agent.get(page.request["PATH_INFO"])
            one = paid(actor, draft(actor, lists_of(many[:size], f"{size}.5")))
            with CaptureQueriesContext(connection) as looking:
                agent.get(f"/payments/distributions/{one.pk}/")
            counts.append((len(checking), len(looking)))
        assert counts[0] == counts[1]


class TestResult:
    @pytest.fixture
    def one(self, login: User) -> Distribution:
        actor = actor_for(login)
        return paid(actor, draft(actor, LIST))

    def test_each_payment_names_it_and_is_named(self, agent: Client, one: Distribution) -> None:
        page = agent.get(f"/payments/distributions/{one.pk}/").content.decode()
        payments = list(Transaction.objects.all())
        assert len(payments) == 2
        for made in payments:
            assert f'href="/payments/{made.key}/"' in page
            receipt = agent.get(f"/payments/{made.key}/").content.decode()
            assert f'href="/payments/distributions/{one.pk}/"' in receipt

    def test_who_was_paid_reads_that_it_was_one_of_many_and_no_more(
        self, one: Distribution, tree: ResellerTree, client_of: Callable[[User], Client]
    ) -> None:
        browser = client_of(UserFactory(account=tree.customer))
        made = Transaction.objects.get(account=tree.customer)
        page = browser.get(f"/payments/{made.key}/")
        assert "Part of a distribution By" in text_of(page)
        assert str(one.pk) not in page.content.decode()
        assert browser.get(f"/payments/distributions/{one.pk}/").status_code == 404

    def test_what_was_taken_back_is_said(
        self, agent: Client, one: Distribution, administrator: User
    ) -> None:
        made = Transaction.objects.order_by("pk")[0]
        transaction_reverse(
            actor=actor_for(administrator), transaction=made, reason="x", idempotency_key="r"
        )
        text = text_of(agent.get(f"/payments/distributions/{one.pk}/"))
        assert "1 of these payments was taken back" in text

    def test_as_a_file_it_holds_receipts_and_balances(
        self, agent: Client, one: Distribution, tree: ResellerTree
    ) -> None:
        url = f"/payments/distributions/{one.pk}/export/"
        file = b"".join(agent.get(f"{url}?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        first = Transaction.objects.get(account=tree.customer)
        assert file.splitlines()[1] == f"Customer-001,50,R-1,{first.key},50"
        assert agent.get(f"{url}?format=xlsx").status_code == 200
        assert agent.get(url).status_code == 404
        assert AuditEntry.objects.filter(action="distribution.export").count() == 2

    def test_accounts_that_left_the_scope_have_no_name(
        self, agent: Client, one: Distribution, tree: ResellerTree
    ) -> None:
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling, reason="test")
        page = agent.get(f"/payments/distributions/{one.pk}/")
        assert "Customer-001" not in page.content.decode()
        assert "another account" in text_of(page)
        url = f"/payments/distributions/{one.pk}/export/?format=csv"
        assert b"Customer-001" not in b"".join(agent.get(url).streaming_content)  # type: ignore[attr-defined]


class TestWho:
    def test_without_authorization_8_every_page_names_it(
        self, tree: ResellerTree, client_of: Callable[[User], Client]
    ) -> None:
        login = UserFactory(account=tree.sibling)
        browser = client_of(login)
        own = Distribution.objects.create(login=login, text="A,1", control_sum=1)
        here = f"{START}{own.pk}/"
        for answer in (
            browser.get(START),
            browser.post(START, form()),
            browser.get(here),
            browser.post(here, {"seen": "x"}),
            browser.get(f"{here}errors/"),
        ):
            assert answer.status_code == 403
            assert "authorization 8" in answer.content.decode()

    def test_a_foreign_list_is_as_unknown_as_one_that_never_was(
        self, login: User, agent: Client, tree: ResellerTree
    ) -> None:
        one = draft(actor_for(login), LIST)
        others = [
            just_signed_in(UserFactory(account=tree.agent)),
            just_signed_in(StaffFactory(administrator=True)),
        ]
        for browser in others:
            for path in ("", "errors/"):
                assert browser.get(f"{START}{one.pk}/{path}").status_code == 404
                assert browser.get(f"{START}{uuid4()}/{path}").status_code == 404
            assert browser.post(f"{START}{one.pk}/", {}).status_code == 404
            assert browser.get(f"{START}?list={one.pk}").status_code == 404
            assert browser.get(f"/payments/distributions/{one.pk}/").status_code == 404
        assert agent.get(f"{START}?list=x").status_code == 404

    def test_administrators_distribute_to_everybody(
        self, administrator: User, tree: ResellerTree
    ) -> None:
        browser = just_signed_in(administrator)
        page = check(browser, lines="BD-Wholesale-Agent,1\nCustomer-201,2", control_sum="3")
        assert confirm(browser, page).status_code == 303
        assert balance(tree.other_customer) == 2
