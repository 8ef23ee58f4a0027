"""The second factor: who must have one, setting it up, signing in with it, losing it."""

import importlib
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.logins.rules.second_factor import has_second_factor, needs_second_factor
from accounts.logins.services.logins import login_lock, login_reset
from tests.factories import PASSWORD, UserFactory, grant
from tests.support.mails import forget_mails, mails_sent
from tests.support.passkeys import passkey_data
from vosportal import settings as portal_settings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


def code_of(secret: str) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30):06}"


def sign_in(login: User, client: Client | None = None) -> tuple[Client, Any]:
    client = client or Client()
    answer = client.post("/login/", {"login": login.username, "password": PASSWORD})
    return client, answer


def set_up_app(client: Client) -> str:
    """Walk through the pages of setting up an authenticator app; return its key."""
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    secret = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer.status_code == 302
    return secret


def backend_of(client: Client) -> str:
    return client.session["_auth_user_backend"]


class TestSessionsOutliveReleases:
    """Every session keeps the name of the backend that signed its login in: another name would
    sign everybody out.
    """

    def test_with_a_password(self) -> None:
        client, _answer = sign_in(UserFactory())
        assert backend_of(client) == "accounts.sign_in.SignInBackend"

    def test_with_a_second_factor(self) -> None:
        login = UserFactory()
        client, _answer = sign_in(login)
        secret = set_up_app(client)
        client, _answer = sign_in(login)
        later = f"{hotp_value(secret, int(time.time()) // 30 + 1):06}"
        client.post(reverse("mfa_authenticate"), {"code": later})
        assert backend_of(client) == "accounts.sign_in.SignInBackend"


class TestWhoMust:
    def test_nobody_where_none_is_required(self, administrator: User, settings: Any) -> None:
        settings.REQUIRE_SECOND_FACTOR = frozenset()
        assert not needs_second_factor(actor_for(administrator))

    def test_staff_means_everybody_without_an_account(
        self, administrator: User, operator: User, settings: Any
    ) -> None:
        settings.REQUIRE_SECOND_FACTOR = frozenset({"staff"})
        assert needs_second_factor(actor_for(administrator))
        assert needs_second_factor(actor_for(operator))
        assert not needs_second_factor(actor_for(UserFactory()))

    def test_high_means_whoever_may_do_what_is_high(
        self, administrator: User, operator: User, settings: Any
    ) -> None:
        settings.REQUIRE_SECOND_FACTOR = frozenset({"high"})
        assert needs_second_factor(actor_for(administrator))
        assert not needs_second_factor(actor_for(operator))
        assert not needs_second_factor(actor_for(UserFactory()))

    def test_high_means_the_logins_of_accounts_that_hold_it(self, settings: Any) -> None:
        settings.REQUIRE_SECOND_FACTOR = frozenset({"high"})
        login = UserFactory()
        grant(login.account, "manage_phone")
        assert not needs_second_factor(actor_for(login))
        grant(login.account, "manage_gateway")
        assert needs_second_factor(actor_for(login))

    def test_the_setting_knows_its_words(self) -> None:
        assert {"staff", "high"} >= portal_settings.REQUIRE_SECOND_FACTOR


class TestForcedSetUp:
    @pytest.fixture(autouse=True)
    def _required(self, settings: Any) -> None:
        settings.REQUIRE_SECOND_FACTOR = frozenset({"staff", "high"})

    def test_every_page_leads_to_the_set_up_until_it_is_done(self, superuser: User) -> None:
        client, _answer = sign_in(superuser)
        set_up = reverse("mfa_index")
        for path in ("/", "/security/", "/security/sessions/", "/security/preferences/", "/admin/"):
            answer = client.get(path)
            assert answer.status_code == 302, path
            assert answer.headers["Location"].startswith(set_up), path
        post = client.post("/security/sessions/", {"which": "all"})
        assert post.headers["Location"] == set_up
        assert "requires a second factor" in client.get(set_up).content.decode()
        set_up_app(client)
        assert client.get("/security/").status_code == 200

    def test_leaving_is_always_possible(self, administrator: User) -> None:
        client, _answer = sign_in(administrator)
        assert client.post("/logout/").headers["Location"] == "/login/"

    def test_htmx_moves_the_whole_page(self, administrator: User) -> None:
        client, _answer = sign_in(administrator)
        answer = client.get("/security/sessions/", headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == reverse("mfa_index")

    def test_customers_are_not_asked(self) -> None:
        client, _answer = sign_in(UserFactory())
        assert client.get("/security/").status_code == 200

    def test_recovery_codes_alone_are_no_factor(self, administrator: User) -> None:
        Authenticator.objects.create(
            user=administrator, type=Authenticator.Type.RECOVERY_CODES, data={}
        )
        client, _answer = sign_in(administrator)
        assert client.get("/security/").status_code == 302

    def test_the_last_factor_cannot_be_removed(self, administrator: User) -> None:
        client, _answer = sign_in(administrator)
        set_up_app(client)
        page = client.post(reverse("mfa_deactivate_totp"))
        assert "requires a second factor" in page.content.decode()
        assert has_second_factor(administrator)


class TestSignInWithIt:
    @pytest.fixture
    def protected(self) -> tuple[User, str]:
        login = UserFactory(email="k@x.example")
        secret = generate_totp_secret()
        client, _answer = sign_in(login)
        secret = set_up_app(client)
        return login, secret

    def test_the_password_alone_opens_nothing(self, protected: tuple[User, str]) -> None:
        client, answer = sign_in(protected[0])
        assert answer.headers["Location"] == reverse("mfa_authenticate")
        assert "_auth_user_id" not in client.session
        assert client.get("/security/").status_code == 302

    def test_the_code_completes_it_and_keeps_the_page_asked_for(
        self, protected: tuple[User, str]
    ) -> None:
        login, secret = protected
        client = Client()
        client.post(
            "/login/",
            {"login": login.username, "password": PASSWORD, "next": "/security/sessions/"},
        )
        # The code of the set-up was used; the one before counts too.
        earlier = f"{hotp_value(secret, int(time.time()) // 30 - 1):06}"
        answer = client.post(reverse("mfa_authenticate"), {"code": earlier})
        assert answer.headers["Location"] == "/security/sessions/"

    def test_a_wrong_code_is_refused_and_limited(self, protected: tuple[User, str]) -> None:
        client, _answer = sign_in(protected[0])
        for _attempt in range(5):
            answer = client.post(reverse("mfa_authenticate"), {"code": "000000"})
            assert "wrong or has ended" in answer.content.decode()
        answer = client.post(reverse("mfa_authenticate"), {"code": code_of(protected[1])})
        assert "Too many" in answer.content.decode()
        assert "_auth_user_id" not in client.session

    def test_a_recovery_code_works_once(self, protected: tuple[User, str]) -> None:
        login, _secret = protected
        codes = Authenticator.objects.get(user=login, type=Authenticator.Type.RECOVERY_CODES).wrap()
        code = codes.get_unused_codes()[0]
        client, _answer = sign_in(login)
        assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
        again, _answer = sign_in(login)
        again.post(reverse("mfa_authenticate"), {"code": code})
        assert "_auth_user_id" not in again.session

    def test_a_lock_between_the_steps_keeps_the_person_out(
        self, protected: tuple[User, str]
    ) -> None:
        login, secret = protected
        client, _answer = sign_in(login)
        login_lock(actor=SYSTEM, user=login, reason="x")
        earlier = f"{hotp_value(secret, int(time.time()) // 30 - 1):06}"
        answer = client.post(reverse("mfa_authenticate"), {"code": earlier})
        assert answer.headers["Location"] == "/login/"
        assert "_auth_user_id" not in client.session
        assert "do not match" in client.get("/login/").content.decode()

    def test_a_one_time_code_does_not_pass_the_second_step(
        self, protected: tuple[User, str]
    ) -> None:
        login, _secret = protected
        issued = login_reset(actor=SYSTEM, user=login, by_mail=False)
        client = Client()
        answer = client.post("/login/", {"login": login.username, "password": issued.code})
        assert answer.headers["Location"] == reverse("mfa_authenticate")

    def test_the_secret_is_not_kept_in_the_clear(self, protected: tuple[User, str]) -> None:
        login, secret = protected
        rows = list(Authenticator.objects.filter(user=login))
        assert len(rows) == 2
        for row in rows:
            assert secret not in str(row.data)
        wrapped = Authenticator.objects.get(user=login, type=Authenticator.Type.TOTP).wrap()
        assert isinstance(wrapped, TOTP)
        assert wrapped.validate_code(
            f"{hotp_value(secret, int(time.time()) // 30 + 1):06}"
        ) or wrapped.validate_code(code_of(secret))

    def test_changes_are_mailed(self, protected: tuple[User, str]) -> None:
        login, secret = protected
        client, _answer = sign_in(login)
        earlier = f"{hotp_value(secret, int(time.time()) // 30 - 1):06}"
        client.post(reverse("mfa_authenticate"), {"code": earlier})
        forget_mails()
        client.post(reverse("mfa_deactivate_totp"))
        assert [one.to for one in mails_sent()] == [["k@x.example"]]
        assert not has_second_factor(login)


class TestProvingAgain:
    def test_right_after_signing_in_nobody_is_asked_again(self) -> None:
        client, _answer = sign_in(UserFactory())
        assert client.get(reverse("mfa_activate_totp")).status_code == 200

    def test_later_the_password_is_asked_first(self, time_machine: Any) -> None:
        time_machine.move_to(timezone.now())
        client, _answer = sign_in(UserFactory())
        time_machine.shift(16 * 60)
        answer = client.get(reverse("mfa_activate_totp"))
        again = reverse("account_reauthenticate")
        assert answer.headers["Location"].startswith(again)
        assert client.post(answer.headers["Location"], {"password": "wrong"}).status_code == 422
        done = client.post(answer.headers["Location"], {"password": PASSWORD})
        assert done.headers["Location"] == reverse("mfa_activate_totp")
        assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_a_passkey_page_answers_without_one() -> None:
    client = Client()
    answer = client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert re.match("application/json", answer.headers["Content-Type"])
    crooked = '{"response": 1, "id": [], "rawId": {}}'
    nested, halves = "[" * 4000, '{"id": "\\ud800", "rawId": "\\u0000", "response": {}}'
    for junk in ("", "{}", "[]", "null", '{"id": 1}', "x", crooked, nested, halves, "9" * 60_000):
        bad = client.post(reverse("mfa_login_webauthn"), {"credential": junk})
        assert bad.headers["Location"] == "/login/", junk


def test_a_passkey_is_renamed_by_whose_it_is() -> None:
    login = UserFactory()
    client, _answer = sign_in(login)
    kind = Authenticator.Type.WEBAUTHN
    key = Authenticator.objects.create(user=login, type=kind, data=passkey_data("Old phone"))
    page = reverse("mfa_edit_webauthn", args=[key.pk])
    assert client.post(page, {"name": "New phone"}).status_code == 302
    key.refresh_from_db()
    assert key.wrap().name == "New phone"


def test_recovery_codes_are_made_anew_on_demand() -> None:
    login = UserFactory()
    client, _answer = sign_in(login)
    set_up_app(client)
    codes = Authenticator.objects.filter(user=login, type=Authenticator.Type.RECOVERY_CODES)
    before = codes.get().wrap().get_unused_codes()
    assert client.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    after = codes.get().wrap().get_unused_codes()
    assert after
    assert not set(before) & set(after)


def test_a_malformed_passkey_is_refused_everywhere() -> None:
    client, _answer = sign_in(UserFactory())
    set_up_app(client)
    for name in ("mfa_add_webauthn", "mfa_reauthenticate_webauthn"):
        for junk in ("{}", "[1]", '{"id": "a", "rawId": "a", "response": {}}', "[" * 4000):
            bad = client.post(reverse(name), {"credential": junk, "name": "x"})
            assert bad.status_code in (302, 422), (name, junk)


def test_unknown_words_in_the_setting_are_refused_in_a_sentence(monkeypatch: Any) -> None:
    monkeypatch.setenv("REQUIRE_SECOND_FACTOR", "everyone")
    with pytest.raises(ImproperlyConfigured, match="REQUIRE_SECOND_FACTOR"):
        importlib.reload(portal_settings)
    monkeypatch.delenv("REQUIRE_SECOND_FACTOR")
    importlib.reload(portal_settings)
