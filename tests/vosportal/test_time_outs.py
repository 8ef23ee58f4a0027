"""Each time-out is shorter than the one outside it, and probes find a thread that is free."""

import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from vosportal import patience, server, timeouts
from vosportal.database import connecting
from vosportal.places import Places, places

POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "NAME": "portal"}
STATEMENT, PROXY = 10, 60  # docs/operations.md


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vosportal.places._QUEUE", 0.05)


@pytest.fixture
def few() -> Any:
    """A process with two threads for the database."""
    places.limit(2)
    yield places
    places.limit(0)


def test_each_is_shorter_than_the_one_outside() -> None:
    connect = connecting(POSTGRESQL, keep=60, prepared=True)["OPTIONS"]["connect_timeout"]
    assert connect < STATEMENT < patience.LONGEST
    # The one that was cut may try to connect once more before it is answered.
    assert patience.LONGEST + connect < server.timeout < PROXY


def test_a_lost_network_is_noticed_before_a_request_is_given_up() -> None:
    options = connecting(POSTGRESQL, keep=60, prepared=True)["OPTIONS"]
    assert options["tcp_user_timeout"] / 1000 < patience.LONGEST
    assert options["keepalives"] == 1


def test_what_an_address_says_wins() -> None:
    given = {**POSTGRESQL, "OPTIONS": {"connect_timeout": 2, "sslmode": "require"}}
    options = connecting(given, keep=60, prepared=True)["OPTIONS"]
    assert (options["connect_timeout"], options["sslmode"]) == (2, "require")


def test_statements_are_prepared_on_the_server_unless_a_pooler_forbids_it() -> None:
    options = connecting(POSTGRESQL, keep=60, prepared=True)["OPTIONS"]
    assert options["server_side_binding"] is True
    assert 0 < options["prepare_threshold"] <= 5
    plain = connecting(POSTGRESQL, keep=60, prepared=False)["OPTIONS"]
    assert "server_side_binding" not in plain
    assert "prepare_threshold" not in plain


def test_sqlite_waits_for_writers_as_long_as_a_statement_may_take() -> None:
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"}
    assert connecting(sqlite, keep=60, prepared=True)["OPTIONS"]["timeout"] == STATEMENT


@pytest.fixture(autouse=True)
def _turns_of_this_process() -> Iterator[None]:
    """Workers give turns of their own; this process keeps its own."""
    kept = sys.getswitchinterval()
    yield
    sys.setswitchinterval(kept)


def test_a_thread_of_a_process_makes_way_ten_times_as_soon_as_pythons_own() -> None:
    server.post_worker_init(SimpleNamespace(cfg=SimpleNamespace(threads=8)))
    try:
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    finally:
        places.limit(0)


@pytest.mark.parametrize(("threads", "left"), [(8, 6), (3, 1), (2, 1)])
def test_two_threads_of_a_process_stay_free(threads: int, left: int) -> None:
    server.post_worker_init(SimpleNamespace(cfg=SimpleNamespace(threads=threads)))
    try:
        assert [places.take() for _ in range(left + 1)] == [True] * left + [False]
    finally:
        places.limit(0)


def test_a_process_with_one_thread_limits_nothing() -> None:
    server.post_worker_init(SimpleNamespace(cfg=SimpleNamespace(threads=1)))
    assert all(places.take() for _ in range(50))


@pytest.mark.race
def test_who_waits_for_a_place_gets_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Places()
    own.limit(1)
    assert own.take()
    monkeypatch.setattr("vosportal.places._QUEUE", 10)
    threading.Timer(0.01, own.give_back).start()
    assert own.take()


def test_places_come_back() -> None:
    own = Places()
    own.limit(1)
    assert own.take()
    assert not own.take()
    own.give_back()
    assert own.take()


class TestAProcessThatIsFull:
    @pytest.fixture(autouse=True)
    def _full(self, few: Places) -> None:
        assert few.take()
        assert few.take()

    def test_refuses_what_may_wait(self, client: Client) -> None:
        assert client.get("/login/").status_code == 503

    def test_says_that_it_lives(self, client: Client) -> None:
        assert client.get("/healthz/live").status_code == 200

    @pytest.mark.django_db
    def test_says_whether_it_is_ready(self, client: Client) -> None:
        assert client.get("/healthz/ready").status_code == 200


@pytest.mark.django_db
def test_a_place_is_given_back_whatever_happens(few: Places, client: Client) -> None:
    for _ in range(5):
        assert client.get("/no/such/page/").status_code in (302, 404)


@pytest.mark.django_db
@pytest.mark.postgres
class TestARoleWithoutTimeOut:
    def test_is_named_by_readiness_which_stays_green(self, client: Client) -> None:
        answer = client.get("/healthz/ready")
        assert answer.status_code == 200
        assert "has no statement_timeout" in answer.json()["advice"]["time-outs"]

    def test_is_warned_of_before_deployment(self) -> None:
        (warning,) = timeouts.check_time_outs()
        assert warning.id == "vosportal.W006"
        assert "ALTER ROLE" in str(warning.hint)


@pytest.mark.django_db
@pytest.mark.sqlite
def test_sqlite_has_no_roles() -> None:
    assert timeouts.advice() == ""
