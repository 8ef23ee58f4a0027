"""Logins that an operator opened are shut where their account comes to hold something, until
somebody above resets them.
"""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, GrantBatch, LoginCode, User
from accounts.kit.errors import NotAllowed, Refused
from accounts.logins.queries import opened_by_operators
from accounts.logins.services.logins import login_create, login_lock, login_reset, login_unlock
from accounts.logins.services.own import password_set_by_self
from accounts.logins.services.staff import staff_set_active
from accounts.tree.services.moving import account_move
from tests.factories import PASSWORD, ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in, signed_in_long_ago
from tests.support.mails import forget_mails, mails_sent
from tests.support.operators import CHOSEN, again, filled, is_signed_in, opened
from tests.support.pages import sent_by_form, text_of, words_of

pytestmark = pytest.mark.django_db

A = Authorization


class TestShut:
    def test_sessions_password_codes_and_second_factor_end(
        self, login_operator: Actor, account: Account
    ) -> None:
        login, browser = opened(login_operator, account)
        User.objects.filter(pk=login.pk).update(email="known@x.example")
        Authenticator.objects.create(user=login, type=Authenticator.Type.WEBAUTHN, data={})
        waiting = login_create(
            actor=login_operator, account=account, username="waits", by_mail=False
        )
        assert is_signed_in(browser)
        forget_mails()
        grant(account, A.PAY_OWN_ACCOUNT)
        assert not is_signed_in(browser)
        assert not again(login).has_usable_password()
        assert again(login).must_change_password
        assert not LoginCode.objects.filter(user=waiting.user, used_at=None).exists()
        assert not Authenticator.objects.filter(user=login).exists()
        assert opened_by_operators(account) == ["mallory", "waits"]
        told = AuditEntry.objects.filter(action="login.shut").order_by("subject")
        assert list(told.values_list("subject", flat=True)) == ["mallory", "waits"]
        assert [one.to for one in mails_sent()] == [["known@x.example"]]
        assert "mallory" in mails_sent()[0].body

    def test_once(self, login_operator: Actor, account: Account) -> None:
        opened(login_operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        grant(account, A.MANAGE_PHONE)
        assert AuditEntry.objects.filter(action="login.shut").count() == 1

    def test_the_others_of_the_account_go_on(self, login_operator: Actor, account: Account) -> None:
        honest = UserFactory(account=account)
        browser = signed_in(honest)
        opened(login_operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        assert is_signed_in(browser)
        assert again(honest).check_password(PASSWORD)

    def test_a_locked_one_too(self, login_operator: Actor, account: Account) -> None:
        login, _browser = opened(login_operator, account)
        login_lock(actor=SYSTEM, user=login, reason="x")
        grant(account, A.PAY_OWN_ACCOUNT)
        login_unlock(actor=SYSTEM, user=login)
        assert not again(login).check_password(CHOSEN)

    def test_statements_do_not_grow_with_the_logins(self, account: Account) -> None:
        grant(account, A.MANAGE_PHONE_CARD)
        counts = []
        for code, names in ((A.MANAGE_PHONE, ["a1"]), (A.PAY_OWN_ACCOUNT, ["b1", "b2", "b3"])):
            User.objects.filter(account=account).update(opened_by_operator=False)
            for name in names:
                login = UserFactory(account=account, username=name)
                User.objects.filter(pk=login.pk).update(opened_by_operator=True)
            with CaptureQueriesContext(connection) as counted:
                grants_set(actor=SYSTEM, account=account, codes=held(account) | {code}, reason="x")
            counts.append(len(counted))
        assert counts[0] == counts[1]

    def test_after_a_reset_by_somebody_above_nothing_of_the_operators_works(
        self, login_operator: Actor, boss: Actor, account: Account
    ) -> None:
        login, browser = opened(login_operator, account)
        Authenticator.objects.create(user=login, type=Authenticator.Type.WEBAUTHN, data={})
        login_reset(actor=boss, user=login, by_mail=False)
        assert opened_by_operators(account) == []
        assert not is_signed_in(browser)
        assert not Authenticator.objects.filter(user=login).exists()
        password_set_by_self(actor=actor_for(again(login)), password="Another-pass-phrase-78")
        grant(account, A.PAY_OWN_ACCOUNT)
        assert again(login).check_password("Another-pass-phrase-78")

    def test_an_operator_neither_grants_there_nor_lets_it_in_again(
        self, login_operator: Actor, account: Account
    ) -> None:
        login, _browser = opened(login_operator, account)
        codes = frozenset({A.PAY_OWN_ACCOUNT})
        with pytest.raises(Refused):
            grants_set(actor=login_operator, account=account, codes=codes, reason="x")
        grant(account, A.PAY_OWN_ACCOUNT)
        with pytest.raises(Refused):
            login_reset(actor=login_operator, user=login)
        with pytest.raises(Refused):
            grants_set(
                actor=login_operator, account=account, codes=codes | {A.MANAGE_PHONE}, reason="x"
            )

    def test_a_password_chosen_at_that_moment_does_not_stay(
        self, login_operator: Actor, account: Account
    ) -> None:
        """The request was let in before the grant and goes on after it."""
        login, _browser = opened(login_operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        with pytest.raises(NotAllowed):
            password_set_by_self(actor=actor_for(login), password="Another-pass-phrase-78")
        assert not again(login).has_usable_password()


class TestWhoGrantsIsTold:
    def test_in_the_editor(self, login_operator: Actor, account: Account, boss: Actor) -> None:
        opened(login_operator, account)
        browser = signed_in(boss.user)  # type: ignore[arg-type]
        at = f"/accounts/{account.account_id}/authorizations/"
        review = filled(browser, at, "expected", manage_phone="on")
        assert "An operator made or let in: mallory." in text_of(review)
        done = browser.post(at, sent_by_form(review, "confirm"), follow=True)
        assert held(account) == {A.MANAGE_PHONE}
        assert "Shut, because an operator made or let in: mallory." in text_of(done)
        listed = browser.get(f"/accounts/{account.account_id}/logins/")
        assert "Opened by an operator: reset it" in text_of(listed)

    def test_in_the_admin(self, login_operator: Actor, account: Account) -> None:
        opened(login_operator, account)
        superuser = StaffFactory(superuser=True, operator=True)
        browser = signed_in(superuser)
        at = f"/admin/accounts/account/{account.pk}/change/"
        sent = sent_by_form(browser.get(at), "seen_grants")
        sent |= {"pay_own_account": ["on"], "grant_reason": ["x"]}
        done = browser.post(at, sent, follow=True)
        assert held(account) == {A.PAY_OWN_ACCOUNT}
        assert "Shut, because an operator made or let in: mallory." in text_of(done)

    def test_where_a_move_had_taken_it(
        self,
        login_operator: Actor,
        account: Account,
        administrator: User,
        reseller_tree: ResellerTree,
    ) -> None:
        """Moved away so that its grants are cut, a login made, moved back, restored."""
        one = grant(reseller_tree.sub_agent, A.PAY_SUB_ACCOUNT)
        account_move(actor=login_operator, account=one, parent=reseller_tree.sibling)
        one.refresh_from_db()
        login, browser = opened(login_operator, one)
        account_move(actor=login_operator, account=one, parent=reseller_tree.agent)
        batch = GrantBatch.objects.get(account=one, kind=GrantBatch.Kind.MOVE)
        url = reverse("accounts:authorization-restore", args=[one.account_id, batch.pk])
        office = signed_in(administrator)
        page = office.get(url)
        assert "An operator made or let in: mallory." in text_of(page)
        sent = sent_by_form(page, "reason") | {"reason": ["moved by mistake"]}
        done = office.post(url, sent, follow=True)
        assert held(one) == {A.PAY_SUB_ACCOUNT}
        assert "Shut, because an operator made or let in: mallory." in text_of(done)
        assert not is_signed_in(browser)
        assert not again(login).has_usable_password()


class TestUnlocking:
    def test_of_what_an_operator_opened_warns(
        self, login_operator: Actor, boss: Actor, account: Account
    ) -> None:
        login, _browser = opened(login_operator, account)
        login_lock(actor=boss, user=login, reason="x")
        browser = signed_in(boss.user)  # type: ignore[arg-type]
        at = f"/accounts/{account.account_id}/logins/mallory/unlock/"
        assert "An operator made or let in mallory" in text_of(browser.get(at))
        done = filled(browser, at, "reason")
        assert again(login).is_active
        assert "An operator made or let in mallory" in text_of(done)

    def test_warns_in_the_admin(self, login_operator: Actor, account: Account) -> None:
        login, _browser = opened(login_operator, account)
        login_lock(actor=SYSTEM, user=login, reason="x")
        browser = signed_in(StaffFactory(superuser=True, operator=True))
        done = filled(browser, f"/admin/accounts/user/{login.pk}/unlock/", "reason")
        assert "An operator made or let in mallory" in text_of(done)

    def test_of_an_honest_login_does_not(self, boss: Actor, account: Account) -> None:
        login = UserFactory(account=account, username="shop")
        login_lock(actor=boss, user=login, reason="x")
        browser = signed_in(boss.user)  # type: ignore[arg-type]
        at = f"/accounts/{account.account_id}/logins/shop/unlock/"
        assert "operator" not in words_of(browser.get(at))

    def test_of_platform_staff_takes_a_fresh_proof(self) -> None:
        root = StaffFactory(superuser=True, operator=True)
        other = StaffFactory(operator=True)
        staff_set_active(actor=SYSTEM, user=other, active=False, reason="x")
        at = f"/admin/accounts/user/{other.pk}/unlock/"
        answer = signed_in_long_ago(root).post(at, {"reason": "back"})
        assert answer["Location"].startswith("/security/reauthenticate/")
        assert not again(other).is_active
        signed_in(root).post(at, {"reason": "back"})
        assert again(other).is_active


def test_an_operator_can_be_given_what_the_pages_of_the_admin_ask() -> None:
    root = signed_in(StaffFactory(superuser=True, operator=True))
    page = root.get("/admin/accounts/user/add/").content.decode()
    keys = re.findall(r'name="permissions" value="(\d+)"', page)
    offered = set(Permission.objects.filter(pk__in=keys).values_list("codename", flat=True))
    assert {
        "view_numberrule", "view_authorizationtemplate", "view_subagentrequest",
        "view_authorizationrequest",
        "view_accountgrant", "change_accountgrant",
    } <= offered  # fmt: skip
