"""/healthz/live and /healthz/ready, which a load balancer asks without signing in."""

from typing import Any

import pytest
from django.test import Client

from vosportal.views import health


def test_live_needs_no_database(client: Client) -> None:
    assert client.get("/healthz/live").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_says_what_was_checked(client: Client) -> None:
    answer = client.get("/healthz/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "cache": "ok",
            "guards": "ok",
            "privileges": "ok",
        },
    }


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


def test_it_cannot_be_posted_to(client: Client) -> None:
    assert client.post("/healthz/live").status_code == 405
