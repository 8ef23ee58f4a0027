"""No mail waits for a job: one worker does both at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django_tasks_db.management.commands.db_worker import Worker as Queue

from accounts.core.actor import actor_for
from accounts.jobs.models import Job, Worker
from accounts.jobs.services.jobs import job_start
from accounts.mail.models import Mail
from accounts.mail.services import beside
from accounts.mail.services.beside import MailsBeside
from accounts.mail.services.queue import mail_queue
from accounts.management.commands import db_worker
from tests.factories import StaffFactory
from tests.support import job_worker, processes
from tests.support.mail_servers import SLOW
from tests.support.mails import queued_mail
from tests.support.processes import Process
from tests.support.waiting import until, wait_until_alone


class TestTheCommand:
    """Without a database: what is done beside, and what by the worker itself."""

    @pytest.mark.parametrize(
        ("options", "is_beside", "queues", "without"),
        [
            ([], True, ["default"], []),
            (["--queue-name=*"], True, ["*"], ["mail"]),
            (["--queue-name=*", "--exclude-queues=mail"], False, ["*"], ["mail"]),
            (["--queue-name=mail"], False, ["mail"], []),
            (["--queue-name=default"], False, ["default"], []),
            (["--batch"], False, ["default", "mail"], []),
            (["--max-tasks=1"], False, ["default", "mail"], []),
        ],
    )
    def test_mails_go_beside_where_there_is_something_else_to_do(
        self,
        monkeypatch: pytest.MonkeyPatch,
        options: list[str],
        is_beside: bool,
        queues: list[str],
        without: list[str],
    ) -> None:
        begun: list[str] = []
        looked_after = []
        monkeypatch.setattr(MailsBeside, "__enter__", lambda one: begun.append("mails"))
        monkeypatch.setattr(MailsBeside, "__exit__", lambda *_all: None)
        monkeypatch.setattr(db_worker.Beat, "__enter__", lambda one: one)
        monkeypatch.setattr(db_worker.Beat, "__exit__", lambda *_all: None)
        monkeypatch.setattr(Queue, "configure_signals", lambda _one: None)
        monkeypatch.setattr(
            Queue,
            "run",
            lambda one: looked_after.append((one.queue_names, one.excluded_queue_names)),
        )
        call_command("db_worker", "--no-reload", *options)
        assert begun == ["mails"] * is_beside
        assert looked_after == [(queues, without)]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestAtWork:
    @pytest.fixture
    def worker(self) -> Iterator[Callable[[], Process]]:
        job_worker.register()
        started: list[Process] = []

        def start() -> Process:
            started.append(processes.begin(job_worker.work_on))
            return started[-1]

        yield start
        for process in started:
            processes.killed(process)
        wait_until_alone()
        for code in job_worker.CODES:
            del job_worker.kinds._kinds[code]

    def start(self, kind: str, **more: Any) -> Job:
        values = {"account": "Made", **{name: str(value) for name, value in more.items()}}
        return job_start(actor=actor_for(StaffFactory(administrator=True)), kind=kind, input=values)

    def test_a_mail_is_sent_while_a_job_goes_on(
        self, worker: Callable[[], Process], tmp_path: Path
    ) -> None:
        # On SQLite nobody queues a mail while another writes.
        where = "inside" if connection.vendor == "postgresql" else "before"
        job = self.start("test-safe", stop=where, folder=tmp_path)
        worker()
        until((tmp_path / "reached").exists)
        (mail,) = mail_queue("mail.test", [None], address="kamal@example.com")
        until(lambda: Mail.objects.filter(pk=mail.pk, state=Mail.State.SENT).exists())
        job.refresh_from_db()
        assert job.state == Job.State.RUNNING
        assert Worker.objects.get().queues == "default,mail"
        (tmp_path / "go").touch()
        until(lambda: Job.objects.filter(pk=job.pk, state=Job.State.DONE).exists())

    def test_mails_and_the_parts_of_a_job_get_along(
        self, worker: Callable[[], Process], tmp_path: Path
    ) -> None:
        job = self.start("test-many", folder=tmp_path)
        worker()
        for n in range(10):
            mail_queue("mail.test", [None], address=f"kamal-{n}@example.com")
        until(lambda: Mail.objects.filter(state=Mail.State.SENT).count() == 10)
        (tmp_path / "go").touch()
        until(lambda: Job.objects.filter(pk=job.pk, state=Job.State.DONE).exists())
        assert Mail.objects.filter(attempts=1).count() == 10

    def test_told_to_stop_it_ends_the_mail_it_is_at(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = SLOW
        mail = queued_mail()
        with MailsBeside("worker", 0.1, "default"):
            until(lambda: Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING).exists())
        mail.refresh_from_db()
        assert mail.state == Mail.State.SENT

    def test_it_outlives_its_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        failures: list[Exception] = [OperationalError("gone"), RuntimeError("unforeseen")]
        run = Queue.run

        def runs(queue: Queue) -> None:
            if failures:
                raise failures.pop(0)
            run(queue)

        monkeypatch.setattr(Queue, "run", runs)
        monkeypatch.setattr(beside, "PAUSE", 0)
        mail = queued_mail()
        with MailsBeside("worker", 0.1, "default"):
            until(lambda: Mail.objects.filter(pk=mail.pk, state=Mail.State.SENT).exists())
        assert failures == []
