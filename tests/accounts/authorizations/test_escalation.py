"""Ways somebody might try to get more than was granted; each is refused or has no effect."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import ADMINISTRATORS, SYSTEM, Actor, actor_for, operator_actor
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import Account, SubAgentPolicy, User
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.logins.services.logins import login_lock
from accounts.tree.services.accounts import (
    account_create,
    account_edit,
    account_lock,
    account_unlock,
)
from accounts.tree.services.ending import account_close
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move
from tests.factories import ResellerTree, UserFactory, grant, revoke
from tests.factories.fixtures import signed_in
from tests.support import sabotage
from tests.support.answering import submit
from tests.support.pages import markup_of

pytestmark = pytest.mark.django_db

MANAGE = Authorization.MANAGE_ACCOUNT


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> User:
    """A login of Dhaka-Retail-Sub, which holds 1 and 2, as its agent does."""
    grant(reseller_tree.agent, MANAGE, Authorization.MANAGE_PHONE)
    return UserFactory(account=reseller_tree.agent, username="agent-login")


def may_edit(browser: Client, account: Account) -> bool:
    """Whether the browser's person gets the form, and a posted change is done."""
    shown = browser.get(f"/accounts/{account.account_id}/edit/").status_code
    account.refresh_from_db()
    posted = submit(
        browser,
        f"/accounts/{account.account_id}/edit/",
        {
            "name": "Changed by the attack",
            "type": account.type,
            "ctd_billing_model": account.ctd_billing_model,
            "time_zone": account.time_zone,
            "version": account.version,
        },
    ).status_code
    changed = Account.objects.get(pk=account.pk).name == "Changed by the attack"
    assert changed == (posted in (302, 303))
    assert changed == (shown == 200)
    return changed


def test_an_agent_with_authorization_1_works_on_its_sub_accounts(
    reseller_tree: ResellerTree, agent: User
) -> None:
    assert may_edit(signed_in(agent), reseller_tree.customer)
    assert may_edit(signed_in(agent), reseller_tree.deep_customer)


def test_but_not_on_its_own_account(reseller_tree: ResellerTree, agent: User) -> None:
    assert not may_edit(signed_in(agent), reseller_tree.agent)


def test_an_agent_cannot_grant_to_itself(reseller_tree: ResellerTree, agent: User) -> None:
    with pytest.raises(NotAllowed):
        grants_set(actor=actor_for(agent), account=reseller_tree.agent, codes=ALL, reason="x")


def test_an_agent_grants_no_more_than_it_holds(reseller_tree: ResellerTree, agent: User) -> None:
    with pytest.raises(Refused) as caught:
        grants_set(actor=actor_for(agent), account=reseller_tree.customer, codes=ALL, reason="x")
    assert caught.value.code == "not_grantable"
    assert held(reseller_tree.customer) == frozenset()


def test_an_agent_grants_nothing_to_a_neighbour(reseller_tree: ResellerTree, agent: User) -> None:
    with pytest.raises(NotInScope):
        grants_set(
            actor=actor_for(agent), account=reseller_tree.sibling, codes=frozenset(), reason="x"
        )


def test_a_grant_row_added_by_sql_widens_nothing(reseller_tree: ResellerTree, agent: User) -> None:
    sabotage.plant_grant(reseller_tree.agent, "manage_gateway")
    assert not agent.has_perm("accounts.manage_gateway", reseller_tree.agent)
    with pytest.raises(Refused):
        grants_set(
            actor=actor_for(agent),
            account=reseller_tree.customer,
            codes=frozenset({Authorization.MANAGE_GATEWAY}),
            reason="x",
        )


def test_a_group_membership_added_by_sql_widens_nothing(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent)
    outsider = UserFactory(account=reseller_tree.sibling)
    group = Group.objects.get(name="account:Dhaka-Retail-Sub")
    sabotage.plant_membership(outsider, group)
    sabotage.plant_membership(outsider, Group.objects.get_or_create(name=ADMINISTRATORS)[0])
    assert not outsider.has_perm(MANAGE.permission, reseller_tree.customer)
    assert not actor_for(outsider).is_administrator
    browser = signed_in(outsider)
    assert browser.get("/accounts/Customer-001/").status_code == 404
    assert browser.get("/admin/").status_code in (302, 403, 404)


def test_a_model_permission_is_no_authorization(reseller_tree: ResellerTree) -> None:
    login = UserFactory(account=reseller_tree.agent)
    sabotage.plant_model_permission(login, "manage_account")
    sabotage.plant_model_permission(login, "change_account")
    assert not login.has_perm(MANAGE.permission)
    assert not login.has_perm(MANAGE.permission, reseller_tree.customer)
    assert not may_edit(signed_in(login), reseller_tree.customer)


def test_without_an_account_the_answer_is_no_even_for_a_superuser(superuser: User) -> None:
    for code in Authorization:
        assert not superuser.has_perm(code.permission)


def test_a_login_of_an_account_cannot_become_staff(reseller_tree: ResellerTree) -> None:
    login = UserFactory(account=reseller_tree.agent)
    for flag in ("is_staff", "is_superuser"):
        with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
            sabotage.run_sql(f"UPDATE accounts_user SET {flag} = %s WHERE id = %s", True, login.pk)


def test_staff_who_may_change_logins_cannot_make_itself_superuser(operator: User) -> None:
    sabotage.plant_model_permission(operator, "change_user")
    sabotage.plant_model_permission(operator, "view_user")
    operator = User.objects.get(pk=operator.pk)
    browser = signed_in(operator)
    submit(
        browser,
        f"/admin/accounts/user/{operator.pk}/change/",
        {"username": operator.username, "is_superuser": "on", "is_staff": "on"},
    )
    operator.refresh_from_db()
    assert not operator.is_superuser


def test_a_sub_login_cannot_make_an_agent_where_that_is_forbidden(
    reseller_tree: ResellerTree, agent: User, administrator: User
) -> None:
    """The strictest policy along the chain counts, whoever acts and however deep."""
    from_above = actor_for(administrator)
    policy_of(from_above, reseller_tree.top, "forbidden")
    policy_of(from_above, reseller_tree.agent, "allowed")
    grant(reseller_tree.sub_agent, MANAGE)
    sub_login = UserFactory(account=reseller_tree.sub_agent)
    for login in (agent, sub_login):
        with pytest.raises(NotAllowed) as caught:
            account_create(
                actor=actor_for(login),
                account_id="Attack-001",
                name="x",
                parent=reseller_tree.deep_customer,
            )
        assert caught.value.code == "sub_agents_forbidden"
    assert not Account.objects.called("Attack-001").exists()


def test_a_move_cannot_make_an_agent_where_that_needs_approval(
    reseller_tree: ResellerTree, agent: User
) -> None:
    with pytest.raises(Refused) as caught:
        account_move(
            actor=actor_for(agent),
            account=reseller_tree.customer,
            parent=reseller_tree.customer_2,
        )
    assert caught.value.code == "needs_approval"


def test_an_account_of_its_own_cannot_be_promoted_without_approval(
    reseller_tree: ResellerTree,
) -> None:
    grant(reseller_tree.customer, MANAGE)
    login = UserFactory(account=reseller_tree.customer)
    with pytest.raises(Refused) as caught:
        account_create(
            actor=actor_for(login), account_id="Own-001", name="x", parent=reseller_tree.customer
        )
    assert caught.value.code == "needs_approval"


def test_a_load_of_many_accounts_is_no_way_round_the_approval(
    reseller_tree: ResellerTree, agent: User
) -> None:
    """Neither below an ordinary account nor with new agents among the new accounts."""
    for drafts in (
        [Draft("Load-1", "x", "Customer-001")],
        [Draft("Load-1", "x", "Dhaka-Retail-Sub"), Draft("Load-2", "x", "Load-1")],
    ):
        with pytest.raises(Refused) as caught:
            accounts_load(actor=actor_for(agent), drafts=drafts)
        assert caught.value.code == "needs_approval"
    accounts_load(actor=actor_for(agent), drafts=[Draft("Load-1", "x", "Dhaka-Retail-Sub")])
    assert held(Account.objects.get(account_id="Load-1")) == frozenset()


def test_an_operator_makes_no_agent_without_an_administrator(
    reseller_tree: ResellerTree, operator: User
) -> None:
    for permission in ("view_account", "add_account", "change_account"):
        sabotage.plant_model_permission(operator, permission)
    at_work = operator_actor(User.objects.get(pk=operator.pk))
    with pytest.raises(Refused) as caught:
        account_create(
            actor=at_work, account_id="Admin-001", name="x", parent=reseller_tree.customer
        )
    assert caught.value.code == "needs_approval"
    account_create(actor=at_work, account_id="Admin-001", name="x", parent=reseller_tree.agent)


def test_no_orphan_can_be_made(reseller_tree: ResellerTree, agent: User) -> None:
    actor = actor_for(agent)
    with pytest.raises(NotAllowed):
        account_create(actor=actor, account_id="Orphan-001", name="x", parent=None)
    with pytest.raises(NotAllowed):
        account_move(actor=actor, account=reseller_tree.customer, parent=None)
    for foreign in (reseller_tree.sibling, reseller_tree.top, reseller_tree.other_top):
        with pytest.raises(NotInScope):
            account_create(actor=actor, account_id="Orphan-001", name="x", parent=foreign)
        with pytest.raises(NotInScope):
            account_move(actor=actor, account=reseller_tree.customer, parent=foreign)


def test_an_agent_moves_inside_its_hierarchy(reseller_tree: ResellerTree, agent: User) -> None:
    account_move(
        actor=actor_for(agent), account=reseller_tree.customer, parent=reseller_tree.sub_agent
    )
    reseller_tree.customer.refresh_from_db()
    assert reseller_tree.customer.parent == reseller_tree.sub_agent


# An actor that was read before the ground under it went


@pytest.mark.parametrize("deed", ["revoked", "revoked above", "locked", "moved", "login locked"])
def test_a_service_asks_again_whatever_a_page_had_read(
    reseller_tree: ResellerTree, agent: User, deed: str
) -> None:
    actor = actor_for(agent)
    account_edit(actor=actor, account=reseller_tree.customer, name="Before")
    if deed == "revoked":
        revoke(reseller_tree.agent, MANAGE)
    elif deed == "revoked above":
        revoke(reseller_tree.top, MANAGE)
    elif deed == "locked":
        account_lock(actor=SYSTEM, account=reseller_tree.top, reason="x")
    elif deed == "moved":
        account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling)
    else:
        login_lock(actor=SYSTEM, user=agent, reason="x")
    for attack in (
        lambda: account_edit(actor=actor, account=reseller_tree.customer, name="After"),
        lambda: grants_set(
            actor=actor, account=reseller_tree.customer, codes=frozenset({MANAGE}), reason="x"
        ),
        lambda: (
            account_create(
                actor=actor, account_id="Late-001", name="x", parent=reseller_tree.sub_agent
            )
            if deed != "moved"
            else account_lock(actor=actor, account=reseller_tree.customer, reason="x")
        ),
    ):
        with pytest.raises((NotAllowed, NotInScope)):
            attack()
    assert Account.objects.get(pk=reseller_tree.customer.pk).name == "Before"
    assert held(reseller_tree.customer) == frozenset()


# A session that stays open while the ground under it goes


def test_a_session_kept_open_across_a_revocation(reseller_tree: ResellerTree, agent: User) -> None:
    browser = signed_in(agent)
    assert may_edit(browser, reseller_tree.customer)
    account_edit(actor=SYSTEM, account=reseller_tree.customer, name="Back again")
    revoke(reseller_tree.agent, MANAGE)
    assert not may_edit(browser, reseller_tree.customer)


def test_a_session_kept_open_across_a_revocation_above(
    reseller_tree: ResellerTree, agent: User
) -> None:
    browser = signed_in(agent)
    revoke(reseller_tree.top, MANAGE)
    assert not may_edit(browser, reseller_tree.customer)
    page = markup_of(browser.get("/accounts/Customer-001/edit/"), 403)
    assert "BD-Wholesale-Agent" not in page


@pytest.mark.parametrize("level", ["agent", "top"])
def test_a_session_kept_open_across_a_lock(
    reseller_tree: ResellerTree, agent: User, level: str
) -> None:
    browser = signed_in(agent)
    account_lock(actor=SYSTEM, account=getattr(reseller_tree, level), reason="x")
    assert not may_edit(browser, reseller_tree.customer)
    account_unlock(actor=SYSTEM, account=getattr(reseller_tree, level))
    assert may_edit(browser, reseller_tree.customer)


@pytest.mark.parametrize("level", ["agent", "top"])
def test_a_session_kept_open_across_an_expiry(
    reseller_tree: ResellerTree, agent: User, level: str
) -> None:
    browser = signed_in(agent)
    sabotage.expire(getattr(reseller_tree, level))
    assert not may_edit(browser, reseller_tree.customer)


def test_a_session_kept_open_across_a_move_of_the_sub_account(
    reseller_tree: ResellerTree, agent: User
) -> None:
    browser = signed_in(agent)
    account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling)
    assert browser.get("/accounts/Customer-001/").status_code == 404


def test_a_session_kept_open_across_a_move_of_the_own_account(
    reseller_tree: ResellerTree, agent: User
) -> None:
    """The new agent lacks what the old one held; and everybody of the branch signs in again."""
    browser = signed_in(agent)
    assert browser.get("/accounts/Customer-001/").status_code == 200
    account_move(actor=SYSTEM, account=reseller_tree.agent, parent=reseller_tree.other_top)
    assert held(reseller_tree.agent) == frozenset()
    assert browser.get("/accounts/Customer-001/").status_code == 302
    assert not may_edit(signed_in(agent), reseller_tree.customer)


def test_a_session_kept_open_across_the_closing_of_the_own_account(
    reseller_tree: ResellerTree,
) -> None:
    grant(reseller_tree.customer, Authorization.MANAGE_PHONE)
    login = UserFactory(account=reseller_tree.customer)
    browser = signed_in(login)
    assert browser.get("/accounts/Customer-001/").status_code == 200
    account_close(actor=SYSTEM, account=reseller_tree.customer, reason="x")
    assert browser.get("/accounts/Customer-001/").status_code == 302
    assert held(reseller_tree.customer) == frozenset()
    assert not login.has_perm("accounts.manage_phone", reseller_tree.customer)


def policy_of(actor: Actor, account: Account, policy: str) -> None:
    policy_set(actor=actor, account=account, sub_agents=SubAgentPolicy(policy))
