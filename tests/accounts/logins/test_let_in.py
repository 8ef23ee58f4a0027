"""`manage.py let_in`: the way back in for platform staff, and who hears of it."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry, User
from accounts.logins.services.staff import staff_set_active
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.support.mails import mails_sent
from tests.support.signing_in import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

CHOSEN = "lime-tractor-44"


@pytest.fixture
def nadia() -> User:
    login: User = StaffFactory(username="nadia", superuser=True, email="nadia@x.example")
    Authenticator.objects.create(user=login, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return login


def let_in(capsys: Any, *words: str) -> str:
    call_command("let_in", *words)
    told = capsys.readouterr().out
    found = re.search(r"one-time code (\S+)", told)
    assert found
    return found[1]


def test_the_code_lets_in_and_leads_to_an_own_password(nadia: User, capsys: Any) -> None:
    code = let_in(capsys, "Nadia", "--lost-second-factor")
    client = Client()
    assert sign_in("nadia", PASSWORD).status_code == 422
    assert sign_in("nadia", code, client).status_code == 302
    answer = client.post("/security/password/choose/", {"password1": CHOSEN, "password2": CHOSEN})
    assert answer.status_code == 302
    assert sign_in("nadia", CHOSEN).status_code == 302


def test_the_second_factor_stays_unless_it_is_lost(nadia: User, capsys: Any) -> None:
    let_in(capsys, "nadia")
    assert Authenticator.objects.filter(user=nadia).exists()
    let_in(capsys, "nadia", "--lost-second-factor")
    assert not Authenticator.objects.filter(user=nadia).exists()


def test_sessions_of_before_end(nadia: User, capsys: Any, client_of: Any) -> None:
    client = client_of(nadia)
    let_in(capsys, "nadia")
    assert client.get("/security/").headers["Location"].startswith("/login/")


def test_the_audit_log_says_that_the_system_did_it(nadia: User, capsys: Any) -> None:
    let_in(capsys, "nadia", "--lost-second-factor", "--reason", "phone drowned")
    entry = AuditEntry.objects.get(action="login.reset")
    assert (entry.actor, entry.subject, entry.reason) == (SYSTEM.login, "nadia", "phone drowned")
    assert entry.after["second_factor_removed"] is True


def test_the_other_administrators_and_the_login_hear_of_it(nadia: User, capsys: Any) -> None:
    StaffFactory(username="omar", administrator=True, email="omar@x.example")
    StaffFactory(username="operator", operator=True, email="op@x.example")
    code = let_in(capsys, "nadia", "--lost-second-factor")
    told = {one.to[0]: f"{one.subject} {one.body}" for one in mails_sent()}
    assert set(told) == {"omar@x.example", "nadia@x.example"}
    assert "nadia was reset on the server" in told["omar@x.example"]
    assert "second factor was removed" in told["omar@x.example"]
    assert not any(code in text for text in told.values())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("nobody", "There is no login nobody"), ("karim", "reset it in the portal")],
)
def test_who_is_no_staff_is_not_let_in(name: str, sentence: str) -> None:
    UserFactory(username="karim")
    with pytest.raises(CommandError, match=sentence):
        call_command("let_in", name)


def test_a_locked_login_is_unlocked_first(nadia: User, superuser: User) -> None:
    staff_set_active(actor=SYSTEM, user=nadia, active=False, reason="left")
    with pytest.raises(CommandError, match="Unlock the login first"):
        call_command("let_in", "nadia")


def test_a_first_code_that_was_lost_is_replaced(capsys: Any) -> None:
    call_command("createsuperuser", "first")
    told = capsys.readouterr().out
    assert "manage.py let_in first" in told
    code = let_in(capsys, "first")
    assert code not in told
    assert sign_in("first", code).status_code == 302
