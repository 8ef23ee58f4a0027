"""Inviting, editing, locking and resetting the logins of accounts."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry, LoginCode, User
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.logins.services.logins import (
    login_create,
    login_edit,
    login_lock,
    login_reset,
    login_sessions_end,
    login_unlock,
)
from accounts.logins.services.own import password_set_by_self
from accounts.tree.services.ending import account_close
from tests.factories import PASSWORD, AccountFactory, UserFactory
from tests.support.mails import forget_mails, mails_sent

pytestmark = pytest.mark.django_db

CHOSEN = "lime-tractor-orbit-44"


def sign_in(name: str, password: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post(reverse("account_login"), {"login": name, "password": password})


def refusal(call: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(**kwargs)
    return caught.value


class TestCreate:
    def test_a_login_with_an_address_is_invited_by_mail_and_has_no_password(
        self, administrator: User
    ) -> None:
        account = AccountFactory()
        issued = login_create(
            actor=actor_for(administrator),
            account=account,
            username="Rahim",
            email="Rahim@Example.com",
        )
        assert issued.code is None
        assert issued.mailed_to == "rahim@example.com"
        assert not issued.user.has_usable_password()
        assert issued.user.must_change_password
        assert issued.user.created_by == administrator
        [message] = mails_sent()
        assert message.to == ["rahim@example.com"]
        assert "/security/invitation/" in message.body
        assert "Rahim" in message.body

    def test_without_an_address_a_one_time_code_is_returned_and_only_its_hash_kept(
        self, administrator: User
    ) -> None:
        issued = login_create(
            actor=actor_for(administrator), account=AccountFactory(), username="karim"
        )
        assert issued.code is not None
        assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", issued.code)
        code = LoginCode.objects.get()
        plain = issued.code.replace("-", "")
        assert plain not in code.code_hash
        entry = AuditEntry.objects.get(action="login.create")
        assert plain not in str(entry.after)
        assert issued.code not in str(entry.after)

    def test_an_address_hears_of_a_login_whose_code_somebody_else_has(
        self, administrator: User
    ) -> None:
        issued = login_create(
            actor=actor_for(administrator),
            account=AccountFactory(),
            username="karim",
            email="karim@x.example",
            by_mail=False,
        )
        [message] = mails_sent()
        assert message.to == ["karim@x.example"]
        assert issued.code
        assert issued.code not in message.body

    @pytest.mark.parametrize(
        "username", ["", "-x", "a b", "ünïcode", "a" * 33, "x\ny", "a@b", "٣", "a/b"]
    )
    def test_a_user_name_is_short_ascii(self, username: str) -> None:
        error = refusal(
            login_create, actor=SYSTEM, account=AccountFactory(), username=username or " "
        )
        assert error.field == "username"

    def test_user_names_and_addresses_are_unique_without_regard_to_case_everywhere(self) -> None:
        login_create(actor=SYSTEM, account=AccountFactory(), username="Ali", email="Ali@x.example")
        other = AccountFactory()
        name = refusal(login_create, actor=SYSTEM, account=other, username="aLI")
        assert (name.code, name.field) == ("not_available", "username")
        address = refusal(
            login_create, actor=SYSTEM, account=other, username="ali2", email="aLi@X.example"
        )
        assert (address.code, address.field) == ("not_available", "email")

    def test_the_database_itself_refuses_an_address_in_other_case(self) -> None:
        login_create(actor=SYSTEM, account=AccountFactory(), username="one", email="a@x.example")
        with pytest.raises(IntegrityError), transaction.atomic():
            User(username="two", email="A@X.example").save()

    def test_many_logins_may_have_no_address(self) -> None:
        account = AccountFactory()
        login_create(actor=SYSTEM, account=account, username="one")
        login_create(actor=SYSTEM, account=account, username="two")
        assert account.logins.count() == 2

    def test_a_bad_address_is_a_field_error_and_nothing_is_made(self) -> None:
        error = refusal(
            login_create, actor=SYSTEM, account=AccountFactory(), username="x", email="nonsense"
        )
        assert error.field == "email"
        assert not User.objects.exists()

    def test_control_characters_in_a_name_are_refused(self) -> None:
        error = refusal(
            login_create,
            actor=SYSTEM,
            account=AccountFactory(),
            username="x",
            full_name="Mallory\nBcc: all",
        )
        assert error.field == "full_name"

    def test_nobody_but_a_command_sets_a_password(self, administrator: User) -> None:
        with pytest.raises(NotAllowed):
            login_create(
                actor=actor_for(administrator),
                account=AccountFactory(),
                username="x",
                password=CHOSEN,
            )

    def test_a_closed_account_gets_no_new_logins(self) -> None:
        account = AccountFactory()
        closed = account_close(actor=SYSTEM, account=account, reason="over")
        assert refusal(login_create, actor=SYSTEM, account=closed, username="x").code == (
            "account_closed"
        )

    def test_agents_cannot_yet_and_outsiders_never(self, reseller_tree: Any) -> None:
        agent = actor_for(UserFactory(account=reseller_tree.agent))
        with pytest.raises(NotAllowed):
            login_create(actor=agent, account=reseller_tree.customer, username="x")
        with pytest.raises(NotInScope):
            login_create(actor=agent, account=reseller_tree.sibling, username="x")


class TestStaffBoundary:
    def test_a_login_of_an_account_is_never_staff_even_for_the_database(self) -> None:
        login = UserFactory()
        for field in ("is_staff", "is_superuser"):
            with pytest.raises(IntegrityError), transaction.atomic():
                User.objects.filter(pk=login.pk).update(**{field: True})

    def test_a_login_belongs_to_its_account_for_good(self) -> None:
        login = UserFactory()
        login.account = AccountFactory()
        with pytest.raises(ValueError, match="for good"):
            login.save()
        login.account = None
        with pytest.raises(ValueError, match="for good"):
            login.save(update_fields=["account"])

    def test_platform_staff_does_not_exist_for_these_services(
        self, administrator: User, operator: User
    ) -> None:
        actor = actor_for(administrator)
        with pytest.raises(NotInScope):
            login_lock(actor=actor, user=operator, reason="x")
        with pytest.raises(NotInScope):
            login_reset(actor=actor, user=operator)


class TestFirstSignIn:
    def test_a_one_time_code_works_until_a_password_is_chosen(self) -> None:
        issued = login_create(actor=SYSTEM, account=AccountFactory(), username="karim")
        assert issued.code
        closed, answer = sign_in("karim", issued.code.lower().replace("-", " "))
        assert answer.status_code == 302
        choose = reverse("account_set_password")
        assert closed.get("/accounts/").headers["Location"].startswith(choose)
        client, again = sign_in("karim", issued.code)
        assert again.status_code == 302
        answer = client.post(choose, {"password1": CHOSEN, "password2": CHOSEN})
        assert answer.status_code == 302
        assert client.get(reverse("security")).status_code == 200
        assert sign_in("karim", CHOSEN)[1].status_code == 302
        assert sign_in("karim", issued.code)[1].status_code == 422
        # Whoever came in by it earlier is out, and chooses nothing any more.
        late = closed.post(choose, {"password1": CHOSEN + "x", "password2": CHOSEN + "x"})
        assert late.headers["Location"].startswith("/login/")
        assert sign_in("karim", CHOSEN)[1].status_code == 302

    def test_another_code_ends_the_one_before(self) -> None:
        first = login_create(actor=SYSTEM, account=AccountFactory(), username="karim")
        second = login_reset(actor=SYSTEM, user=first.user)
        assert sign_in("karim", first.code or "")[1].status_code == 422
        assert sign_in("karim", second.code or "")[1].status_code == 302

    def test_an_expired_code_is_worthless(self, time_machine: Any) -> None:
        issued = login_create(actor=SYSTEM, account=AccountFactory(), username="karim")
        time_machine.move_to(issued.expires_at)
        assert sign_in("karim", issued.code or "")[1].status_code == 422

    def test_an_invitation_survives_being_looked_at_and_works_once(self) -> None:
        login_create(actor=SYSTEM, account=AccountFactory(), username="rahim", email="r@x.example")
        path = re.search(r"/security/invitation/\S+", mails_sent()[0].body)
        assert path
        client = Client()
        for _look in range(3):
            assert client.get(path[0]).status_code == 200
        weak = client.post(path[0], {"password1": "password1234", "password2": "password1234"})
        assert weak.status_code == 422
        answer = client.post(path[0], {"password1": CHOSEN, "password2": CHOSEN})
        assert answer.status_code == 302
        assert client.session["_auth_user_id"]
        assert Client().get(path[0]).status_code == 410
        late = Client().post(path[0], {"password1": CHOSEN + "x", "password2": CHOSEN + "x"})
        assert late.status_code == 410
        assert sign_in("rahim", CHOSEN)[1].status_code == 302

    def test_a_newer_invitation_replaces_the_older(self) -> None:
        first = login_create(actor=SYSTEM, account=AccountFactory(), username="karim")
        second = login_reset(actor=SYSTEM, user=first.user)
        assert sign_in("karim", first.code or "")[1].status_code == 422
        assert sign_in("karim", second.code or "")[1].status_code == 302


class TestEdit:
    def test_a_changed_address_is_told_to_both_and_ends_the_invitation(self) -> None:
        issued = login_create(
            actor=SYSTEM, account=AccountFactory(), username="a", email="old@x.example"
        )
        forget_mails()
        login_edit(actor=SYSTEM, user=issued.user, email="New@x.example")
        assert sorted(one.to[0] for one in mails_sent()) == ["new@x.example", "old@x.example"]
        assert not LoginCode.objects.filter(used_at=None).exists()
        entry = AuditEntry.objects.get(action="login.edit")
        assert entry.before == {"email": "old@x.example"}
        assert entry.after == {"email": "new@x.example"}

    def test_nothing_changed_writes_nothing(self) -> None:
        login = UserFactory()
        login_edit(actor=SYSTEM, user=login, full_name="")
        assert not AuditEntry.objects.filter(action="login.edit").exists()

    def test_only_harmless_fields_can_be_named(self) -> None:
        with pytest.raises(TypeError):
            login_edit(actor=SYSTEM, user=UserFactory(), is_staff=True)


class TestLockAndReset:
    def test_a_lock_needs_a_reason_and_ends_sessions_at_the_next_request(self) -> None:
        login = UserFactory()
        client, _answer = sign_in(login.username, PASSWORD)
        assert client.get(reverse("security")).status_code == 200
        assert refusal(login_lock, actor=SYSTEM, user=login, reason=" ").field == "reason"
        login_lock(actor=SYSTEM, user=login, reason="lost phone")
        assert client.get(reverse("security")).status_code == 302
        assert sign_in(login.username, PASSWORD)[1].status_code == 422
        login_unlock(actor=SYSTEM, user=login)
        assert sign_in(login.username, PASSWORD)[1].status_code == 302

    def test_a_reset_ends_password_and_sessions_and_is_mailed(self) -> None:
        login = UserFactory(email="who@x.example")
        client, _answer = sign_in(login.username, PASSWORD)
        issued = login_reset(actor=SYSTEM, user=login)
        assert issued.mailed_to == "who@x.example"
        assert len(mails_sent()) == 2  # what happened, and the way in
        assert client.get(reverse("security")).status_code == 302
        assert sign_in(login.username, PASSWORD)[1].status_code == 422

    def test_a_reset_takes_the_second_factor_only_when_asked(self) -> None:
        login = UserFactory()
        Authenticator.objects.create(user=login, type=Authenticator.Type.TOTP, data={})
        login_reset(actor=SYSTEM, user=login)
        assert Authenticator.objects.count() == 1
        login_reset(actor=SYSTEM, user=login, remove_second_factor=True)
        assert Authenticator.objects.count() == 0

    def test_a_locked_login_is_not_reset(self) -> None:
        login = UserFactory()
        login_lock(actor=SYSTEM, user=login, reason="x")
        assert refusal(login_reset, actor=SYSTEM, user=login).code == "login_locked"

    def test_signing_out_everywhere_keeps_the_password(self) -> None:
        login = UserFactory()
        one, _answer = sign_in(login.username, PASSWORD)
        two, _answer = sign_in(login.username, PASSWORD)
        assert login_sessions_end(actor=SYSTEM, user=login) == 2
        for client in (one, two):
            assert client.get(reverse("security")).status_code == 302
        assert sign_in(login.username, PASSWORD)[1].status_code == 302


class TestOwnPassword:
    def test_a_weak_password_is_refused_with_the_rule(self) -> None:
        login = UserFactory(username="kamal-uddin-ahmed")
        for weak in ("short", "qwerty123456", "kamal-uddin-ahmed"):
            error = refusal(password_set_by_self, actor=actor_for(login), password=weak)
            assert error.field == "password"

    def test_choosing_one_ends_other_sessions_and_is_dated(self) -> None:
        login = UserFactory()
        other, _answer = sign_in(login.username, PASSWORD)
        mine, _answer = sign_in(login.username, PASSWORD)
        before = login.password_changed_at
        answer = mine.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": CHOSEN, "password2": CHOSEN},
        )
        assert answer.status_code == 302
        assert other.get(reverse("security")).status_code == 302
        assert mine.get(reverse("security")).status_code == 200
        login.refresh_from_db()
        assert login.password_changed_at
        assert before
        assert login.password_changed_at > before

    def test_secrets_never_reach_the_audit_log(self) -> None:
        login = UserFactory()
        password_set_by_self(actor=actor_for(login), password=CHOSEN)
        entries = list(AuditEntry.objects.all())
        assert "login.password_set" in {entry.action for entry in entries}
        for entry in entries:
            assert CHOSEN not in f"{entry.before}{entry.after}{entry.reason}"
