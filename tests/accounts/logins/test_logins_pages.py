"""The logins tab of an account and what can be done there."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.logins.services.logins import login_lock
from accounts.tree.services.ending import account_close
from tests.factories import PASSWORD, AccountFactory, UserFactory
from tests.support.answering import submit
from tests.support.mails import mails_sent
from tests.support.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


def page(name: str, account: Any, login: Any = None) -> str:
    return reverse(
        f"accounts:{name}", args=[account.account_id, *([login.username] if login else [])]
    )


class TestList:
    def test_shows_who_signs_in_and_how_well_it_is_protected(self, admin: Client) -> None:
        login = UserFactory(full_name="Kamal Uddin", email="kamal@x.example")
        Client().post("/login/", {"login": login.username, "password": PASSWORD})
        text = admin.get(page("logins", login.account)).content.decode()
        for expected in (
            login.username,
            "Kamal Uddin",
            "kamal@x.example",
            "Password age",
            "Active",
        ):
            assert expected in text
        assert re.search(r'data-label="Sessions">1<', text)

    def test_is_read_only_for_agents_and_customers(
        self, reseller_tree: Any, client_of: Any
    ) -> None:
        theirs = UserFactory(account=reseller_tree.customer)
        for mine in (reseller_tree.agent, reseller_tree.customer):
            client = client_of(UserFactory(account=mine))
            text = client.get(page("logins", reseller_tree.customer)).content.decode()
            assert theirs.username in text
            assert "Invite a login" not in text
            assert "Password age" not in text
            for name in ("login-edit", "login-lock", "login-reset", "login-sign-out"):
                assert client.get(page(name, reseller_tree.customer, theirs)).status_code == 403
                assert submit(client, page(name, reseller_tree.customer, theirs)).status_code == 403

    def test_takes_the_same_queries_for_one_login_and_for_many(
        self, admin: Client, django_assert_max_num_queries: Any
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        account = AccountFactory()
        UserFactory(account=account)
        admin.get(page("logins", account))
        with CaptureQueriesContext(
            connection,
        ) as one:
            admin.get(page("logins", account))
        for _login in range(8):
            UserFactory(account=account)
        with django_assert_max_num_queries(len(one)):
            admin.get(page("logins", account))

    def test_foreign_unknown_and_other_accounts_logins_do_not_exist(
        self, reseller_tree: Any, client_of: Any, admin: Client
    ) -> None:
        client = client_of(UserFactory(account=reseller_tree.agent))
        assert client.get(page("logins", reseller_tree.sibling)).status_code == 404
        elsewhere = UserFactory(account=reseller_tree.sibling)
        assert admin.get(page("login-edit", reseller_tree.agent, elsewhere)).status_code == 404


class TestInvite:
    def test_by_mail(self, admin: Client) -> None:
        account = AccountFactory()
        answer = submit(
            admin,
            page("login-new", account),
            {"username": "rahim", "email": "r@x.example", "way_in": "mail"},
        )
        assert answer.headers["Location"] == page("logins", account)
        assert mails_sent()[0].to == ["r@x.example"]

    def test_by_code_shows_it_once_and_never_again(self, admin: Client) -> None:
        account = AccountFactory()
        answer = submit(admin, page("login-new", account), {"username": "rahim", "way_in": "code"})
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        code = re.search(r"data-one-time-code>([A-Z0-9-]+)<", answer.content.decode())
        assert code
        assert code[1] not in markup_of(admin.get(page("logins", account)))
        person = Client()
        person.post("/login/", {"login": "rahim", "password": code[1]})
        assert "_auth_user_id" in person.session

    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"username": "x", "way_in": "mail"},
            {"username": "x", "way_in": "mail", "email": "nonsense"},
            {"username": "x y", "way_in": "code"},
            {"username": "x", "way_in": "pigeon"},
            {"username": "x", "way_in": "code", "full_name": "a\x00b"},
            {"username": "x", "way_in": "code", "full_name": "a\nb"},
            {"username": "x", "way_in": "code", "time_zone": "Mars/Olympus"},
            {"username": "x" * 5000, "way_in": "code"},
        ],
    )
    def test_bad_input_is_a_field_error_and_makes_nothing(
        self, admin: Client, data: dict[str, str]
    ) -> None:
        account = AccountFactory()
        answer = submit(admin, page("login-new", account), data)
        assert answer.status_code == 422
        assert "There " in answer.content.decode()
        assert not account.logins.exists()

    def test_a_taken_name_is_not_available_wherever_it_is(self, admin: Client) -> None:
        taken = UserFactory(username="Kamal")
        answer = submit(
            admin, page("login-new", AccountFactory()), {"username": "kamal", "way_in": "code"}
        )
        assert answer.status_code == 422
        assert "kamal is not available." in answer.content.decode()
        assert taken.account.account_id not in answer.content.decode()

    def test_a_closed_account_offers_nothing(self, admin: Client) -> None:
        account = AccountFactory()
        account_close(actor=SYSTEM, account=account, reason="over")
        assert "Invite a login" not in markup_of(admin.get(page("logins", account)))
        answer = submit(admin, page("login-new", account), {"username": "x", "way_in": "code"})
        assert answer.status_code == 422


class TestDeeds:
    def test_lock_asks_for_a_reason_then_unlock(self, admin: Client) -> None:
        login = UserFactory()
        lock, unlock = (page(name, login.account, login) for name in ("login-lock", "login-unlock"))
        assert admin.get(lock).status_code == 200
        assert submit(admin, lock, {"reason": ""}).status_code == 422
        assert submit(admin, lock, {"reason": "left the firm"}).status_code == 303
        login.refresh_from_db()
        assert (login.is_active, login.lock_reason) == (False, "left the firm")
        assert submit(admin, unlock, {}).status_code == 303
        login.refresh_from_db()
        assert login.is_active

    def test_reset_shows_a_new_code_and_ends_the_old_password(self, admin: Client) -> None:
        login = UserFactory()
        answer = submit(admin, page("login-reset", login.account, login), {"way_in": "code"})
        assert "data-one-time-code" in answer.content.decode()
        refused = Client().post("/login/", {"login": login.username, "password": PASSWORD})
        assert refused.status_code == 422

    def test_reset_of_a_locked_login_says_what_to_do_first(self, admin: Client) -> None:
        login = UserFactory()
        login_lock(actor=SYSTEM, user=login, reason="x")
        answer = submit(admin, page("login-reset", login.account, login), {"way_in": "code"})
        assert answer.status_code == 422
        assert "Unlock the login first" in answer.content.decode()

    def test_signing_out_and_editing(self, admin: Client) -> None:
        login = UserFactory()
        person = Client()
        person.post("/login/", {"login": login.username, "password": PASSWORD})
        assert submit(admin, page("login-sign-out", login.account, login)).status_code == 303
        assert person.get("/security/").status_code == 302
        submit(
            admin,
            page("login-edit", login.account, login),
            {"full_name": "<b>Kamal</b>", "email": "K@x.example"},
        )
        text = admin.get(page("logins", login.account)).content.decode()
        assert "&lt;b&gt;Kamal&lt;/b&gt;" in text
        assert "k@x.example" in text

    def test_wrong_methods_are_405(self, admin: Client) -> None:
        login = UserFactory()
        assert admin.put(page("login-lock", login.account, login)).status_code == 405
        assert admin.delete(page("logins", login.account)).status_code == 405
