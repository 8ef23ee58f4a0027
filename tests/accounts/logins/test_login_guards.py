"""Whoever gets into a login holds its account: operators get into none that holds something."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.restoring import grants_restore
from accounts.core.actor import SYSTEM, Actor, actor_for, operator_actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, User
from accounts.kit.errors import Refused
from accounts.logins.services.logins import (
    login_create,
    login_edit,
    login_lock,
    login_reset,
    login_sessions_end,
    login_unlock,
)
from billing.payments.services.paying import Payment, payment_make
from tests.factories import PASSWORD, ResellerTree, StaffFactory, UserFactory, grant, revoke
from tests.factories.fixtures import signed_in
from tests.support import sabotage
from tests.support.answering import submit
from tests.support.mails import forget_mails, mails_sent
from tests.support.pages import markup_of

pytestmark = pytest.mark.django_db

A = Authorization
USERS = "/admin/accounts/user/"
LOGINS = ("view_account", "view_user", "add_user", "change_user")


@pytest.fixture
def operator(db: Any) -> Actor:
    """An operator who works on logins and accounts, and may grant."""
    codes = (*LOGINS, "add_account", "change_account", "change_accountgrant")
    held_ones = list(Permission.objects.filter(codename__in=codes))
    return operator_actor(StaffFactory(operator=True, permissions=held_ones))


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> Account:
    """Dhaka-Retail-Sub, which holds 8: whoever gets into a login of it pays its sub-accounts."""
    return grant(reseller_tree.agent, A.PAY_SUB_ACCOUNT)


def login_of(account: Account, *, days: int = 30, **more: Any) -> User:
    """A login that has had its address for some days."""
    login: User = UserFactory(account=account, email="agent@x.example", **more)
    User.objects.filter(pk=login.pk).update(email_since=timezone.now() - timedelta(days=days))
    return User.objects.get(pk=login.pk)


def refused(call: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(**kwargs)
    assert caught.value.code == "holds_authorizations"
    return caught.value


class TestTheAttack:
    """An operator with "add user" or "change user" goes for the money of an agent."""

    def test_by_a_new_login(self, operator: Actor, agent: Account) -> None:
        browser = signed_in(operator.user)  # type: ignore[arg-type]
        answer = browser.post(
            f"{USERS}add/", {"username": "mallory", "account": agent.pk, "time_zone": ""}
        )
        assert "data-one-time-code" not in markup_of(answer)
        assert not User.objects.called("mallory").exists()

    def test_by_another_address_and_a_forgotten_password(
        self, operator: Actor, agent: Account
    ) -> None:
        login = login_of(agent)
        browser = signed_in(operator.user)  # type: ignore[arg-type]
        browser.post(f"{USERS}{login.pk}/change/", {"email": "mallory@x.example"})
        forget_mails()
        Client().post("/security/password/reset/", {"email": "mallory@x.example"})
        assert User.objects.get(pk=login.pk).email == "agent@x.example"
        assert not [one for one in mails_sent() if "/security/password/reset/" in one.body]

    def test_by_a_reset_with_a_code_on_the_screen(self, operator: Actor, agent: Account) -> None:
        login = login_of(agent)
        browser = signed_in(operator.user)  # type: ignore[arg-type]
        answer = browser.post(f"{USERS}{login.pk}/reset/", {"reason": "lost"})
        assert "data-one-time-code" not in markup_of(answer)
        assert User.objects.get(pk=login.pk).check_password(PASSWORD)

    def test_by_a_login_made_before_the_account_holds_something(
        self, operator: Actor, reseller_tree: ResellerTree
    ) -> None:
        """The operator grants, or waits until somebody else does: the code opens nothing then."""
        grant(reseller_tree.top, A.PAY_SUB_ACCOUNT)
        account = reseller_tree.agent
        issued = login_create(actor=operator, account=account, username="mallory", by_mail=False)
        codes = frozenset({A.PAY_SUB_ACCOUNT})
        refused(grants_set, actor=operator, account=account, codes=codes, reason="x")
        assert held(account) == frozenset()
        grant(account, A.PAY_SUB_ACCOUNT)
        browser = Client()
        answer = browser.post("/login/", {"login": "mallory", "password": issued.code})
        assert answer.status_code == 422
        assert "_auth_user_id" not in browser.session

    def test_by_restoring_what_was_taken(
        self, operator: Actor, reseller_tree: ResellerTree
    ) -> None:
        account = grant(reseller_tree.agent, A.PAY_SUB_ACCOUNT)
        revoke(account)
        batch = account.grant_batches.latest("pk")
        login_create(actor=operator, account=account, username="mallory", by_mail=False)
        refused(grants_restore, actor=operator, batch=batch, reason="x")
        assert held(account) == frozenset()

    def test_the_honest_login_pays(self, agent: Account, reseller_tree: ResellerTree) -> None:
        """What the attacks are after."""
        made = payment_make(
            actor=actor_for(login_of(agent)),
            account=reseller_tree.customer,
            payment=Payment("recharge", amount=Decimal(5), method="cash"),
            idempotency_key="a" * 20,
        )
        assert made.pk


class TestWhereTheAccountHoldsSomething:
    def test_only_administrators_and_agents_above_make_logins(
        self, operator: Actor, agent: Account, administrator: User
    ) -> None:
        assert refused(login_create, actor=operator, account=agent, username="x").field == "account"
        login_create(actor=actor_for(administrator), account=agent, username="by-administrator")
        above = UserFactory(account=grant(agent.parent, A.MANAGE_ACCOUNT))  # type: ignore[arg-type]
        login_create(actor=actor_for(above), account=agent, username="by-agent")

    def test_only_they_change_an_address(
        self, operator: Actor, agent: Account, administrator: User
    ) -> None:
        login = login_of(agent)
        error = refused(login_edit, actor=operator, user=login, email="other@x.example")
        assert error.field == "email"
        login_edit(actor=operator, user=login, full_name="Kamal")
        login_edit(actor=actor_for(administrator), user=login, email="other@x.example")
        again = User.objects.get(pk=login.pk)
        assert (again.full_name, again.email) == ("Kamal", "other@x.example")
        assert timezone.now() - again.email_since < timedelta(minutes=1)

    @pytest.mark.parametrize(("hours", "may"), [(71, False), (73, True)])
    def test_a_reset_goes_to_an_address_of_72_hours(
        self, operator: Actor, agent: Account, hours: int, may: bool
    ) -> None:
        login = login_of(agent)
        since = timezone.now() - timedelta(hours=hours)
        User.objects.filter(pk=login.pk).update(email_since=since)
        if not may:
            refused(login_reset, actor=operator, user=login)
            assert User.objects.get(pk=login.pk).check_password(PASSWORD)
            return
        issued = login_reset(actor=operator, user=login)
        assert (issued.code, issued.mailed_to) == (None, "agent@x.example")

    def test_no_code_is_seen_and_no_second_factor_taken(
        self, operator: Actor, agent: Account
    ) -> None:
        login = login_of(agent)
        Authenticator.objects.create(user=login, type=Authenticator.Type.TOTP, data={})
        refused(login_reset, actor=operator, user=login, by_mail=False)
        refused(login_reset, actor=operator, user=login, remove_second_factor=True)
        User.objects.filter(pk=login.pk).update(email="")
        refused(login_reset, actor=operator, user=login)
        assert Authenticator.objects.filter(user=login).exists()
        assert not AuditEntry.objects.filter(action="login.reset").exists()

    def test_other_addresses_and_administrators_hear_of_it(
        self,
        operator: Actor,
        agent: Account,
        administrator: User,
    ) -> None:
        User.objects.filter(pk=administrator.pk).update(email="boss@x.example")
        login = login_of(agent)
        EmailAddress.objects.create(user=login, email="home@x.example")
        forget_mails()
        login_reset(actor=operator, user=login)
        heard = sorted(one.to[0] for one in mails_sent())
        assert heard == ["agent@x.example", "agent@x.example", "boss@x.example", "home@x.example"]
        [told] = [one for one in mails_sent() if one.to == ["boss@x.example"]]
        assert login.username in told.subject
        assert operator.login in told.body
        assert "/security/invitation/" not in told.body

    def test_an_operator_locks_and_does_not_unlock(self, operator: Actor, agent: Account) -> None:
        login = login_of(agent)
        login_sessions_end(actor=operator, user=login)
        login_lock(actor=operator, user=login, reason="lost")
        refused(login_unlock, actor=operator, user=login)
        assert not User.objects.get(pk=login.pk).is_active
        login_unlock(actor=SYSTEM, user=login)

    def test_what_is_granted_counts_where_it_is_of_no_effect(
        self, operator: Actor, agent: Account
    ) -> None:
        sabotage.expire(agent)
        refused(login_create, actor=operator, account=agent, username="x")


class TestWhereItHoldsNothing:
    def test_an_operator_works_as_before(
        self, operator: Actor, reseller_tree: ResellerTree
    ) -> None:
        account = reseller_tree.customer
        issued = login_create(actor=operator, account=account, username="x", by_mail=False)
        assert issued.code
        login_edit(actor=operator, user=issued.user, email="x@x.example")
        login_lock(actor=operator, user=issued.user, reason="x")
        login_unlock(actor=operator, user=issued.user)
        assert login_reset(actor=operator, user=issued.user, by_mail=False).code

    @pytest.mark.parametrize("deed", ["address", "code", "new address"])
    def test_what_an_operator_opened_is_remembered(
        self, operator: Actor, reseller_tree: ResellerTree, deed: str
    ) -> None:
        grant(reseller_tree.top, A.MANAGE_PHONE)
        login = login_of(reseller_tree.agent, days=0)
        if deed == "address":
            login_edit(actor=operator, user=login, email="other@x.example")
        else:
            login_reset(actor=operator, user=login, by_mail=deed == "new address")
        codes = frozenset({A.MANAGE_PHONE})
        refused(grants_set, actor=operator, account=reseller_tree.agent, codes=codes)
        # Somebody above lets it in anew: what the operator knows is worthless.
        login_reset(actor=SYSTEM, user=login, by_mail=deed != "address")
        grants_set(actor=operator, account=reseller_tree.agent, codes=codes)

    def test_a_reset_to_an_old_address_opens_nothing(
        self, operator: Actor, reseller_tree: ResellerTree
    ) -> None:
        grant(reseller_tree.top, A.MANAGE_PHONE)
        login_reset(actor=operator, user=login_of(reseller_tree.agent))
        codes = frozenset({A.MANAGE_PHONE})
        grants_set(actor=operator, account=reseller_tree.agent, codes=codes)
        assert held(reseller_tree.agent) == codes

    def test_who_grants_is_told_which_logins_an_operator_opened(
        self, operator: Actor, reseller_tree: ResellerTree, administrator: User
    ) -> None:
        account = reseller_tree.customer
        login_create(actor=operator, account=account, username="mallory", by_mail=False)
        grant(reseller_tree.agent, A.MANAGE_PHONE)
        page = f"/accounts/{account.account_id}/authorizations/"
        review = submit(signed_in(administrator), page, {"manage_phone": "on"})
        assert "An operator made or let in: mallory." in review.content.decode()


def test_logins_that_operators_made_before_are_marked(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    """As `migrate` does it, for the logins of an earlier version."""
    makers = {
        "by-operator": StaffFactory(operator=True),
        "by-administrator": administrator,
        "by-superuser": StaffFactory(superuser=True, operator=True),
        "by-agent": UserFactory(account=reseller_tree.agent),
        "by-command": None,
    }
    for name, maker in makers.items():
        login = UserFactory(account=reseller_tree.customer, username=name)
        User.objects.filter(pk=login.pk).update(created_by=maker)
    import_module("accounts.migrations.0009_login_addresses").note_operators_logins(apps, None)
    opened = User.objects.filter(opened_by_operator=True)
    assert list(opened.values_list("username", flat=True)) == ["by-operator"]
    assert list(User.objects.filter(email_by_operator=True)) == list(opened)
