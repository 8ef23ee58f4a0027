"""What a person may not decide, sent by hand: refused, never dropped while success is reported; and
what was left out is never taken for the bigger deed.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import Permission
from django.forms import formset_factory
from django.http import QueryDict
from django.test import Client

from accounts.approvals.models import SubAgentRequest
from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AccountGrant, SubAgentPolicy, User
from accounts.gateways.models import Gateway
from accounts.portal.forms.whole import MARK, WholeForm
from billing.ledger.models import Transaction
from tests.factories import (
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
    phone,
    reseller_tree,
)
from tests.factories.fixtures import signed_in
from tests.support.answering import LEFT_OUT, answered, submit
from tests.support.pages import field_error, just_signed_in, markup_of, text_of
from tests.support.paying import confirmed, form, page_of, pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

MANAGE, PHONES, PAY = (
    Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE, Authorization.PAY_SUB_ACCOUNT,
)  # fmt: skip
NEW = "/accounts/new/?agent=Dhaka-Retail-Sub"
COUNTER = {"name": "Counter 2", "account_id": "Counter-2"}


@pytest.fixture
def tree(db: Any) -> ResellerTree:
    """The agent holds 1 and 2."""
    made = reseller_tree()
    grant(made.agent, MANAGE, PHONES)
    return made


@pytest.fixture
def agent(tree: ResellerTree) -> Client:
    return just_signed_in(UserFactory(account=tree.agent, username="imran"))


@pytest.fixture
def admin(tree: ResellerTree) -> Client:
    return just_signed_in(StaffFactory(username="office", administrator=True))


def exists(account_id: str = "Counter-2") -> bool:
    return Account.objects.filter(account_id=account_id).exists()


class TestANewAccount:
    @pytest.mark.parametrize("parent", ["", "Customer-001", "Customer-101", "BD-Wholesale-Agent"])
    def test_of_an_agent_goes_nowhere_else(self, agent: Client, parent: str) -> None:
        page = submit(agent, NEW, {**COUNTER, "parent": parent})
        assert page.status_code == 422
        assert "You add accounts where you stand." in field_error(page, "parent")
        assert not exists()
        assert submit(agent, NEW, COUNTER).status_code == 303

    def test_without_its_agent_is_no_top_level_account(self, admin: Client) -> None:
        page = submit(admin, NEW, {**COUNTER, "parent": LEFT_OUT})
        assert "did not arrive" in field_error(page, "parent")
        assert not exists()
        assert submit(admin, NEW, {**COUNTER, "parent": ""}).status_code == 422
        top = {**COUNTER, "parent": "", "top": "on"}
        assert submit(admin, NEW, top).status_code == 303
        assert Account.objects.get(account_id="Counter-2").parent is None

    @pytest.mark.parametrize("code", ["manage_phone_card", "pay_sub_account", "manage_gateway"])
    def test_gets_nothing_that_its_agent_does_not_hold(self, agent: Client, code: str) -> None:
        page = submit(agent, NEW, {**COUNTER, f"grant_{code}": "on"})
        assert page.status_code == 422
        assert "you do not hold it" in field_error(page, f"grant_{code}")
        assert not exists()

    def test_nor_where_the_page_has_no_boxes_at_all(self, tree: ResellerTree) -> None:
        office = UserFactory(account=tree.top)
        grant(tree.top, MANAGE)
        AccountGrant.objects.filter(content_object=tree.agent).delete()
        browser = just_signed_in(office)
        assert 'name="grant_' not in markup_of(browser.get(NEW))
        page = submit(browser, NEW, {**COUNTER, "grant_manage_phone": "on"})
        assert page.status_code == 422
        assert "Dhaka-Retail-Sub does not hold it" in text_of(page)
        assert not exists()
        assert submit(browser, NEW, COUNTER).status_code == 303

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("credit_limit", "500", "authorization 8"),
            ("payment_mode", "postpaid", "authorization 8"),
            ("is_unlimited", "on", "administrators only"),
        ],
    )
    def test_gets_no_credit_from_who_may_not_give_it(
        self, agent: Client, name: str, value: str, words: str
    ) -> None:
        page = submit(agent, NEW, {**COUNTER, name: value})
        assert page.status_code == 422
        assert words in field_error(page, name)
        assert not exists()

    def test_has_no_terms_before_it_is_approved(self, tree: ResellerTree) -> None:
        grant(tree.customer, MANAGE)
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=SubAgentPolicy.APPROVAL)
        desk = just_signed_in(UserFactory(account=tree.customer))
        page = submit(desk, "/accounts/new/", {**COUNTER, "low_balance_threshold": "20"})
        assert page.status_code == 422
        assert "It is set after the approval." in text_of(page)
        assert not SubAgentRequest.objects.exists()

    def test_takes_no_notice_of_what_it_does_not_know(self, agent: Client) -> None:
        more = {"utm_source": "mail", "is_superuser": "on", "version": "7"}
        assert submit(agent, NEW, {**COUNTER, **more}).status_code == 303

    def test_the_same_value_may_come(self, agent: Client) -> None:
        same = {"payment_mode": "prepaid", "credit_limit": "0.00", "is_unlimited": "false"}
        assert submit(agent, NEW, {**COUNTER, **same}).status_code == 303


class TestMoving:
    @pytest.mark.parametrize("page", ["Customer-001/move/", "Dhaka-Retail-Sub/move-sub-accounts/"])
    def test_the_top_level_is_said_and_never_guessed(
        self, admin: Client, tree: ResellerTree, page: str
    ) -> None:
        before = list(Account.objects.order_by("pk").values_list("pk", "parent"))
        answer = admin.post(f"/accounts/{page}", {"reason": "x"})
        assert answer.status_code == 422
        assert "did not arrive" in field_error(answer, "parent")
        assert list(Account.objects.order_by("pk").values_list("pk", "parent")) == before
        assert admin.post(f"/accounts/{page}", {"reason": "x", "parent": ""}).status_code == 422
        top = {"reason": "x", "parent": "", "top": "1"}
        assert admin.post(f"/accounts/{page}", top).status_code == 303

    def test_an_agent_says_where_to(self, agent: Client, tree: ResellerTree) -> None:
        for sent in ({"reason": "x"}, {"reason": "x", "parent": ""}):
            assert agent.post("/accounts/Customer-001/move/", sent).status_code == 422
        tree.refresh()
        assert tree.customer.parent == tree.agent


class TestSelections:
    @pytest.mark.parametrize("name", ["query", "agent_list"])
    def test_of_accounts_are_never_more_than_was_seen(self, admin: Client, name: str) -> None:
        sent = {"deed": "lock", "all": "1", "query": "q=customer", "agent_list": ""}
        del sent[name]
        for page in ("/accounts/bulk/", "/payments/distribute/selection/"):
            answer = admin.post(page, sent)
            assert answer.status_code == 422
            assert "did not arrive" in text_of(answer)

    @pytest.mark.parametrize("name", ["query", "account_list"])
    def test_of_phones_neither(self, admin: Client, tree: ResellerTree, name: str) -> None:
        phone(tree.customer, "8801711000001")
        sent = {"deed": "lock", "all": "1", "query": "", "account_list": "Customer-001"}
        del sent[name]
        assert admin.post("/phones/bulk/", sent).status_code == 422

    @pytest.mark.parametrize("decision", [{}, {"decision": ""}, {"decision": "both"}])
    def test_of_grants_are_not_kept_by_default(
        self, admin: Client, tree: ResellerTree, decision: dict[str, str]
    ) -> None:
        one = AccountGrant.objects.get(content_object=tree.agent, permission__codename=PHONES)
        answer = admin.post("/authorizations/reviews/", {"grant": one.key, "note": "", **decision})
        assert answer.status_code == 422
        one.refresh_from_db()
        assert one.reviewed_at is None

    def test_a_note_that_is_too_long_is_not_dropped(
        self, admin: Client, tree: ResellerTree
    ) -> None:
        one = AccountGrant.objects.get(content_object=tree.agent, permission__codename=PHONES)
        sent = {"grant": one.key, "decision": "keep", "note": "x" * 501}
        assert admin.post("/authorizations/reviews/", sent).status_code == 422
        one.refresh_from_db()
        assert one.reviewed_at is None

    @pytest.mark.parametrize(
        "page", ["/accounts/columns/", "/tree/customers/", "/security/sessions/"]
    )
    def test_of_ones_own_neither(self, agent: Client, page: str) -> None:
        assert agent.post(page, {}).status_code == 422
        assert agent.get("/").status_code == 200


class TestApproving:
    def test_fewer_is_not_none(self, admin: Client, tree: ResellerTree) -> None:
        """Boxes that were never shown are not empty ones."""
        one = self.filed(tree)
        sent = {"deed": "fewer", "reason": ""}
        assert admin.post(f"/approvals/{one.key}/", sent).status_code == 422
        assert not exists()

    def test_all_is_not_fewer(self, admin: Client, tree: ResellerTree) -> None:
        one = self.filed(tree)
        sent = {"deed": "approve", "reason": "", "codes": ["manage_phone"]}
        assert admin.post(f"/approvals/{one.key}/", sent).status_code == 422
        assert not exists()

    def filed(self, tree: ResellerTree) -> SubAgentRequest:
        grant(tree.customer, MANAGE, PHONES)
        desk = just_signed_in(UserFactory(account=tree.customer))
        ticked = {"grant_manage_account": "on", "grant_manage_phone": "on", "reason": "second"}
        submit(desk, "/accounts/new/", {**COUNTER, **ticked})
        return SubAgentRequest.objects.get()


class TestOtherPages:
    def test_a_gateway_has_no_capacity_from_who_may_not_set_it(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        grant(tree.agent, Authorization.MANAGE_GATEWAY)
        new = {"name": "gw-2", "account": "Customer-001"}
        for more in ({"capacity": "50"}, {"addresses": "203.0.113.9"}, {"direction": "routing"}):
            page = submit(agent, "/gateways/new/", {**new, **more})
            assert page.status_code == 422
            assert not Gateway.objects.exists()
        assert submit(agent, "/gateways/new/", new).status_code == 303

    def test_half_of_the_windows_does_not_delete_the_others(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        grant(tree.agent, Authorization.MODIFY_GATEWAY_CAPACITY)
        windows = ["monday 07:00-12:00 4", "tuesday 07:00-12:00 4"]
        GatewayFactory(account=tree.customer, name="gw-1", capacity=10)
        Gateway.objects.update(windows=windows)
        second = {f"w1_{name}": LEFT_OUT for name in ("days", "begins", "ends", "calls")}
        page = submit(agent, "/gateways/gw-1/capacity/", {"capacity": "11", **second})
        assert page.status_code == 422
        assert Gateway.objects.get().windows == windows

    def test_phones_are_of_the_account_one_stands_on(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        url = "/accounts/Customer-001/phones/new/"
        page = submit(agent, url, {"numbers": "8801711000001", "account": "Customer-002"})
        assert page.status_code == 422
        assert not tree.customer.phones.exists()
        assert not tree.customer_2.phones.exists()

    def test_zero_is_made_of_what_was_seen(self, admin: Client, tree: ResellerTree) -> None:
        pay(tree.customer, "30")
        made = Transaction.objects.count()
        sent = form("", "make_zero", confirmed="1")
        assert "Take 30.00 USD" in text_of(admin.post(page_of(tree.customer), sent))
        assert Transaction.objects.count() == made
        assert confirmed(admin, tree.customer, sent).status_code == 303


class TestTheAdmin:
    """An operator who may change accounts and grant nothing."""

    @pytest.fixture
    def operator(self, tree: ResellerTree) -> Client:
        held_here = Permission.objects.filter(codename__in=["view_account", "change_account"])
        return signed_in(StaffFactory(operator=True, permissions=list(held_here)))

    @pytest.fixture
    def page(self, tree: ResellerTree) -> str:
        return f"/admin/accounts/account/{tree.customer.pk}/change/"

    @pytest.mark.parametrize("code", ["manage_phone", "manage_account", "pay_sub_account"])
    def test_grants_that_it_may_not_decide_are_refused(
        self, operator: Client, tree: ResellerTree, page: str, code: str
    ) -> None:
        grant(tree.agent)
        for more in ({}, {"grant_reason": "x"}):
            answer = submit(operator, page, {"name": "Renamed", code: "on", **more})
            assert answer.status_code == 200
            errors = answer.context["adminform"].form.errors
            assert errors[code] == ["You may not grant authorizations."]
        tree.refresh()
        assert tree.customer.name != "Renamed"
        assert held(tree.customer) == frozenset()

    def test_what_is_held_may_come_again(
        self, operator: Client, tree: ResellerTree, page: str
    ) -> None:
        grant(tree.customer, PHONES)
        answer = submit(operator, page, {"name": "Renamed", "manage_phone": "on"})
        assert answer.status_code == 302
        assert held(tree.customer) == {PHONES}

    @pytest.mark.parametrize("name", ["name", "memo", "parent", "type", "seen_version"])
    def test_a_field_that_does_not_arrive_is_an_error(
        self, superuser: User, tree: ResellerTree, page: str, name: str
    ) -> None:
        answer = submit(signed_in(superuser), page, {"company": "New", name: LEFT_OUT})
        assert answer.status_code == 200
        assert "did not arrive" in str(answer.context["adminform"].form.errors[name])
        tree.refresh()
        assert tree.customer.parent == tree.agent
        assert tree.customer.detail.company != "New"

    def test_boxes_that_were_not_shown_take_nothing_away(
        self, superuser: User, tree: ResellerTree, page: str
    ) -> None:
        grant(tree.customer, PHONES)
        browser = signed_in(superuser)
        sent = answered(browser.get(page), {"manage_phone": LEFT_OUT})
        answer = browser.post(page, {**sent, MARK: []})
        assert answer.status_code == 200
        assert held(tree.customer) == {PHONES}
        assert browser.post(page, sent).status_code == 302
        assert held(tree.customer) == frozenset()

    def test_a_new_account_has_no_boxes(self, superuser: User, tree: ResellerTree) -> None:
        new = {**COUNTER, "manage_account": "on"}
        answer = submit(signed_in(superuser), "/admin/accounts/account/add/", new)
        assert answer.status_code == 200
        assert "once the account is there" in str(answer.context["adminform"].form.errors)
        assert not exists()

    def test_an_operator_makes_no_staff(self, tree: ResellerTree) -> None:
        may = Permission.objects.filter(codename__in=["view_user", "add_user", "view_account"])
        browser = signed_in(StaffFactory(operator=True, permissions=list(may)))
        values = {"username": "rina", "account": tree.customer.pk, "superuser": "on"}
        answer = submit(browser, "/admin/accounts/user/add/", values)
        assert answer.status_code == 200
        assert not User.objects.filter(username="rina").exists()


class Sheet(WholeForm, forms.Form):
    name = forms.CharField(required=False)
    is_open = forms.BooleanField(required=False)
    days = forms.MultipleChoiceField(
        choices=[("1", "Monday"), ("2", "Tuesday")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class TestTheFormItself:
    @pytest.mark.parametrize("prefix", [None, "row"])
    def test_its_marks_are_drawn_with_it(self, prefix: str | None) -> None:
        drawn = Sheet(prefix=prefix).as_p()
        before = f"{prefix}-" if prefix else ""
        for name in ("is_open", "days"):
            assert f'<input type="hidden" name="boxes" value="{before}{name}">' in drawn
        assert f'value="{before}name"' not in drawn

    def test_a_mark_stands_for_an_empty_box(self) -> None:
        for marks, errors in (
            ("boxes=is_open&boxes=days", set()),
            ("boxes=is_open", {"days"}),
            ("is_open=on&days=1", set()),
            ("", {"is_open", "days"}),
        ):
            assert Sheet(QueryDict(f"name=&{marks}")).errors.keys() == errors

    def test_formsets_have_marks_of_their_own(self) -> None:
        sheets: Any = formset_factory(Sheet, extra=2)
        drawn = str(sheets(prefix="f"))
        assert 'name="boxes" value="f-0-is_open"' in drawn
        assert 'name="boxes" value="f-1-is_open"' in drawn

    def test_a_disabled_field_says_what_is_or_nothing(self) -> None:
        def sent(query: str, **initial: Any) -> Sheet:
            made = Sheet(QueryDict(query), initial=initial)
            for field in made.fields.values():
                field.disabled = True
            return made

        assert sent("").is_valid()
        assert sent("name=a", name="a").is_valid()
        assert not sent("name=b", name="a").is_valid()
        assert sent("days=2&days=1", days=["1", "2"]).is_valid()
        assert not sent("days=2", days=["1", "2"]).is_valid()
        assert not sent("is_open=on").is_valid()

    def test_a_question_may_leave_out_what_it_likes(self) -> None:
        class Question(Sheet):
            is_question = True

        assert Question(QueryDict("")).is_valid()


def test_signing_in_asks_both(client_of: Callable[[User], Client]) -> None:
    login = UserFactory()
    answer = Client().post("/login/", {"login": login.username})
    assert "_auth_user_id" not in answer.client.session
