"""/healthz/live and /healthz/ready, which a load balancer asks without signing in."""

from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import Client

from accounts.jobs.services.beat import worker_seen
from tests.support.outages import read_only, written_by_another
from vosportal.views import health


def test_live_needs_no_database(client: Client) -> None:
    assert client.get("/healthz/live").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_says_what_was_checked(client: Client) -> None:
    worker_seen("one", "default,mail")
    answer = client.get("/healthz/ready")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "ok"
    assert told["checks"] == dict.fromkeys(
        ["database", "writing", "migrations", "cache", "guards", "privileges"], "ok"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("part", list(health.CHECKS))
def test_a_failing_part_is_named_without_its_secrets(
    client: Client, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def broken() -> str:
        raise RuntimeError("password=hunter2")

    monkeypatch.setitem(health.CHECKS, part, broken)
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"][part] == "failed: RuntimeError"
    assert b"hunter2" not in answer.content


@pytest.mark.django_db
def test_a_pending_migration_makes_it_unready(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_args: [("one", False)])
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert "not applied" in answer.json()["checks"]["migrations"]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_changes_is_not_ready(client: Client) -> None:
    with read_only():
        answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    told = answer.json()["checks"]
    assert (told["database"], told["migrations"], told["guards"]) == ("ok", "ok", "ok")
    assert told["writing"].startswith("failed: ")
    assert told["cache"] == "failed: Away"


@pytest.mark.django_db(transaction=True)
def test_a_writer_who_does_not_end_makes_it_unready(client: Client) -> None:
    with written_by_another("django_migrations"):
        answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["writing"].startswith("failed: ")


@pytest.mark.django_db
@pytest.mark.sqlite
def test_a_disk_without_room_makes_it_unready(client: Client, monkeypatch: Any) -> None:
    nearly = mock.Mock(free=200_000)
    monkeypatch.setattr("vosportal.views.health.shutil.disk_usage", lambda _folder: nearly)
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["writing"] == "failed: the disk is full"


@pytest.mark.django_db
def test_what_a_check_may_take_is_its_own_affair(client: Client) -> None:
    client.get("/healthz/ready")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout')"
            if connection.vendor == "postgresql"
            else "PRAGMA busy_timeout"
        )
        assert cursor.fetchone()[0] in ("2s", 20_000)


@pytest.mark.django_db
def test_who_asks_again_within_a_second_costs_nothing(
    client: Client, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.READINESS_KEPT = 60
    first = client.get("/healthz/ready").json()
    with django_assert_num_queries(0):
        assert client.get("/healthz/ready").json() == first
    health._kept = health._Kept()


@pytest.mark.django_db
def test_who_asks_while_another_waits_is_not_kept(client: Client) -> None:
    with health._kept._lock:
        answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert "another probe" in answer.json()["checks"]["database"]


@pytest.mark.django_db
def test_what_is_asked_too_late_is_not_asked(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_SILENCE", -1.0)
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert set(answer.json()["checks"].values()) == {"not asked"}


@pytest.mark.parametrize("host", ["portal.example.com", "10.0.0.1", "nobody.example"])
def test_live_is_answered_under_any_name(client: Client, host: str) -> None:
    assert client.get("/healthz/live", headers={"Host": host}).status_code == 200


def test_it_cannot_be_posted_to(client: Client) -> None:
    assert client.post("/healthz/live").status_code == 405
