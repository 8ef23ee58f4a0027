"""Workers whose database goes away and comes back: they go on, and so does what they were at."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django_tasks_db.management.commands import db_worker

from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_start
from accounts.jobs.services.upkeep import requeue_interrupted
from accounts.management.commands import db_worker as lasting
from tests.factories import StaffFactory
from tests.support import job_worker, processes
from tests.support.processes import Process
from tests.support.waiting import until, wait_until_alone

State = Job.State


class TestTheCommand:
    """Without a database: what it does when one is missing."""

    def test_it_begins_again_when_the_database_is_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = [OperationalError("the database system is starting up"), None]

        def run(_worker: Any) -> None:
            if answer := answers.pop(0):
                raise answer

        monkeypatch.setattr(lasting, "PAUSE", 0)
        monkeypatch.setattr(lasting.connections, "close_all", lambda: None)
        monkeypatch.setattr(db_worker.Worker, "run", run)
        monkeypatch.setattr(db_worker.Worker, "configure_signals", lambda _worker: None)
        call_command("db_worker", "--no-reload", "--queue-name=default")
        assert answers == []

    def test_who_waits_for_an_empty_queue_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def run(_worker: Any) -> None:
            raise OperationalError("gone")

        monkeypatch.setattr(db_worker.Worker, "run", run)
        monkeypatch.setattr(db_worker.Worker, "configure_signals", lambda _worker: None)
        with pytest.raises(OperationalError):
            call_command("db_worker", "--batch", "--no-reload")


@contextmanager
def restarting() -> Iterator[None]:
    """As long as this lasts everybody is thrown out of the database and nobody gets in."""
    values = {**connection.get_connection_params(), "dbname": "postgres"}
    named = {name: values[name] for name in ("dbname", "host", "user", "port") if name in values}
    mine = connection.settings_dict["NAME"]
    connection.close()
    with closing(psycopg.connect(**named, autocommit=True)) as server:
        server.execute(f'ALTER DATABASE "{mine}" WITH ALLOW_CONNECTIONS false')
        out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        try:
            server.execute(out, [mine])
            yield
        finally:
            server.execute(f'ALTER DATABASE "{mine}" WITH ALLOW_CONNECTIONS true')


@pytest.mark.postgres
@pytest.mark.race
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
class TestARestart:
    @pytest.fixture(autouse=True)
    def _kinds(self) -> Iterator[None]:
        job_worker.register()
        yield
        for code in job_worker.CODES:
            del job_worker.kinds._kinds[code]

    @pytest.fixture
    def login(self) -> User:
        return StaffFactory(administrator=True)

    @pytest.fixture
    def worker(self) -> Iterator[Callable[[], Process]]:
        started: list[Process] = []

        def start() -> Process:
            started.append(processes.begin(job_worker.work_on))
            return started[-1]

        yield start
        for process in started:
            processes.killed(process)
        wait_until_alone()

    def start(self, login: User, kind: str = "test-safe", **more: Any) -> Job:
        values = {"account": "Made", **{name: str(value) for name, value in more.items()}}
        return job_start(actor=actor_for(login), kind=kind, input=values)

    def is_done(self, job: Job) -> Callable[[], bool]:
        return lambda: Job.objects.filter(pk=job.pk, state=State.DONE).exists()

    def test_an_idle_worker_does_the_next_job(self, login: User, worker: Any) -> None:
        process = worker()
        until(self.is_done(self.start(login)))
        with restarting():
            time.sleep(1)
        job = job_start(actor=actor_for(login), kind="test-safe", input={"account": "Later"})
        until(self.is_done(job))
        assert process.is_alive()

    @pytest.mark.parametrize("where", ["before", "inside"])
    def test_the_job_it_was_at_is_done_once_by_the_same_worker(
        self, login: User, worker: Any, tmp_path: Path, where: str
    ) -> None:
        process = worker()
        job = self.start(login, stop=where, folder=tmp_path)
        until((tmp_path / "reached").exists)
        with restarting():
            (tmp_path / "go").touch()
            time.sleep(1)
        until(self.is_done(job))
        assert requeue_interrupted() == 0
        assert Account.objects.filter(account_id="Made").count() == 1
        assert process.is_alive()

    @pytest.mark.parametrize("where", ["between", "inside"])
    def test_work_in_parts_goes_on_where_it_stood(
        self, login: User, worker: Any, tmp_path: Path, where: str
    ) -> None:
        worker()
        job = self.start(login, "test-parts", stop=where, folder=tmp_path)
        until((tmp_path / "reached").exists)
        with restarting():
            (tmp_path / "go").touch()
            time.sleep(1)
        until(self.is_done(job))
        job.refresh_from_db()
        assert job.position == {"made": 3}
        made = Account.objects.filter(name="Made by a job").values_list("account_id", flat=True)
        assert sorted(made) == ["Made-0", "Made-1", "Made-2"]
