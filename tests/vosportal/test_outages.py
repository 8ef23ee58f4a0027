"""A database or cache that does not answer is a pause with a page of its own, never a verdict."""

import json
import logging
import time
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import DatabaseError, OperationalError, connection
from django.test import Client, RequestFactory

from accounts.kit.outage import Outage
from accounts.logins.services.session_store import SessionStore
from tests.factories import UserFactory
from tests.factories.logins import PASSWORD
from tests.support.outages import mute_server, read_only, written_by_another
from vosportal.patience import patience
from vosportal.views.errors import unavailable

AWAY = "away for a moment"


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """`lines()`: what was logged as an error so far; each as what it says, and its traceback."""
    caplog.set_level(logging.WARNING)

    def logged() -> list[dict[str, Any]]:
        return [
            {**(one.msg if isinstance(one.msg, dict) else {"event": one.getMessage()}),
             "traceback": one.exc_info}
            for one in caplog.records
            if one.levelno >= logging.ERROR
        ]  # fmt: skip

    return logged


def sign_in(client: Client, **headers: str) -> Any:
    return client.post("/login/", {"login": "kamal", "password": PASSWORD}, headers=headers)


class TestThePage:
    def answer(self, **headers: str) -> Any:
        request = RequestFactory().get("/accounts/", headers=headers)
        request.user = AnonymousUser()
        return unavailable(request, Outage("database", "OperationalError 57014"))

    def test_it_says_when_to_ask_again_and_is_kept_by_nobody(self) -> None:
        answer = self.answer()
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "30"
        assert answer.headers["Cache-Control"] == "no-store"

    def test_for_people_it_is_a_page(self) -> None:
        page = self.answer().content.decode()
        assert "<!doctype html>" in page.lower()
        assert AWAY in page
        assert "look before you repeat it" in page
        assert "57014" not in page

    def test_for_a_part_of_a_page_it_is_a_sentence_and_an_event(self) -> None:
        answer = self.answer(**{"HX-Request": "true"})
        assert answer.content.decode().startswith("The portal is away")
        told = json.loads(answer.headers["HX-Trigger"])
        assert AWAY in told["portal:away"]

    def test_for_programs_it_is_json(self) -> None:
        answer = self.answer(Accept="application/json")
        assert answer.headers["Content-Type"] == "application/json"
        assert json.loads(answer.content)["error"] == "unavailable"

    def test_it_asks_the_database_nothing(self, django_assert_num_queries: Any, db: None) -> None:
        with django_assert_num_queries(0):
            self.answer()


@pytest.mark.django_db(transaction=True)
class TestSigningIn:
    @pytest.fixture(autouse=True)
    def _kamal(self, empty_cache: None) -> None:
        UserFactory(username="kamal")

    def test_where_nothing_can_be_counted_is_neither_too_often_nor_permitted(
        self, visitor: Client, lines: Any
    ) -> None:
        with read_only():
            answer = sign_in(visitor)
        assert answer.status_code == 503
        assert AWAY in answer.content.decode()
        assert "_auth_user_id" not in visitor.session
        (line,) = lines()
        assert (line["event"], line["part"], line["guard"]) == ("not available", "cache", "login")
        assert line["traceback"] is None
        assert line["at"].startswith("accounts.")

    def test_while_another_writes_for_long_likewise(self, visitor: Client, lines: Any) -> None:
        with written_by_another("portal_cache"):
            assert sign_in(visitor).status_code == 503
        assert len(lines()) == 1
        assert sign_in(visitor).status_code == 302

    @pytest.mark.postgres
    def test_while_the_table_of_logins_is_held_likewise(self, visitor: Client) -> None:
        with written_by_another("accounts_user"):
            began = time.monotonic()
            assert sign_in(visitor).status_code == 503
            assert time.monotonic() - began < 10
        assert sign_in(visitor).status_code == 302

    def test_the_demo_shows_the_same_page(self, visitor: Client, settings: Any) -> None:
        settings.DEBUG = True
        with read_only():
            answer = sign_in(visitor)
        assert answer.status_code == 503
        assert AWAY in answer.content.decode()

    @pytest.mark.parametrize(
        ("address", "typed"),
        [
            ("/security/password/reset/", {"email": "kamal@example.com"}),
            ("/login/", {"login": "nobody", "password": "x"}),
        ],
    )
    def test_every_limit_at_the_door_says_that_it_failed(
        self, visitor: Client, address: str, typed: dict[str, str]
    ) -> None:
        with read_only():
            assert visitor.post(address, typed).status_code == 503

    def test_a_counter_that_died_locked_accuses_nobody(self, visitor: Client, lines: Any) -> None:
        assert sign_in(visitor).status_code == 302
        with connection.cursor() as cursor:
            # As a worker leaves it that is killed in the middle of counting.
            cursor.execute(
                "INSERT INTO portal_cache SELECT cache_key || ':lock', value, expires"
                " FROM portal_cache WHERE cache_key LIKE %s",
                ["%login_failed_anywhere%"],
            )
        assert sign_in(Client(raise_request_exception=False)).status_code == 503
        (line,) = lines()
        assert (line["part"], line["guard"]) == ("cache", "login_failed_anywhere")

    def test_redis_away_is_a_pause_too(self, visitor: Client, settings: Any, lines: Any) -> None:
        pytest.importorskip("redis")
        settings.CACHES = {
            "default": {
                "BACKEND": "accounts.kit.caches.RedisCache",
                "LOCATION": "redis://127.0.0.1:1/0",
                "OPTIONS": {"socket_connect_timeout": 1},
            }
        }
        assert sign_in(visitor).status_code == 503
        assert lines()[0]["guard"] == "login"
        assert visitor.get("/healthz/ready").json()["checks"]["cache"] == "failed: Away"


@pytest.mark.django_db(transaction=True)
class TestSessions:
    def test_a_session_that_cannot_be_saved_was_deleted_by_nobody(
        self, visitor: Client, empty_cache: None
    ) -> None:
        UserFactory(username="kamal")
        sign_in(visitor)
        session = visitor.session
        session["seen"] = 1
        with read_only(), pytest.raises(DatabaseError):
            session.save()

    def test_one_that_was_deleted_is_told_apart(self, visitor: Client) -> None:
        session = visitor.session
        session.save()
        session.delete()
        with pytest.raises(UpdateError):
            session.save()

    def test_what_the_former_store_signed_is_read(self) -> None:
        former = DatabaseSessionStore()
        former["seen"] = 1
        former.save()
        assert SessionStore(former.session_key)["seen"] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
class TestPatience:
    def test_a_statement_that_takes_too_long_ends_with_its_connection(self) -> None:
        began = time.monotonic()
        with pytest.raises(OperationalError), patience(0.5), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")
        assert time.monotonic() - began < 20
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def test_a_server_that_fell_silent_keeps_nobody(self) -> None:
        began = time.monotonic()
        with (
            mute_server(),
            pytest.raises(OperationalError),
            patience(0.5),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT 1")
        assert time.monotonic() - began < 10
        connection.close()

    def test_who_ends_in_time_keeps_the_connection(self) -> None:
        with patience(0.1), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            before = cursor.fetchone()
        time.sleep(0.6)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            assert cursor.fetchone() == before

    def test_a_page_of_a_mute_server_is_answered(
        self, visitor: Client, monkeypatch: pytest.MonkeyPatch, empty_cache: None
    ) -> None:
        monkeypatch.setattr("vosportal.patience.LONGEST", 0.5)
        with mute_server():
            assert sign_in(visitor).status_code == 503
        connection.close()
