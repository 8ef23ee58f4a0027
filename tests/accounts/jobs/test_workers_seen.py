"""Workers say that they are there; pages, checks and probes say when none does."""

import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import time_machine
from django.core.checks import run_checks
from django.db import DatabaseError, InterfaceError
from django.test import Client
from django.utils import timezone

from accounts.core.models import User
from accounts.jobs.models import Worker
from accounts.jobs.queries import queues_without_worker
from accounts.jobs.services import beat
from accounts.jobs.services.beat import purge_workers, worker_seen
from tests.factories import AccountFactory
from tests.support import processes
from tests.support.configuration import ROOT
from tests.support.pages import markup_of
from vosportal.views import health

pytestmark = pytest.mark.django_db

MISSING = "No worker was seen for five minutes: no mail is sent and no job is done."
STEP = "Start a worker"


def later(**by: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**by))


class TestSeen:
    def test_at_first_nobody_looks_after_anything(self) -> None:
        assert queues_without_worker() == ["default", "mail"]

    def test_a_worker_counts_for_five_minutes(self) -> None:
        worker_seen("one", "default,mail")
        with later(minutes=4.9):
            assert queues_without_worker() == []
        with later(minutes=5.1):
            assert queues_without_worker() == ["default", "mail"]

    @pytest.mark.parametrize(
        ("queues", "without"),
        [("*", []), ("mail", ["default"]), ("default", ["mail"]), ("mail,default", [])],
    )
    def test_each_queue_needs_one(self, queues: str, without: list[str]) -> None:
        worker_seen("one", queues)
        assert queues_without_worker() == without

    def test_several_share_the_queues(self) -> None:
        worker_seen("one", "mail")
        worker_seen("two", "default")
        assert queues_without_worker() == []

    def test_it_is_forgotten_after_a_week(self) -> None:
        worker_seen("one", "mail")
        with later(days=6):
            assert purge_workers() == 0
        with later(days=8):
            assert purge_workers() == 1


@pytest.mark.race
class TestBeat:
    def test_a_database_that_is_away_does_not_end_it(self, monkeypatch: Any) -> None:
        beats = iter([DatabaseError, InterfaceError, None])
        came = Event()

        def seen(*_said: Any, **_values: Any) -> None:
            if error := next(beats, None):
                raise error
            came.set()

        monkeypatch.setattr(beat, "worker_seen", seen)
        monkeypatch.setattr(beat, "EVERY", timedelta(milliseconds=1))
        with beat.Beat("one", "mail"):
            assert came.wait(10)


class TestSaid:
    def test_on_the_dashboard_of_administrators(self, admin: Client) -> None:
        AccountFactory()
        assert MISSING in admin.get("/").content.decode()
        worker_seen("one", "default,mail")
        assert MISSING not in admin.get("/").content.decode()

    def test_among_the_first_steps(self, admin: Client) -> None:
        def is_done() -> bool:
            steps = admin.get("/").context["steps"]
            return bool(next(one for one in steps if one.label == STEP).is_done)

        assert not is_done()
        worker_seen("one", "*")
        assert is_done()

    def test_agents_hear_nothing_of_it(self, client_of: Any, agent_login: Any) -> None:
        page = client_of(agent_login(AccountFactory())).get("/")
        assert MISSING not in markup_of(page)

    def test_readiness_says_so_and_the_portal_serves_on(self, client: Client) -> None:
        answer = client.get("/healthz/ready")
        assert answer.status_code == 200
        assert answer.json()["status"] == "ok"
        assert answer.json()["advice"]["workers"] == "none seen for five minutes: default, mail"

    @pytest.mark.parametrize(("queues", "ends_with"), [("default", 1), ("default,mail", 0)])
    def test_the_monitor_of_the_guide_alarms(
        self, client: Client, tmp_path: Path, monkeypatch: Any, queues: str, ends_with: int
    ) -> None:
        worker_seen("one", queues)
        monkeypatch.setitem(health.ADVICE, "time-outs", lambda: "")
        guide = (ROOT / "docs" / "operations.md").read_text()
        (command,) = re.findall(r"^    (answer=.*healthz/ready.*)$", guide, re.MULTILINE)
        (tmp_path / "curl").write_text(f"#!/bin/sh\ncat {tmp_path}/answer\n")
        (tmp_path / "curl").chmod(0o755)
        (tmp_path / "answer").write_bytes(client.get("/healthz/ready").content)
        path = f"{tmp_path}:{os.environ['PATH']}"
        done = subprocess.run(["sh", "-c", command], env={"PATH": path}, check=False)
        assert done.returncode == ends_with

    def test_check_deploy_warns(self) -> None:
        (warning,) = self.warnings()
        assert "default, mail" in warning.msg
        worker_seen("one", "default,mail")
        assert self.warnings() == []

    def test_check_deploy_leaves_a_database_that_is_away_to_others(self, monkeypatch: Any) -> None:
        def away() -> list[str]:
            raise DatabaseError

        monkeypatch.setattr("vosportal.worker_check.queues_without_worker", away)
        assert self.warnings() == []

    def test_check_alone_does_not_ask(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            run_checks()

    def warnings(self) -> list[Any]:
        found = run_checks(include_deployment_checks=True)
        return [one for one in found if one.id == "portal.W101"]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRealWorker:
    def test_a_worker_says_that_it_is_there_and_for_which_queues(self, administrator: User) -> None:
        worker = processes.managing("db_worker", "--batch", "--no-reload", "--no-startup-delay")
        assert processes.ended(worker) == 0
        assert Worker.objects.get().queues == "default,mail"
        assert queues_without_worker() == []

    def test_a_worker_for_mails_alone(self) -> None:
        worker = processes.managing(
            "db_worker", "--batch", "--no-reload", "--no-startup-delay", "--queue-name", "mail"
        )
        assert processes.ended(worker) == 0
        assert queues_without_worker() == ["default"]
