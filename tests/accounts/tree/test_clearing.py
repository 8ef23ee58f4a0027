"""Clearing accounts, the carriers we owe, stand at the top level and are made by administrators."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.asking import request_create_filed, request_move_filed
from accounts.approvals.services.deciding import request_approve
from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import SYSTEM, Actor, actor_for, operator_actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, SubAgentPolicy, User
from accounts.kit.errors import Refused
from accounts.tree.services.accounts import account_create, account_edit
from accounts.tree.services.moving import account_move, accounts_move, move_preview
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support import sabotage
from tests.support.admin import operator_with, posted
from tests.support.answering import answered
from tests.support.pages import field_error
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db

CARRIER = {"account_id": "Carrier", "name": "Carrier", "type": "clearing"}


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.agent, Authorization.MANAGE_ACCOUNT)
    policy_set(actor=SYSTEM, account=reseller_tree.top, sub_agents=SubAgentPolicy.ALLOWED)
    return reseller_tree


@pytest.fixture
def desk(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="dhaka-desk")


@pytest.fixture
def agent(desk: User) -> Actor:
    return actor_for(desk)


def new(actor: Actor, parent: Account | None, **more: Any) -> Account:
    return account_create(actor=actor, parent=parent, **{**CARRIER, **more})


def misplaced(tree: ResellerTree) -> Account:
    """A clearing account below an agent, as older installations may have one."""
    sabotage.plant(tree.customer_2, type="clearing")
    tree.customer_2.refresh_from_db()
    return tree.customer_2


class TestMaking:
    def test_an_administrator_makes_one_at_the_top_level(self, administrator: User) -> None:
        assert new(actor_for(administrator), None).type == "clearing"

    def test_nobody_makes_one_below_an_agent(
        self, tree: ResellerTree, agent: Actor, administrator: User
    ) -> None:
        with refused("clearing_administrators", Refused, field="type"):
            new(agent, tree.agent)
        for actor in (SYSTEM, actor_for(administrator)):
            with refused("clearing_below", Refused, field="type"):
                new(actor, tree.agent)

    def test_an_operator_is_no_administrator(self) -> None:
        login = operator_with("add_account", "change_account")
        with refused("clearing_administrators", Refused, field="type"):
            new(operator_actor(login), None)
        # Every other type is its business.
        assert new(operator_actor(login), None, type="phone_card").type == "phone_card"

    def test_a_request_cannot_hold_one(self, tree: ResellerTree, desk: User) -> None:
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=None)
        with refused("clearing_administrators", Refused, field="type"):
            request_create_filed(
                actor=actor_for(desk), parent=tree.customer, account_id="Carrier", name="x",
                type="clearing",
            )  # fmt: skip

    def test_a_request_that_holds_one_is_not_granted(
        self, tree: ResellerTree, desk: User, administrator: User
    ) -> None:
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=None)
        request = request_create_filed(
            actor=actor_for(desk), parent=tree.customer, account_id="Carrier", name="x"
        )
        # As one that was filed before there was this rule.
        fields = {**request.fields, "type": "clearing"}
        SubAgentRequest.objects.filter(pk=request.pk).update(fields=fields)
        with refused("clearing_administrators", Refused, field="type"):
            request_approve(actor=actor_for(administrator), request=request)
        assert not Account.objects.called("Carrier").exists()


class TestTurning:
    def test_a_top_level_account_becomes_one(self, administrator: User) -> None:
        account = AccountFactory()
        one = account_edit(actor=actor_for(administrator), account=account, type="clearing")
        assert one.type == "clearing"

    def test_one_with_an_agent_does_not(self, tree: ResellerTree, agent: Actor) -> None:
        with refused("clearing_administrators", Refused, field="type"):
            account_edit(actor=agent, account=tree.customer, type="clearing")
        with refused("clearing_below", Refused, field="type"):
            account_edit(actor=SYSTEM, account=tree.customer, type="clearing")

    def test_an_operator_neither_makes_nor_unmakes_one(self) -> None:
        operator = operator_actor(operator_with("change_account"))
        general, carrier = AccountFactory(), new(SYSTEM, None)
        with refused("clearing_administrators", Refused, field="type"):
            account_edit(actor=operator, account=general, type="clearing")
        with refused("clearing_administrators", Refused, field="type"):
            account_edit(actor=operator, account=carrier, type="general")

    def test_a_misplaced_one_stands_against_no_other_change(
        self, tree: ResellerTree, agent: Actor
    ) -> None:
        one = misplaced(tree)
        assert account_edit(actor=agent, account=one, name="New", type="clearing").name == "New"
        with refused("clearing_administrators", Refused, field="type"):
            account_edit(actor=agent, account=one, type="general")
        assert account_edit(actor=SYSTEM, account=one, type="general").type == "general"


class TestMoving:
    def test_none_goes_below_an_agent(self, tree: ResellerTree, administrator: User) -> None:
        carrier = new(SYSTEM, None)
        with refused("clearing_below", Refused, field="parent"):
            account_move(actor=actor_for(administrator), account=carrier, parent=tree.agent)
        plan = move_preview(actor=SYSTEM, accounts=[carrier, tree.customer], parent=tree.top)
        assert [one.account for one in plan.skipped] == [carrier]

    def test_an_agent_does_not_move_a_misplaced_one_on(
        self, tree: ResellerTree, agent: Actor
    ) -> None:
        both = [misplaced(tree), tree.customer]
        with refused("clearing_below", Refused, field="parent"):
            accounts_move(actor=agent, accounts=both, parent=tree.sub_agent)
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=None)
        with refused("clearing_below", Refused, field="parent"):
            request_move_filed(actor=agent, account=tree.customer_2, parent=tree.customer)

    def test_an_administrator_puts_it_right(self, tree: ResellerTree, administrator: User) -> None:
        one = account_move(actor=actor_for(administrator), account=misplaced(tree), parent=None)
        assert (one.parent, one.type) == (None, "clearing")


class TestForms:
    def offered(self, form: Any) -> list[str]:
        return [value for value, _label in form.fields["type"].choices]

    def test_an_agent_does_not_see_the_choice_and_reads_why(self, tree: Any, desk: User) -> None:
        page = signed_in(desk).get("/accounts/new/")
        assert self.offered(page.context["form"]) == ["general", "phone_card"]
        assert "made by administrators, at the top level" in page.content.decode()
        page = signed_in(desk).get("/accounts/Customer-001/edit/")
        assert self.offered(page.context["form"]) == ["general", "phone_card"]

    def test_what_an_agent_posts_all_the_same_is_an_error(self, tree: Any, desk: User) -> None:
        browser = signed_in(desk)
        page = browser.get("/accounts/new/")
        sent = answered(page, CARRIER)
        answer = browser.post("/accounts/new/", sent)
        assert answer.status_code == 422
        assert "type" in answer.context["form"].errors
        assert not Account.objects.called("Carrier").exists()

    def test_an_administrator_is_told_where_it_stands(
        self, tree: ResellerTree, administrator: User
    ) -> None:
        browser = signed_in(administrator)
        page = browser.get("/accounts/new/?agent=Dhaka-Retail-Sub")
        assert self.offered(page.context["form"]) == ["general", "phone_card", "clearing"]
        sent = answered(page, CARRIER)
        answer = browser.post("/accounts/new/?agent=Dhaka-Retail-Sub", sent)
        assert answer.status_code == 422
        assert "top level" in field_error(answer, "type")
        top = browser.post("/accounts/new/", sent | {"parent": "", "top": "on"})
        assert top.status_code in (302, 303)
        assert Account.objects.get(account_id="Carrier").parent is None
        below = browser.get("/accounts/Customer-001/edit/")
        assert self.offered(below.context["form"]) == ["general", "phone_card"]
        assert "Only an account at the top level" in below.content.decode()

    def test_a_misplaced_one_keeps_its_type_in_the_form_of_an_agent(
        self, tree: ResellerTree, desk: User
    ) -> None:
        misplaced(tree)
        browser = signed_in(desk)
        page = browser.get("/accounts/Customer-002/edit/")
        assert self.offered(page.context["form"]) == ["clearing"]
        answer = browser.post("/accounts/Customer-002/edit/", answered(page, {"name": "New"}))
        assert answer.status_code in (302, 303)
        tree.customer_2.refresh_from_db()
        assert (tree.customer_2.name, tree.customer_2.type) == ("New", "clearing")

    def test_the_admin_of_an_operator(self, tree: ResellerTree) -> None:
        browser = signed_in(operator_with("add_account", "change_account", "view_account"))
        page = browser.get("/admin/accounts/account/add/")
        assert self.offered(page.context["adminform"].form) == ["general", "phone_card"]
        posted(browser, None, account_id="Carrier", name="Carrier", type="clearing")
        assert not Account.objects.called("Carrier").exists()

    def test_the_admin_of_an_administrator(self, tree: ResellerTree, superuser: User) -> None:
        browser = signed_in(superuser)
        below = posted(
            browser, None, account_id="Carrier", name="Carrier", type="clearing",
            parent=tree.agent.pk,
        )  # fmt: skip
        assert "type" in below.context["adminform"].form.errors
        top = posted(browser, None, account_id="Carrier", name="Carrier", type="clearing")
        assert top.status_code in (302, 303)
        assert Account.objects.get(account_id="Carrier").type == "clearing"


def test_misplaced_ones_are_listed(tree: ResellerTree) -> None:
    new(SYSTEM, None)
    out = StringIO()
    call_command("check_authorizations", stdout=out)
    assert out.getvalue().strip() == "The authorizations are sound."
    misplaced(tree)
    for options in ([], ["--fix"]):
        out = StringIO()
        with pytest.raises(CommandError, match="move these there, or give them another type"):
            call_command("check_authorizations", *options, stdout=out)
        assert "1 × a clearing account below an agent: Customer-002" in out.getvalue()
    assert tree.customer_2.type == "clearing"
    # Beside a finding that is repaired it is listed as well.
    sabotage.plant_grant(tree.customer, "manage_gateway")
    out = StringIO()
    with pytest.raises(CommandError, match="not sound"):
        call_command("check_authorizations", stdout=out)
    assert "a clearing account below an agent" in out.getvalue()
