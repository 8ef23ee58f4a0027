"""The pages of sub-agent approval, and the forms that ask for it."""

import re

import pytest
from django.test import Client

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.deciding import request_reject
from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, SubAgentPolicy, User
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.support.answering import submit
from tests.support.asking import CARD, MANAGE, PHONE, approve, ask, ask_move, exists
from tests.support.pages import markup_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

NEW = {"name": "A counter", "account_id": "Counter-2", "ctd_billing_model": "standard"}
NEW |= {"type": "general", "parent": "Customer-001"}
URL = "/accounts/new/?agent=Customer-001"


@pytest.fixture
def agent(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="dhaka-desk")


@pytest.fixture
def desk(agent: User, client_of) -> Client:
    """The agent's browser."""
    return client_of(agent)


@pytest.fixture
def office(administrator: User, client_of) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def text(answer) -> str:
    """What a person reads."""
    page = re.sub(r"(?s)<(script|style|head).*?</\1>|<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", page)


def asked(one, deed: str = "") -> str:
    """The page of a request, or the question before the deed."""
    return f"/approvals/{one.key}/" + (f"?deed={deed}" if deed else "")


class TestAsking:
    def test_the_form_says_beforehand_that_it_asks(self, desk) -> None:
        page = text(desk.get(URL))
        assert "Customer-001 would become an agent, which an administrator has to approve" in page
        assert "Request approval" in page

    def test_it_says_nothing_of_that_below_an_agent(self, desk) -> None:
        assert "Request approval" not in words_of(desk.get("/accounts/new/?agent=Sub-Sub-Agent"))

    def test_sending_it_files_a_request(self, desk) -> None:
        answer = submit(desk, URL, NEW | {"grant_manage_phone": "on", "reason": "second counter"})
        one = SubAgentRequest.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"/approvals/{one.key}/")
        assert (one.codes, one.reason) == (["manage_phone"], "second counter")
        assert not exists()

    def test_sending_it_again_does_not(self, desk) -> None:
        submit(desk, URL, NEW)
        answer = submit(desk, URL, NEW)
        assert answer.status_code == 422
        assert "asked for this already" in text(answer)
        assert SubAgentRequest.objects.count() == 1

    def test_a_first_login_needs_an_address(self, desk) -> None:
        answer = submit(desk, URL, NEW | {"login_username": "newdesk"})
        assert answer.status_code == 422
        assert answer.context["form"].errors.keys() == {"login_email"}

    def test_another_agent_id_in_the_form_is_refused(self, desk, tree) -> None:
        answer = submit(desk, URL, NEW | {"parent": "Customer-101"})
        assert answer.status_code == 422
        assert answer.context["form"].errors.keys() == {"parent"}
        assert not SubAgentRequest.objects.exists()

    def test_what_the_agent_does_not_hold_cannot_be_ticked(self, desk, tree) -> None:
        field = desk.get(URL).context["form"].fields["grant_manage_phone_card"]
        assert field.disabled
        assert "Customer-001 does not hold it" in str(field.help_text)
        answer = submit(desk, URL, NEW | {"grant_manage_phone_card": "on"})
        assert answer.status_code == 422
        assert "Customer-001 does not hold it" in text(answer)
        assert not SubAgentRequest.objects.exists()

    def test_where_it_is_forbidden_the_page_says_so(self, desk, tree) -> None:
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
        answer = desk.get(URL)
        assert answer.status_code == 403
        assert "New agents are not permitted here" in text(answer)

    def test_and_so_does_the_button(self, desk, tree) -> None:
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
        assert "New agents are not permitted here" in text(desk.get("/accounts/Customer-001/"))

    def test_a_customer_of_its_own_asks_the_same_way(self, tree, client_of) -> None:
        own = client_of(UserFactory(account=tree.customer))
        submit(own, "/accounts/new/", NEW)
        assert SubAgentRequest.objects.get().requester_account == tree.customer

    def test_the_list_of_sub_accounts_says_what_waits(self, desk, agent, tree) -> None:
        ask(agent, tree.customer)
        page = text(desk.get("/accounts/Dhaka-Retail-Sub/sub-accounts/"))
        assert "1 request waits for approval." in page

    def test_a_neighbours_list_does_not(self, agent, tree, client_of) -> None:
        ask(agent, tree.customer)
        other = client_of(UserFactory(account=tree.sibling))
        page = words_of(other.get("/accounts/Sylhet-Retail-Sub/sub-accounts/"))
        assert "for approval" not in page


class TestGrantingWithTheNewAccount:
    def test_it_works_at_once_where_nothing_needs_approval(self, desk, tree) -> None:
        grants_set(actor=SYSTEM, account=tree.sub_agent, codes=frozenset({PHONE, CARD}))
        url = "/accounts/new/?agent=Sub-Sub-Agent"
        answer = submit(
            desk,
            url,
            NEW
            | {"parent": "Sub-Sub-Agent"}
            | {"grant_manage_phone": "on", "grant_manage_phone_card": "on"},
        )
        assert answer.status_code == 303
        assert held(Account.objects.get(account_id="Counter-2")) == {PHONE, CARD}

    def test_without_the_reason_of_a_high_one_nothing_is_made(self, office) -> None:
        answer = submit(
            office,
            "/accounts/new/",
            NEW | {"parent": "", "top": "on", "grant_manage_account": "on"},
        )
        assert answer.status_code == 422
        assert answer.context["form"].errors.keys() == {"reason"}
        assert not exists()

    def test_nor_beyond_what_the_agent_holds(self, office, tree) -> None:
        more = {"parent": "Sub-Sub-Agent", "grant_manage_phone": "on"}
        answer = submit(office, "/accounts/new/", NEW | more)
        assert answer.status_code == 422
        assert "its agent Sub-Sub-Agent does not hold it" in text(answer)
        assert not exists()

    def test_who_can_grant_nothing_sees_no_boxes(self, desk) -> None:
        page = desk.get("/accounts/new/?agent=Sub-Sub-Agent")
        assert not page.context["form"].may_grant
        assert "grant_manage_phone" not in markup_of(page)


class TestMoving:
    def test_the_effects_say_that_it_asks(self, desk) -> None:
        page = text(desk.get("/accounts/Customer-002/move/?parent=Customer-001"))
        assert "Customer-001 would become an agent, which an administrator has to approve" in page
        assert "Request approval" in page

    def test_sending_it_files_a_request(self, desk, tree) -> None:
        data = {"parent": "Customer-001", "reason": "grown"}
        answer = submit(desk, "/accounts/Customer-002/move/", data)
        one = SubAgentRequest.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"/approvals/{one.key}/")
        assert (one.kind, one.target, one.agent) == ("move", tree.customer_2, tree.customer)

    def test_where_it_is_forbidden_the_page_says_so(self, desk, tree) -> None:
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
        answer = desk.get("/accounts/Customer-002/move/?parent=Customer-001")
        assert answer.status_code == 403
        assert "New agents are not permitted here" in text(answer)

    def test_several_at_once_go_one_by_one(self, desk, tree) -> None:
        AccountFactory(account_id="Customer-302", parent=tree.sub_agent)
        url = "/accounts/Sub-Sub-Agent/move-sub-accounts/"
        data = {"parent": "Customer-001", "reason": "grown"}
        assert "Move one account there" in text(desk.get(url, data))
        assert "Move one account there" in text(submit(desk, url, data))
        assert not SubAgentRequest.objects.exists()


def waiting(browser: Client) -> str:
    """What the menu says of the approvals, among the pages of authorization management."""
    tabs = [tab for one in browser.get("/").context["nav"] for tab in one.tabs]
    return str(next(one for one in tabs if one.label == "Approvals").count)


class TestTheQueue:
    def test_it_shows_the_oldest_first_with_what_to_look_at(self, office, agent, tree) -> None:
        ask(agent, tree.customer, codes=frozenset({MANAGE}), reason="second counter")
        ask(agent, tree.customer_2, "Counter-3")
        page = office.get("/approvals/")
        shown = text(page)
        assert shown.index("Counter-2") < shown.index("Counter-3")
        assert "level 3, BD-Wholesale-Agent › Dhaka-Retail-Sub" in shown
        assert "could make agents of its own" in shown
        assert "second counter" in shown

    def test_a_deep_account_is_pointed_out(self, office, tree) -> None:
        for one in (tree.sub_agent, tree.deep_customer):
            grants_set(actor=SYSTEM, account=one, codes=frozenset({MANAGE}), reason="x")
        ask(UserFactory(account=tree.sub_agent), tree.deep_customer)
        assert "4 agents above the account" in text(office.get("/approvals/"))

    def test_the_navigation_counts_what_waits(self, office, agent, tree) -> None:
        ask(agent, tree.customer)
        assert waiting(office) == "1"

    def test_the_empty_one_says_the_policy_in_force(self, office, settings) -> None:
        assert "needs an administrator" in text(office.get("/approvals/"))
        settings.SUB_AGENT_POLICY = "forbidden"
        assert "New agents are not permitted." in text(office.get("/approvals/"))

    def test_its_queries_do_not_grow(self, office, agent, tree, django_assert_max_num_queries):
        def queries() -> int:
            with django_assert_max_num_queries(40) as captured:
                office.get("/approvals/")
            return len(captured)

        more = [AccountFactory(parent=tree.agent) for _ in range(8)]
        ask(agent, tree.customer)
        office.get("/approvals/")
        few = queries()
        for at, one in enumerate(more):
            grants_set(actor=SYSTEM, account=one, codes=frozenset({MANAGE}), reason="x")
            ask(agent, one, f"More-{at}")
        assert queries() == few

    def test_more_than_a_page_goes_on(self, office, agent, tree) -> None:
        for at in range(30):
            ask(agent, tree.customer, f"Counter-{at:02}")
        first = office.get("/approvals/")
        second = office.get("/approvals/" + first.context["pager"]["older_url"])
        assert [len(one.context["rows"]) for one in (first, second)] == [25, 5]

    def test_a_strange_cursor_shows_the_first_page(self, office) -> None:
        assert office.get("/approvals/?cursor=nonsense").status_code == 200


class TestDeciding:
    def test_the_question_says_what_happens(self, office, agent, tree) -> None:
        one = ask(agent, tree.customer, codes=frozenset({PHONE}))
        page = text(office.get(f"/approvals/{one.key}/?deed=approve"))
        assert "Customer-001 becomes an agent" in page
        assert "2 Add/delete/modify phone" in page
        assert not exists()

    def test_approving_does_it(self, office, agent, tree) -> None:
        one = ask(agent, tree.customer)
        answer = submit(office, asked(one, "approve"))
        assert (answer.status_code, answer["Location"]) == (303, "/approvals/")
        assert exists()

    def test_with_fewer_authorizations(self, office, agent, tree) -> None:
        one = ask(agent, tree.customer, codes=frozenset({MANAGE, PHONE}), reason="x")
        submit(office, asked(one, "fewer"), {"codes": ["manage_phone"]})
        assert held(Account.objects.get(account_id="Counter-2")) == {PHONE}

    def test_what_was_not_asked_for_is_no_choice(self, office, agent, tree) -> None:
        one = ask(agent, tree.customer, codes=frozenset({PHONE}))
        data = {"deed": "fewer", "codes": ["manage_account"]}
        assert submit(office, asked(one, "fewer"), data).status_code == 422
        assert not exists()

    def test_posted_fields_change_nothing_of_what_was_asked(self, office, agent, tree) -> None:
        one = ask(agent, tree.customer)
        data = NEW | {"deed": "approve", "account_id": "Other", "parent": "Customer-101"}
        submit(office, asked(one, "approve"), data | {"grant_manage_account": "on"})
        made = Account.objects.get(account_id="Counter-2")
        assert (made.parent, held(made), exists("Other")) == (tree.customer, frozenset(), False)

    def test_rejecting_takes_a_reason(self, office, agent, tree) -> None:
        one = ask(agent, tree.customer)
        assert submit(office, asked(one, "reject")).status_code == 422
        submit(office, asked(one, "reject"), {"reason": "too many"})
        one.refresh_from_db()
        assert (one.status, one.decision_reason) == ("rejected", "too many")

    def test_the_second_decision_says_who_was_first(self, office, administrator, agent, tree):
        one = ask(agent, tree.customer)
        approve(administrator, one)
        answer = office.post(asked(one), {"deed": "reject", "reason": "late"})
        assert answer.status_code == 422
        assert "already decided by admin-login" in text(answer)

    def test_a_rule_against_it_is_said_at_the_question(self, office, agent, tree) -> None:
        one = ask(agent, tree.customer)
        AccountFactory(account_id="counter-2")
        answer = submit(office, asked(one, "approve"))
        assert answer.status_code == 422
        assert "not available" in text(answer)

    def test_what_is_void_says_why_to_both(self, office, desk, agent, tree) -> None:
        one = ask(agent, tree.customer)
        User.objects.filter(pk=agent.pk).update(is_active=False)
        answer = submit(office, asked(one, "approve"), follow=True)
        assert "cannot sign in any more" in text(answer)
        User.objects.filter(pk=agent.pk).update(is_active=True)
        assert "cannot sign in any more" in text(desk.get(f"/approvals/{one.key}/"))

    def test_an_unknown_deed_does_nothing(self, office, agent, tree) -> None:
        one = ask(agent, tree.customer)
        assert office.post(asked(one), {"deed": "praise"}).status_code == 400


class TestAgents:
    def test_they_see_their_own_and_withdraw_it(self, desk, agent, tree) -> None:
        one = ask(agent, tree.customer)
        assert "Counter-2" in text(desk.get("/approvals/"))
        submit(desk, asked(one, "withdraw"))
        one.refresh_from_db()
        assert one.status == "withdrawn"

    def test_they_do_not_approve(self, desk, agent, tree) -> None:
        one = ask(agent, tree.customer)
        assert desk.post(asked(one), {"deed": "approve", "reason": ""}).status_code == 403
        assert not exists()

    def test_deciders_have_no_names(self, desk, agent, administrator, tree) -> None:
        one = ask(agent, tree.customer)
        request_reject(actor=actor_for(administrator), request=one, reason="too many")
        for address in (f"/approvals/{one.key}/", "/approvals/?show=decided"):
            page = desk.get(address)
            assert "Administrator" in text(page)
            assert "admin-login" not in page.content.decode()

    def test_an_opened_decision_is_no_longer_new(self, desk, agent, administrator, tree) -> None:
        one = ask(agent, tree.customer)
        approve(administrator, one)
        assert waiting(desk) == "1"
        desk.get(f"/approvals/{one.key}/")
        assert waiting(desk) == ""

    def test_the_level_above_looking_on_does_not_count(
        self, agent, administrator, tree, client_of
    ) -> None:
        one = ask(agent, tree.customer)
        approve(administrator, one)
        client_of(UserFactory(account=tree.top)).get(f"/approvals/{one.key}/")
        one.refresh_from_db()
        assert one.seen_at is None

    @pytest.mark.parametrize("name", ["sibling", "customer", "other_top"])
    def test_a_foreign_request_is_no_request(self, agent, tree, client_of, name) -> None:
        one = ask(agent, tree.customer)
        other = client_of(UserFactory(account=getattr(tree, name)))
        for data in (None, {"deed": "withdraw"}, {"deed": "approve"}):
            url = f"/approvals/{one.key}/"
            answer = submit(other, url, data) if data else other.get(url)
            assert answer.status_code == 404

    def test_an_account_that_left_the_hierarchy_is_not_named(self, desk, agent, tree) -> None:
        one = ask_move(agent, tree)
        account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
        page = desk.get(f"/approvals/{one.key}/")
        assert "Customer-002" not in page.content.decode()
        assert "The account was moved." in text(page)

    def test_levels_above_are_neither_named_nor_counted(self, desk, agent, tree) -> None:
        one = ask(agent, tree.customer)
        page = desk.get(f"/approvals/{one.key}/")
        assert "BD-Wholesale" not in page.content.decode()
        assert "Customer-001 level 2" in text(page)

    def test_a_voided_one_says_why_in_the_list(self, desk, agent, tree) -> None:
        ask(agent, tree.customer)
        account_lock(actor=SYSTEM, account=tree.customer, reason="secret of the office")
        page = text(desk.get("/approvals/?show=decided"))
        assert "The account was locked." in page
        assert "secret of the office" not in page

    def test_their_empty_page_says_the_policy_of_their_account(self, desk, tree) -> None:
        policy_set(actor=SYSTEM, account=tree.agent, sub_agents=SubAgentPolicy.ALLOWED)
        assert "allowed without asking" in text(desk.get("/approvals/"))


def test_operators_have_no_approvals(operator, client_of) -> None:
    assert client_of(operator).get("/approvals/").status_code == 403
