"""Logins that an operator opened: shut where their account comes to hold something, until somebody
above resets them; and no way in is mailed to an address that an operator set.
"""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access import SYSTEM, Actor, actor_for, operator_actor
from accounts.authorizations import Authorization
from accounts.errors import NotAllowed, Refused
from accounts.models import Account, AuditEntry, GrantBatch, LoginCode, User
from accounts.services.grants import grants_set, held
from accounts.services.login_shutting import opened_by_operators
from accounts.services.logins import (
    login_create,
    login_edit,
    login_lock,
    login_reset,
    login_unlock,
)
from accounts.services.moving import account_move
from accounts.services.passwords import password_set_by_self
from accounts.services.sessions import sessions_alive
from accounts.services.staff import staff_set_active
from tests.factories import PASSWORD, ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in, signed_in_long_ago
from tests.support.pages import sent_by_form, text_of

pytestmark = pytest.mark.django_db

A = Authorization
CHOSEN = "A-long-pass-phrase-77"


def with_permissions(*codes: str) -> list[Permission]:
    return list(Permission.objects.filter(codename__in=codes))


@pytest.fixture
def operator(db: Any) -> Actor:
    """An operator who works on logins and accounts, and may grant."""
    codes = (
        "view_account", "view_user", "add_user", "change_user", "add_account", "change_account",
        "change_accountgrant",
    )  # fmt: skip
    return operator_actor(StaffFactory(operator=True, permissions=with_permissions(*codes)))


@pytest.fixture
def account(reseller_tree: ResellerTree) -> Account:
    """Holds nothing yet; its agent holds all eight."""
    grant(reseller_tree.agent)
    return reseller_tree.customer


@pytest.fixture
def boss(account: Account, reseller_tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=reseller_tree.agent, username="boss"))


def again(login: User) -> User:
    return User.objects.get(pk=login.pk)


def filled(browser: Client, at: str, holding: str, **typed: Any) -> Any:
    """The answer to the form of the page that holds a field, with this typed into it."""
    sent = sent_by_form(browser.get(at), holding)
    return browser.post(at, sent | {name: [value] for name, value in typed.items()}, follow=True)


def opened(operator: Actor, account: Account, username: str = "mallory") -> tuple[User, Client]:
    """A login that an operator made, with the browser in which the operator is in with it."""
    issued = login_create(actor=operator, account=account, username=username, by_mail=False)
    browser = Client()
    filled(browser, "/login/", "password", login=username, password=issued.code)
    filled(browser, "/security/password/choose/", "password1", password1=CHOSEN, password2=CHOSEN)
    login = again(issued.user)
    assert login.check_password(CHOSEN)
    assert sessions_alive(login).exists()
    return login, browser


def addressed(operator: Actor, account: Account) -> User:
    """An honest login whose address an operator changed."""
    login: User = UserFactory(account=account, username="shop", email="shop@x.example")
    login_edit(actor=operator, user=login, email="operator@x.example")
    mail.outbox.clear()
    return again(login)


def is_signed_in(browser: Client) -> bool:
    return browser.get("/security/").status_code == 200


def link_mailed() -> str:
    """The path of the link for a forgotten password that was mailed ("": none was)."""
    found = [
        re.search(r"https?://[^/\s]+(/security/password/reset/\S+)", one.body)
        for one in mail.outbox
    ]
    return next((one.group(1) for one in found if one), "")


def ask_for_link(address: str = "operator@x.example") -> Any:
    return Client().post("/security/password/reset/", {"email": address}, follow=True)


def use_link(link: str) -> None:
    browser = Client()
    answer = browser.get(link, follow=True)
    at = answer.redirect_chain[-1][0] if answer.redirect_chain else link
    browser.post(at, {"password1": CHOSEN, "password2": CHOSEN})


class TestShut:
    def test_sessions_password_codes_and_second_factor_end(
        self, operator: Actor, account: Account, django_capture_on_commit_callbacks: Any
    ) -> None:
        login, browser = opened(operator, account)
        User.objects.filter(pk=login.pk).update(email="known@x.example")
        Authenticator.objects.create(user=login, type=Authenticator.Type.WEBAUTHN, data={})
        waiting = login_create(actor=operator, account=account, username="waits", by_mail=False)
        assert is_signed_in(browser)
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            grant(account, A.PAY_OWN_ACCOUNT)
        assert not is_signed_in(browser)
        assert not again(login).has_usable_password()
        assert again(login).must_change_password
        assert not LoginCode.objects.filter(user=waiting.user, used_at=None).exists()
        assert not Authenticator.objects.filter(user=login).exists()
        assert opened_by_operators(account) == ["mallory", "waits"]
        told = AuditEntry.objects.filter(action="login.shut").order_by("subject")
        assert list(told.values_list("subject", flat=True)) == ["mallory", "waits"]
        assert [one.to for one in mail.outbox] == [["known@x.example"]]
        assert "mallory" in mail.outbox[0].body

    def test_once(self, operator: Actor, account: Account) -> None:
        opened(operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        grant(account, A.MANAGE_PHONE)
        assert AuditEntry.objects.filter(action="login.shut").count() == 1

    def test_the_others_of_the_account_go_on(self, operator: Actor, account: Account) -> None:
        honest = UserFactory(account=account)
        browser = signed_in(honest)
        opened(operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        assert is_signed_in(browser)
        assert again(honest).check_password(PASSWORD)

    def test_a_locked_one_too(self, operator: Actor, account: Account) -> None:
        login, _browser = opened(operator, account)
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
        self, operator: Actor, boss: Actor, account: Account
    ) -> None:
        login, browser = opened(operator, account)
        Authenticator.objects.create(user=login, type=Authenticator.Type.WEBAUTHN, data={})
        login_reset(actor=boss, user=login, by_mail=False)
        assert opened_by_operators(account) == []
        assert not is_signed_in(browser)
        assert not Authenticator.objects.filter(user=login).exists()
        password_set_by_self(actor=actor_for(again(login)), password="Another-pass-phrase-78")
        grant(account, A.PAY_OWN_ACCOUNT)
        assert again(login).check_password("Another-pass-phrase-78")

    def test_an_operator_neither_grants_there_nor_lets_it_in_again(
        self, operator: Actor, account: Account
    ) -> None:
        login, _browser = opened(operator, account)
        codes = frozenset({A.PAY_OWN_ACCOUNT})
        with pytest.raises(Refused):
            grants_set(actor=operator, account=account, codes=codes, reason="x")
        grant(account, A.PAY_OWN_ACCOUNT)
        with pytest.raises(Refused):
            login_reset(actor=operator, user=login)
        with pytest.raises(Refused):
            grants_set(actor=operator, account=account, codes=codes | {A.MANAGE_PHONE}, reason="x")

    def test_a_password_chosen_at_that_moment_does_not_stay(
        self, operator: Actor, account: Account
    ) -> None:
        """The request was let in before the grant and goes on after it."""
        login, _browser = opened(operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        with pytest.raises(NotAllowed):
            password_set_by_self(actor=actor_for(login), password="Another-pass-phrase-78")
        assert not again(login).has_usable_password()


class TestWhoGrantsIsTold:
    def test_in_the_editor(self, operator: Actor, account: Account, boss: Actor) -> None:
        opened(operator, account)
        browser = signed_in(boss.user)  # type: ignore[arg-type]
        at = f"/accounts/{account.account_id}/authorizations/"
        review = filled(browser, at, "expected", manage_phone="on")
        assert "An operator made or let in: mallory." in text_of(review)
        done = browser.post(at, sent_by_form(review, "confirm"), follow=True)
        assert held(account) == {A.MANAGE_PHONE}
        assert "Shut, because an operator made or let in: mallory." in text_of(done)
        listed = browser.get(f"/accounts/{account.account_id}/logins/")
        assert "Opened by an operator: reset it" in text_of(listed)

    def test_in_the_admin(self, operator: Actor, account: Account) -> None:
        opened(operator, account)
        superuser = StaffFactory(superuser=True, operator=True)
        browser = signed_in(superuser)
        at = f"/admin/accounts/account/{account.pk}/change/"
        sent = sent_by_form(browser.get(at), "seen_grants")
        sent |= {"pay_own_account": ["on"], "grant_reason": ["x"]}
        done = browser.post(at, sent, follow=True)
        assert held(account) == {A.PAY_OWN_ACCOUNT}
        assert "Shut, because an operator made or let in: mallory." in text_of(done)

    def test_where_a_move_had_taken_it(
        self, operator: Actor, account: Account, administrator: User, reseller_tree: ResellerTree
    ) -> None:
        """Moved away so that its grants are cut, a login made, moved back, restored."""
        one = grant(reseller_tree.sub_agent, A.PAY_SUB_ACCOUNT)
        account_move(actor=operator, account=one, parent=reseller_tree.sibling)
        one.refresh_from_db()
        login, browser = opened(operator, one)
        account_move(actor=operator, account=one, parent=reseller_tree.agent)
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


class TestAnAddressThatAnOperatorSet:
    def test_a_reset_mailed_there_leaves_the_mark(
        self, operator: Actor, boss: Actor, account: Account
    ) -> None:
        login = addressed(operator, account)
        issued = login_reset(actor=boss, user=login, by_mail=True)
        assert issued.mailed_to == "operator@x.example"
        assert opened_by_operators(account) == ["shop"]
        with pytest.raises(Refused):
            grants_set(
                actor=operator, account=account, codes=frozenset({A.PAY_OWN_ACCOUNT}), reason="x"
            )
        grant(account, A.PAY_OWN_ACCOUNT)
        assert not LoginCode.objects.filter(user=login, used_at=None).exists()

    @pytest.mark.parametrize("who", ["boss", "system", "operator"])
    def test_takes_no_reset_by_mail_where_the_account_holds_something(
        self, operator: Actor, boss: Actor, account: Account, who: str
    ) -> None:
        login = addressed(operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        actor = {"boss": boss, "system": SYSTEM, "operator": operator}[who]
        with pytest.raises(Refused, match="one-time code, or set its address") as caught:
            login_reset(actor=actor, user=login, by_mail=True)
        assert caught.value.field == "by_mail"
        assert not LoginCode.objects.filter(user=login, used_at=None).exists()

    def test_is_said_on_the_page(self, operator: Actor, boss: Actor, account: Account) -> None:
        addressed(operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        browser = signed_in(boss.user)  # type: ignore[arg-type]
        at = f"/accounts/{account.account_id}/logins/shop/reset/"
        assert "removed in any case" in text_of(browser.get(at))
        answer = filled(browser, at, "way_in", way_in="mail")
        assert answer.status_code == 422
        assert "Reset it with a one-time code" in text_of(answer)
        assert "data-one-time-code" in filled(browser, at, "way_in", way_in="code").content.decode()
        assert opened_by_operators(account) == []

    def test_is_one_no_more_once_somebody_above_sets_another(
        self, operator: Actor, boss: Actor, account: Account
    ) -> None:
        login = addressed(operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        login_edit(actor=boss, user=login, full_name="Shop")
        assert again(login).email_by_operator
        login_edit(actor=boss, user=login, email="shop@x.example")
        assert opened_by_operators(account) == ["shop"]
        assert login_reset(actor=boss, user=login).mailed_to == "shop@x.example"
        assert opened_by_operators(account) == []


class TestAForgottenPassword:
    def test_is_mailed_to_no_operators_address_where_the_account_holds_something(
        self, operator: Actor, boss: Actor, account: Account
    ) -> None:
        login = addressed(operator, account)
        login_reset(actor=boss, user=login, by_mail=False)
        grant(account, A.PAY_OWN_ACCOUNT)
        answer = ask_for_link()
        assert link_mailed() == ""
        assert text_of(answer) == text_of(ask_for_link("nobody@x.example"))

    def test_a_link_of_before_does_not_work(self, operator: Actor, account: Account) -> None:
        login = addressed(operator, account)
        ask_for_link()
        link = link_mailed()
        assert link
        grant(account, A.PAY_OWN_ACCOUNT)
        use_link(link)
        assert not again(login).check_password(CHOSEN)

    def test_nor_does_one_that_was_asked_for_after_a_reset_with_a_code(
        self, operator: Actor, boss: Actor, account: Account
    ) -> None:
        login = addressed(operator, account)
        login_reset(actor=boss, user=login, by_mail=False)
        ask_for_link()
        grant(account, A.PAY_OWN_ACCOUNT)
        use_link(link_mailed())
        assert not again(login).check_password(CHOSEN)

    def test_who_used_one_before_is_shut_out_by_the_grant(
        self, operator: Actor, boss: Actor, account: Account
    ) -> None:
        """Though somebody above had reset the login in between."""
        login = addressed(operator, account)
        login_reset(actor=boss, user=login, by_mail=False)
        ask_for_link()
        use_link(link_mailed())
        assert again(login).check_password(CHOSEN)
        assert opened_by_operators(account) == ["shop"]
        grant(account, A.PAY_OWN_ACCOUNT)
        assert not again(login).has_usable_password()

    def test_a_shut_login_waits_for_a_reset(self, operator: Actor, account: Account) -> None:
        login, _browser = opened(operator, account)
        login_edit(actor=SYSTEM, user=login, email="known@x.example")
        grant(account, A.PAY_OWN_ACCOUNT)
        mail.outbox.clear()
        ask_for_link("known@x.example")
        assert link_mailed() == ""

    def test_where_it_holds_nothing_it_works_as_ever(
        self, operator: Actor, account: Account
    ) -> None:
        login = addressed(operator, account)
        ask_for_link()
        use_link(link_mailed())
        assert again(login).check_password(CHOSEN)


class TestUnlocking:
    def test_of_what_an_operator_opened_warns(
        self, operator: Actor, boss: Actor, account: Account
    ) -> None:
        login, _browser = opened(operator, account)
        login_lock(actor=boss, user=login, reason="x")
        browser = signed_in(boss.user)  # type: ignore[arg-type]
        at = f"/accounts/{account.account_id}/logins/mallory/unlock/"
        assert "An operator made or let in mallory" in text_of(browser.get(at))
        done = filled(browser, at, "reason")
        assert again(login).is_active
        assert "An operator made or let in mallory" in text_of(done)

    def test_warns_in_the_admin(self, operator: Actor, account: Account) -> None:
        login, _browser = opened(operator, account)
        login_lock(actor=SYSTEM, user=login, reason="x")
        browser = signed_in(StaffFactory(superuser=True, operator=True))
        done = filled(browser, f"/admin/accounts/user/{login.pk}/unlock/", "reason")
        assert "An operator made or let in mallory" in text_of(done)

    def test_of_an_honest_login_does_not(self, boss: Actor, account: Account) -> None:
        login = UserFactory(account=account, username="shop")
        login_lock(actor=boss, user=login, reason="x")
        browser = signed_in(boss.user)  # type: ignore[arg-type]
        at = f"/accounts/{account.account_id}/logins/shop/unlock/"
        assert "operator" not in text_of(browser.get(at))

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
        "view_accountgrant", "change_accountgrant",
    } <= offered  # fmt: skip
