"""Signing in: by user name or e-mail, one neutral refusal, limits, sessions and where they end."""

import re
import time
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry, User
from accounts.kit.secret_paths import without_secrets
from accounts.logins.adapters import SIGNED_IN_AT, describe_browser
from accounts.logins.middleware.sessions import SEEN_AT
from accounts.logins.queries import count_in_branches
from accounts.logins.services.logins import login_lock
from accounts.logins.services.sessions import sessions_end_of_branch
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close
from tests.factories import PASSWORD, AccountFactory, UserFactory
from tests.support.signing_in import SIGN_IN, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

NEUTRAL = "do not match a login that can sign in"


def text(answer: Any) -> str:
    """The page without what differs between any two answers."""
    page = answer.content.decode()
    return re.sub(r'(csrfmiddlewaretoken" value|csrf-token" content)="[^"]*"', "", page)


class TestSignIn:
    @pytest.mark.parametrize("name", ["Kamal", "kAMAL", "kamal@x.example", "Kamal@X.Example"])
    def test_by_user_name_or_address_in_any_case(self, name: str) -> None:
        UserFactory(username="Kamal", email="kamal@x.example")
        assert sign_in(name, PASSWORD).status_code == 302

    def test_lands_on_the_page_asked_for_and_never_elsewhere(self) -> None:
        login = UserFactory()
        answer = Client().get("/security/sessions/")
        assert answer.headers["Location"] == "/login/?next=/security/sessions/"
        there = sign_in(login.username, PASSWORD, next="/security/sessions/")
        assert there.headers["Location"] == "/security/sessions/"
        elsewhere = sign_in(login.username, PASSWORD, next="https://evil.example/")
        assert elsewhere.headers["Location"] == "/"

    def test_shows_when_and_from_where_the_login_was_used_before(self) -> None:
        login = UserFactory()
        sign_in(login.username, PASSWORD)
        client = Client()
        sign_in(login.username, PASSWORD, client)
        assert "Your last sign-in" in client.get("/security/").content.decode()
        login.refresh_from_db()
        assert login.previous_login
        assert login.last_login
        assert login.previous_login < login.last_login
        assert login.previous_login_from.startswith("127.0.0.1")

    def test_leaving_takes_a_post(self) -> None:
        client = Client()
        sign_in(UserFactory().username, PASSWORD, client)
        assert client.get("/logout/").status_code == 200
        assert client.get("/security/").status_code == 200
        assert client.post("/logout/").headers["Location"] == SIGN_IN
        assert client.get("/security/").status_code == 302

    def test_there_is_no_sign_up_and_no_second_door(self, superuser: User) -> None:
        for path in ("/signup/", "/accounts/signup/", "/security/email/", "/accounts/login/"):
            assert Client().get(path).status_code in (302, 404)
        answer = Client().get("/admin/login/?next=/admin/")
        assert answer.headers["Location"] == "/login/?next=%2Fadmin%2F"
        assert Client().get("/admin/").status_code == 302

    def test_htmx_moves_the_whole_page_to_the_sign_in(self) -> None:
        answer = Client().get(
            "/security/sessions/",
            headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/security/?a=1"},
        )
        assert answer.headers["HX-Redirect"] == "/login/?next=%2Fsecurity%2F%3Fa%3D1"


class TestNeutralRefusal:
    def test_unknown_wrong_locked_and_closed_get_the_same_page(self) -> None:
        UserFactory(username="aaaaa")
        login_lock(actor=SYSTEM, user=UserFactory(username="bbbbb"), reason="x")
        gone = AccountFactory()
        UserFactory(username="ccccc", account=gone)
        account_close(actor=SYSTEM, account=gone, reason="over")
        pages = set()
        for name, password in (
            ("aaaaa", "wrong"),
            ("bbbbb", PASSWORD),
            ("ccccc", PASSWORD),
            ("ddddd", "whatever"),
        ):
            answer = sign_in(name, password)
            assert answer.status_code == 422
            pages.add(text(answer).replace(name, "NAME"))
        assert len(pages) == 1
        assert NEUTRAL in pages.pop()

    def test_people_of_a_locked_account_come_in_to_see_why(self) -> None:
        account = AccountFactory()
        login = UserFactory(account=account)
        account_lock(actor=SYSTEM, account=account)
        assert sign_in(login.username, PASSWORD).status_code == 302

    @pytest.mark.parametrize("password", ["", "x" * 5000, "a\x00b"])
    def test_odd_input_is_a_field_error(self, password: str) -> None:
        assert sign_in(UserFactory().username, password).status_code == 422

    @pytest.mark.parametrize("name", ["", "x" * 5000, "a\x00b", "'; --", "<script>", "@", "%"])
    def test_odd_names_too(self, name: str) -> None:
        assert sign_in(name, "whatever").status_code == 422


@pytest.mark.parametrize("url", ["http://[", "//[", "http://[::1", "%00", "a\x00b"])
def test_an_address_that_is_none_leads_nowhere_after_signing_in(url: str) -> None:
    browser = Client()
    assert browser.get("/login/", {"next": url}).status_code == 200
    answer = sign_in(UserFactory().username, PASSWORD, browser, next=url)
    assert answer.status_code in (302, 422)
    assert "[" not in answer.headers.get("Location", "")


class TestLimits:
    def test_after_five_wrong_passwords_the_page_says_when_it_ends(self) -> None:
        login = UserFactory(username="kamal", email="kamal@x.example")
        # By name and by address it is the same login, hence the same counter.
        for name in ("kamal", "KAMAL", "kamal@x.example", "kamal", "kamal"):
            assert sign_in(name, "wrong").status_code == 422
        answer = sign_in("kamal", PASSWORD)
        assert answer.status_code == 429
        assert "You can try again in 5 minutes" in answer.content.decode()
        assert "_auth_user_id" not in answer.client.session
        assert login.is_active

    def test_an_unknown_name_is_limited_in_the_same_words(self) -> None:
        UserFactory(username="known-1")
        for _attempt in range(5):
            sign_in("known-1", "wrong")
            sign_in("nobody1", "wrong")
        known, unknown = sign_in("known-1", "wrong"), sign_in("nobody1", "wrong")
        assert text(known).replace("known-1", "") == text(unknown).replace("nobody1", "")

    def test_it_ends(self, clock: Any) -> None:
        UserFactory(username="kamal")
        for _attempt in range(6):
            sign_in("kamal", "wrong")
        clock.shift(5 * 60 + 1)
        assert sign_in("kamal", PASSWORD).status_code == 302

    def test_the_count_is_kept_where_all_workers_see_it(self, settings: Any) -> None:
        assert "locmem" not in settings.CACHES["default"]["BACKEND"].lower()
        UserFactory(username="kamal")
        for _attempt in range(5):
            sign_in("kamal", "wrong")
        # A worker started now has nothing in its own memory.
        del caches["default"]
        assert sign_in("kamal", PASSWORD).status_code == 429

    def test_other_people_and_other_addresses_still_get_in(self) -> None:
        UserFactory(username="kamal")
        UserFactory(username="rahim")
        for _attempt in range(6):
            sign_in("kamal", "wrong")
        assert sign_in("rahim", PASSWORD).status_code == 302
        elsewhere = Client(REMOTE_ADDR="10.1.2.3")
        assert sign_in("kamal", PASSWORD, elsewhere).status_code == 302

    def test_guessing_from_everywhere_meets_a_ceiling_per_login(self, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = {
            **settings.ACCOUNT_RATE_LIMITS,
            "login_failed_anywhere": "3/1h/key",
        }
        UserFactory(username="kamal")
        for last in range(3):
            sign_in("kamal", "wrong", Client(REMOTE_ADDR=f"10.0.0.{last}"))
        answer = sign_in("kamal", PASSWORD, Client(REMOTE_ADDR="10.9.9.9"))
        assert answer.status_code == 429
        assert "60 minutes" in answer.content.decode()

    def test_signing_in_rightly_costs_nothing(self) -> None:
        UserFactory(username="kamal")
        for _time in range(8):
            assert sign_in("kamal", PASSWORD).status_code == 302


class TestSessions:
    def test_idle_for_half_an_hour_ends_it(self, clock: Any) -> None:
        client = Client()
        sign_in(UserFactory().username, PASSWORD, client)
        clock.shift(29 * 60)
        assert client.get("/security/").status_code == 200
        clock.shift(29 * 60)
        assert client.get("/security/").status_code == 200
        clock.shift(31 * 60)
        assert client.get("/security/").status_code == 302

    @pytest.mark.wide
    def test_twelve_hours_end_it_whatever_was_done(self, clock: Any) -> None:
        client = Client()
        sign_in(UserFactory().username, PASSWORD, client)
        for _quarter in range(47):
            clock.shift(15 * 60)
            assert client.get("/security/").status_code == 200
        clock.shift(16 * 60)
        assert client.get("/security/").status_code == 302

    def test_activity_is_written_at_most_once_a_minute(self, time_machine: Any) -> None:
        time_machine.move_to(timezone.now(), tick=False)
        client = Client()
        sign_in(UserFactory().username, PASSWORD, client)
        client.get("/security/")
        seen = client.session[SEEN_AT]
        time_machine.shift(59)
        client.get("/security/")
        assert client.session[SEEN_AT] == seen
        time_machine.shift(2)
        client.get("/security/")
        assert client.session[SEEN_AT] == pytest.approx(seen + 61)

    def test_a_poll_is_no_activity(self, clock: Any) -> None:
        client = Client()
        sign_in(UserFactory().username, PASSWORD, client)
        client.get("/security/")
        for _poll in range(31):
            clock.shift(60)
            client.get(reverse("tree-version"))
        assert client.get("/security/").status_code == 302

    def test_a_session_from_elsewhere_gets_its_limit_and_its_row(self, client_of: Any) -> None:
        login = UserFactory()
        client = client_of(login)
        assert client.get("/security/sessions/").status_code == 200
        assert client.session[SIGNED_IN_AT] == pytest.approx(time.time(), abs=60)
        assert login.usersession_set.count() == 1

    def test_closing_the_account_ends_them_at_the_next_request(self) -> None:
        account = AccountFactory()
        client = Client()
        sign_in(UserFactory(account=account).username, PASSWORD, client)
        account_close(actor=SYSTEM, account=account, reason="over")
        assert client.get("/security/").status_code == 302

    def test_a_branch_is_signed_out_and_nobody_else(self, reseller_tree: Any) -> None:
        inside, outside = Client(), Client()
        sign_in(UserFactory(account=reseller_tree.customer).username, PASSWORD, inside)
        sign_in(UserFactory(account=reseller_tree.sibling).username, PASSWORD, outside)
        reseller_tree.agent.refresh_from_db()
        assert count_in_branches([reseller_tree.agent]) == 1
        assert sessions_end_of_branch(reseller_tree.agent) == 1
        assert inside.get("/security/").status_code == 302
        assert outside.get("/security/").status_code == 200

    def test_own_sessions_others_or_everywhere(self) -> None:
        login = UserFactory()
        clients = [Client(), Client(), Client()]
        for client in clients:
            sign_in(login.username, PASSWORD, client)
        mine, other, third = clients
        page = mine.get("/security/sessions/").content.decode()
        assert page.count("<tr>") == 4
        mine.post("/security/sessions/", {"which": "others"})
        assert mine.get("/security/").status_code == 200
        assert other.get("/security/").status_code == 302
        assert third.get("/security/").status_code == 302
        sign_in(login.username, PASSWORD, other)
        assert other.post("/security/sessions/", {"which": "all"}).status_code == 303
        assert mine.get("/security/").status_code == 302
        assert AuditEntry.objects.filter(action="login.sessions_end").count() == 2


def test_logs_never_show_the_secret_of_a_link() -> None:
    assert without_secrets("/security/invitation/SECRET/") == "/security/invitation/…/"
    assert without_secrets("/security/password/reset/1-abc-def/") == "/security/password/reset/…/"
    assert without_secrets("/security/password/reset/sent/") == "/security/password/reset/sent/"
    assert without_secrets("/accounts/X/") == "/accounts/X/"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/140 Mobile Safari/537", "Chrome on Android"),
        ("curl/8", "another program"),
    ],
)
def test_browsers_are_named_as_people_call_them(agent: str, words: str) -> None:
    assert describe_browser(agent) == words


def test_reverse_names_allauth_needs_exist() -> None:
    for name in ("account_login", "account_logout", "account_reauthenticate", "mfa_index"):
        assert reverse(name)
