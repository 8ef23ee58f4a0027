"""Granting and revoking through the service: what is kept, what cascades, what it costs."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.integrity import grant_problems
from accounts.authorizations.rules.grants import unavailable
from accounts.authorizations.services.grants import add_each, grants_preview, grants_set, new_batch
from accounts.authorizations.services.restoring import grants_restore
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import Account, AccountGrant, AuditEntry, AuthorizationTemplate, GrantUse
from accounts.kit.errors import Clash, NotAllowed, Refused
from accounts.logins.services.logins import login_create
from accounts.phones.services.phones import phone_create
from accounts.tree.services.accounts import account_create, account_edit
from accounts.tree.services.ending import account_delete
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.together import Together
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant, revoke
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db

MANAGE, PHONES, CARDS = (
    Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE, Authorization.MANAGE_PHONE_CARD,
)  # fmt: skip


def test_a_grant_keeps_who_when_and_why(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, MANAGE, PHONES)
    agent = UserFactory(account=reseller_tree.agent)
    before = timezone.now()
    grants_set(
        actor=actor_for(agent),
        account=reseller_tree.customer,
        codes=frozenset({PHONES}),
        reason="runs a call shop",
    )
    row = AccountGrant.objects.get(content_object=reseller_tree.customer)
    assert (row.granted_by, row.reason) == (agent, "runs a call shop")
    assert before <= row.granted_at <= timezone.now()
    entry = AuditEntry.objects.filter(action="grant.add").latest("pk")
    assert (entry.actor, entry.account) == (agent.username, "Customer-001")
    assert (entry.before, entry.after) == ({"manage_phone": False}, {"manage_phone": True})


@pytest.mark.parametrize("codes", [{MANAGE}, {Authorization.PAY_OWN_ACCOUNT, PHONES}, ALL])
def test_high_risk_needs_a_reason(reseller_tree: ResellerTree, codes: set[Authorization]) -> None:
    with pytest.raises(Refused) as caught:
        grants_set(actor=SYSTEM, account=reseller_tree.top, codes=frozenset(codes))
    assert (caught.value.code, caught.value.field) == ("reason_required", "reason")


def test_medium_risk_needs_none(reseller_tree: ResellerTree) -> None:
    grants_set(actor=SYSTEM, account=reseller_tree.top, codes=frozenset({PHONES, CARDS}))
    assert held(reseller_tree.top) == {PHONES, CARDS}


def test_taking_from_accounts_below_needs_a_reason(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, PHONES)
    with pytest.raises(Refused) as caught:
        grants_set(actor=SYSTEM, account=reseller_tree.top, codes=frozenset())
    assert caught.value.code == "reason_required"
    assert held(reseller_tree.agent) == {PHONES}


def test_each_box_that_cannot_be_granted_says_why(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, MANAGE, PHONES)
    agent = actor_for(UserFactory(account=reseller_tree.agent))
    own = unavailable(agent, reseller_tree.sub_agent)
    assert set(own) == ALL - {MANAGE, PHONES}
    assert own[CARDS] == "Sub-Sub-Agent cannot have it: you do not hold it."
    nested = unavailable(agent, reseller_tree.deep_customer)
    expected = "Customer-301 cannot have it: its agent Sub-Sub-Agent does not hold it."
    assert nested[PHONES] == expected
    assert unavailable(SYSTEM, reseller_tree.top) == {}


def test_a_form_that_is_out_of_date_clashes(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.top, PHONES)
    with pytest.raises(Clash):
        grants_set(
            actor=SYSTEM, account=reseller_tree.top, codes=frozenset({CARDS}), expected=frozenset()
        )
    assert held(reseller_tree.top) == {PHONES}


def test_saving_what_is_there_already_changes_nothing(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.top, PHONES)
    entries = AuditEntry.objects.count()
    same = grants_set(actor=SYSTEM, account=reseller_tree.top, codes=frozenset({PHONES}))
    assert same is None
    assert AuditEntry.objects.count() == entries


def test_the_preview_lists_every_grant_below_that_goes(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.deep_customer, PHONES)
    plan = grants_preview(actor=SYSTEM, account=reseller_tree.top, codes=frozenset())
    assert plan.removed == [PHONES]
    assert [one.account_text for one in plan.hits] == [
        "Dhaka-Retail-Sub", "Sub-Sub-Agent", "Customer-301",
    ]  # fmt: skip
    assert held(reseller_tree.deep_customer) == {PHONES}


def test_revoking_leaves_no_grandchild_behind(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.deep_customer, PHONES, CARDS)
    revoke(reseller_tree.top, PHONES)
    for one in ("top", "agent", "sub_agent", "deep_customer"):
        assert held(getattr(reseller_tree, one)) == {CARDS}


def test_a_batch_can_be_restored_once(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.deep_customer, PHONES)
    batch = grants_set(actor=SYSTEM, account=reseller_tree.agent, codes=frozenset(), reason="oops")
    assert batch
    assert grants_restore(actor=SYSTEM, batch=batch, reason="x")
    assert held(reseller_tree.deep_customer) == {PHONES}
    with pytest.raises(Refused) as caught:
        grants_restore(actor=SYSTEM, batch=batch, reason="x")
    assert caught.value.code == "already_restored"


def test_an_agent_restores_no_more_than_it_still_holds(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.deep_customer, MANAGE, PHONES)
    agent = UserFactory(account=reseller_tree.agent)
    batch = grants_set(
        actor=actor_for(agent), account=reseller_tree.sub_agent, codes=frozenset(), reason="oops"
    )
    assert batch
    revoke(reseller_tree.agent, PHONES)
    grants_restore(actor=actor_for(agent), batch=batch, reason="x")
    assert held(reseller_tree.deep_customer) == held(reseller_tree.sub_agent) == {MANAGE}


def test_a_high_risk_is_given_back_with_a_reason_of_its_own(reseller_tree: ResellerTree) -> None:
    """Why a level above took it is not what the agent below writes beside it."""
    grant(reseller_tree.deep_customer, MANAGE)
    batch = grants_set(
        actor=SYSTEM, account=reseller_tree.sub_agent, codes=frozenset(), reason="They cheat"
    )
    assert batch
    agent = UserFactory(account=reseller_tree.agent)
    with pytest.raises(Refused) as caught:
        grants_restore(actor=actor_for(agent), batch=batch)
    assert (caught.value.code, caught.value.field) == ("reason_required", "reason")
    assert grants_restore(actor=actor_for(agent), batch=batch, reason="They do not")
    assert not AccountGrant.objects.filter(reason="They cheat").exists()


def test_what_was_granted_earlier_is_for_commands_alone(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, MANAGE, PHONES)
    with pytest.raises(NotAllowed):
        grants_set(
            actor=actor_for(UserFactory(account=reseller_tree.agent)),
            account=reseller_tree.customer,
            codes=frozenset({PHONES}),
            granted_at=timezone.now() - timedelta(days=9),
        )


# The group behind it


def test_the_group_lives_as_long_as_the_account_holds_something(
    reseller_tree: ResellerTree,
) -> None:
    first = UserFactory(account=reseller_tree.customer)
    grant(reseller_tree.customer, PHONES)
    group = Group.objects.get(name="account:Customer-001")
    second = login_create(
        actor=SYSTEM, account=reseller_tree.customer, username="second", by_mail=False
    ).user
    assert set(group.user_set.all()) == {first, second}
    revoke(reseller_tree.customer)
    assert not Group.objects.filter(name="account:Customer-001").exists()


def test_a_deleted_account_leaves_no_group(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.customer, PHONES)
    account_delete(actor=SYSTEM, account=reseller_tree.customer, reason="x")
    assert not Group.objects.filter(name="account:Customer-001").exists()


# Its use


def test_the_use_is_kept_to_the_day(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, MANAGE)
    agent = UserFactory(account=reseller_tree.agent)

    def work(name: str) -> None:
        account_edit(actor=actor_for(agent), account=reseller_tree.customer, name=name)

    morning = timezone.now()
    with time_machine.travel(morning, tick=False):
        work("a")
    with time_machine.travel(morning + timedelta(hours=3), tick=False):
        work("b")
    used = GrantUse.objects.get(account=reseller_tree.agent)
    assert (used.code, used.last_used_at) == ("manage_account", morning)
    with time_machine.travel(morning + timedelta(hours=25), tick=False):
        work("c")
    used.refresh_from_db()
    assert used.last_used_at == morning + timedelta(hours=25)


def test_the_use_of_one_hides_none_of_another(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, MANAGE, PHONES)
    agent = actor_for(UserFactory(account=reseller_tree.agent))
    account_edit(actor=agent, account=reseller_tree.customer, name="a")
    phone_create(actor=agent, account=reseller_tree.customer, number="8801711000001")
    used = GrantUse.objects.filter(account=reseller_tree.agent).values_list("code", flat=True)
    assert set(used) == {"manage_account", "manage_phone"}


def test_a_refused_deed_is_no_use(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, MANAGE)
    agent = actor_for(UserFactory(account=reseller_tree.agent))
    with pytest.raises(Refused):
        account_edit(actor=agent, account=reseller_tree.customer, name="")
    assert not GrantUse.objects.exists()


# What it costs


def load(root: str, size: int) -> Account:
    """An agent with `size` sub-accounts, two levels deep, that all hold two authorizations."""
    top = AccountFactory(account_id=root)
    drafts = [Draft(f"{root}-{n}", "x", root if n < 3 else f"{root}-{n % 3}") for n in range(size)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    for account in Account.objects.filter(tree_id=top.tree_id).order_by("level"):
        grants_set(actor=SYSTEM, account=account, codes=frozenset({PHONES, CARDS}))
    return top


@pytest.mark.wide
def test_a_cascade_costs_the_same_however_many_it_hits() -> None:
    counts = []
    for root, size in (("Small", 6), ("Large", 120)):
        top = load(root, size)
        with CaptureQueriesContext(connection) as queries:
            batch = grants_set(actor=SYSTEM, account=top, codes=frozenset(), reason="x")
        assert batch
        assert batch.changes.count() == 2 * (size + 1)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.wide
def test_restoring_a_cascade_does_not_go_account_by_account() -> None:
    top = load("Large", 120)
    login = UserFactory(account=Account.objects.get(account_id="Large-7"))
    batch = grants_set(actor=SYSTEM, account=top, codes=frozenset(), reason="x")
    assert batch
    with CaptureQueriesContext(connection) as queries:
        restored = grants_restore(actor=SYSTEM, batch=batch)
    assert restored
    assert restored.changes.count() == 2 * 121
    assert held(Account.objects.get(account_id="Large-7")) == {PHONES, CARDS}
    assert [group.name for group in login.groups.all()] == ["account:Large-7"]
    assert grant_problems() == []
    assert AuditEntry.objects.filter(action="grant.restore").count() == 2 * 121
    # SQLite takes some hundred rows in a statement.
    assert len(queries) < 60


@pytest.mark.wide
def test_asking_for_fifty_rows_of_a_page_costs_no_query() -> None:
    top = load("Fifty", 50)
    login = UserFactory(account=top)
    login.actor_of_request = actor_for(login)
    rows = list(Account.objects.within(login.actor_of_request.scope))
    assert len(rows) == 51
    with CaptureQueriesContext(connection) as queries:
        answers = [login.has_perm("accounts.manage_phone", row) for row in rows]
    assert all(answers)
    assert len(queries) == 0


def test_an_actor_costs_one_query(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.deep_customer)
    login = UserFactory(account=reseller_tree.deep_customer)
    with CaptureQueriesContext(connection) as queries:
        actor_for(login)
    assert len(queries) == 1


def test_the_platform_keeps_its_templates() -> None:
    templates = {
        one.name: [Authorization(code).number for code in one.codes]
        for one in AuthorizationTemplate.objects.filter(owner=None)
    }
    assert templates == {
        "Retail": [1, 2, 8],
        "Wholesale": [1, 4, 5, 6, 8],
        "Calling Card": [1, 3, 8],
        "SIP Trunk Provider": [4, 5, 6, 8],
        "Full Access": [1, 2, 3, 4, 5, 6, 7, 8],
        "Silver": [1, 2, 8],
        "Gold": [1, 2, 3, 6, 8],
        "Platinum": [1, 2, 3, 4, 5, 6, 8],
    }


class TestAllEight:
    """However they come together: all eight need a reason, kept with what completed them."""

    @pytest.fixture
    def seven(self, reseller_tree: ResellerTree) -> Account:
        """An account that holds all but a Medium one."""
        grant(reseller_tree.agent)
        grants_set(
            actor=SYSTEM, account=reseller_tree.agent, codes=ALL - {CARDS}, reason="almost all"
        )
        return reseller_tree.agent

    def test_the_eighth_needs_a_reason(self, seven: Account) -> None:
        assert CARDS.risk == "medium"
        with refused("reason_required", Refused, field="reason"):
            grants_set(actor=SYSTEM, account=seven, codes=ALL)
        grants_set(actor=SYSTEM, account=seven, codes=ALL, reason="runs everything")
        assert held(seven) == ALL

    def test_so_does_a_template(self, seven: Account) -> None:
        full = AuthorizationTemplate.objects.get(name="Full Access")
        with refused("reason_required", Refused, field="reason"):
            grants_set(actor=SYSTEM, account=seven, codes=ALL, template=full)

    def test_so_does_giving_back_the_eighth(self, reseller_tree: ResellerTree) -> None:
        grant(reseller_tree.sub_agent)
        batch = grants_set(
            actor=SYSTEM, account=reseller_tree.agent, codes=ALL - {CARDS}, reason="oops"
        )
        assert batch
        with refused("reason_required", Refused, field="reason"):
            grants_restore(actor=SYSTEM, batch=batch)
        assert held(reseller_tree.agent) == ALL - {CARDS}
        grants_restore(actor=SYSTEM, batch=batch, reason="it does sell cards")
        assert held(reseller_tree.sub_agent) == ALL

    def test_giving_back_a_medium_one_alone_needs_none(self, reseller_tree: ResellerTree) -> None:
        grant(reseller_tree.agent, CARDS)
        batch = grants_set(
            actor=SYSTEM, account=reseller_tree.agent, codes=frozenset(), reason="oops"
        )
        assert batch
        assert grants_restore(actor=SYSTEM, batch=batch)

    def test_so_does_a_new_account(self, reseller_tree: ResellerTree) -> None:
        grant(reseller_tree.agent)
        with refused("reason_required", Refused, field="reason"):
            account_create(
                actor=SYSTEM, account_id="All-8", name="x", parent=reseller_tree.agent,
                with_new=lambda new: Together(codes=ALL).make(SYSTEM, new) and None,
            )  # fmt: skip

    def test_nothing_is_written_past_it(self, seven: Account) -> None:
        """Whatever service writes grants: the writer itself asks."""
        batch = new_batch(SYSTEM, seven, "restore", "")
        with refused("reason_required", Refused, field="reason"):
            add_each(SYSTEM, batch, [(seven, frozenset({CARDS}))], "")
