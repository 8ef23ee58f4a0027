"""Real worker processes: who takes a job, and what is left of it when one of them is killed."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.core.actor import actor_for
from accounts.core.models import Account, AuditEntry, User
from accounts.jobs.models import Job
from accounts.jobs.queries import file_of
from accounts.jobs.services.jobs import job_cancel, job_start
from accounts.jobs.services.upkeep import requeue_interrupted
from tests.factories import StaffFactory
from tests.support import job_worker, processes
from tests.support.processes import Process, ended
from tests.support.waiting import until, wait_until_alone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
State = Job.State


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    job_worker.register()
    yield
    for code in job_worker.CODES:
        del job_worker.kinds._kinds[code]


@pytest.fixture
def login() -> User:
    return StaffFactory(administrator=True)


@pytest.fixture
def worker() -> Iterator[Callable[..., Process]]:
    """`worker("--batch")` starts a worker on the database of this test."""
    started = []

    def start(*options: str) -> Process:
        process = processes.begin(job_worker.work_on, *options)
        started.append(process)
        return process

    yield start
    for process in started:
        processes.killed(process)
    wait_until_alone()


def start(login: User, account: str, kind: str = "test-safe", **more: Any) -> Job:
    values = {"account": account, **{name: str(value) for name, value in more.items()}}
    return job_start(actor=actor_for(login), kind=kind, input=values)


def killed(process: Process, folder: Path) -> None:
    """Kill the worker once it is where the job's input says, and see that nobody touches the job
    before it is silent for a minute; then somebody does.
    """
    until((folder / "reached").exists)
    processes.killed(process)
    wait_until_alone()
    assert requeue_interrupted() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=75)):
        assert requeue_interrupted() == 1
        assert requeue_interrupted() == 0


def test_the_same_form_sent_by_many_at_once_starts_one_job(login: User) -> None:
    def send(_n: int) -> Any:
        try:
            return job_start(
                actor=actor_for(login), kind="test-safe", input={"account": "Made"}, key="form"
            ).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as people:
        started = set(people.map(send, range(24)))
    assert started == {Job.objects.get().pk}
    assert AuditEntry.objects.filter(action="job.start").count() == 1


def test_several_workers_do_every_job_once(login: User, worker: Any) -> None:
    jobs = [start(login, f"Made-{n}") for n in range(24)]
    for process in [worker("--batch") for _ in range(3)]:
        assert ended(process) == 0
    states = Job.objects.values_list("state", "attempt")
    assert list(states) == [(State.DONE, 1)] * len(jobs)
    assert Account.objects.filter(name="Made by a job").count() == len(jobs)


@pytest.mark.parametrize("where", ["before", "inside"])
def test_a_job_whose_worker_is_killed_is_done_by_the_next_one(
    login: User, worker: Any, tmp_path: Path, where: str
) -> None:
    job = start(login, "Made", stop=where, folder=tmp_path)
    killed(worker(), tmp_path)
    assert not Account.objects.filter(account_id="Made").exists()
    job.refresh_from_db()
    assert (job.state, job.token) == (State.QUEUED, None)
    ended(worker("--batch"))
    job.refresh_from_db()
    assert (job.state, job.attempt, job.result) == (State.DONE, 2, {"made": 1})
    assert Account.objects.filter(account_id="Made").count() == 1
    assert AuditEntry.objects.filter(action="account.create", account="Made").count() == 1
    assert file_of(job, "result") == (["account"], [["Made"]])


@pytest.mark.parametrize("where", ["between", "inside"])
def test_work_in_parts_whose_worker_is_killed_goes_on_where_it_stood(
    login: User, worker: Any, tmp_path: Path, where: str
) -> None:
    job = start(login, "Made", "test-parts", stop=where, folder=tmp_path)
    killed(worker(), tmp_path)
    job.refresh_from_db()
    assert (job.state, job.position) == (State.QUEUED, {"made": 1})
    assert Account.objects.filter(name="Made by a job").count() == 1
    ended(worker("--batch"))
    job.refresh_from_db()
    assert (job.state, job.position) == (State.DONE, {"made": 3})
    made = Account.objects.filter(name="Made by a job").values_list("account_id", flat=True)
    assert sorted(made) == ["Made-0", "Made-1", "Made-2"]


def test_a_job_killed_after_its_commit_is_done_and_not_begun_again(
    login: User, worker: Any, tmp_path: Path
) -> None:
    job = start(login, "Made", stop="after", folder=tmp_path)
    killed(worker(), tmp_path)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.result) == (State.DONE, 1, {"made": 1})
    assert file_of(job, "result") == (["account"], [["Made"]])


def test_a_killed_job_that_might_be_done_twice_says_so_instead(
    login: User, worker: Any, tmp_path: Path
) -> None:
    job = start(login, "Made", kind="test-unsafe", stop="inside", folder=tmp_path)
    killed(worker(), tmp_path)
    ended(worker("--batch"))
    job.refresh_from_db()
    assert job.state == State.INTERRUPTED
    assert "some of it may be done" in job.error


def test_a_worker_told_to_stop_at_once_gives_the_job_back(
    login: User, worker: Any, tmp_path: Path
) -> None:
    job = start(login, "Made", stop="inside", folder=tmp_path)
    process = worker()
    until((tmp_path / "reached").exists)
    for _ in range(2):
        process.terminate()
        time.sleep(0.3)
    ended(process)
    job.refresh_from_db()
    assert job.state == State.QUEUED
    assert not Account.objects.filter(account_id="Made").exists()


def test_a_worker_told_to_stop_ends_what_it_is_at(login: User, worker: Any, tmp_path: Path) -> None:
    job = start(login, "Made", stop="inside", folder=tmp_path)
    process = worker()
    until((tmp_path / "reached").exists)
    process.terminate()
    (tmp_path / "go").touch()
    assert ended(process) == 0
    job.refresh_from_db()
    assert job.state == State.DONE


def test_a_job_is_cancelled_while_it_works(login: User, worker: Any, tmp_path: Path) -> None:
    # On SQLite whoever writes waits until the work's transaction is over, so cancel before it.
    where = "inside" if connection.vendor == "postgresql" else "before"
    job = start(login, "Made", stop=where, folder=tmp_path)
    process = worker("--batch")
    until((tmp_path / "reached").exists)
    job_cancel(actor=actor_for(login), job=job)
    ended(process)
    job.refresh_from_db()
    assert (job.state, job.committed_at) == (State.CANCELLED, None)
    assert not Account.objects.filter(account_id="Made").exists()


def test_progress_and_heartbeat_are_seen_by_others(
    login: User, worker: Any, tmp_path: Path
) -> None:
    job = start(login, "Made", stop="before", folder=tmp_path)
    process = worker("--batch")
    until((tmp_path / "reached").exists)
    before = Job.objects.get(pk=job.pk).heartbeat_at
    assert before
    until(lambda: Job.objects.filter(pk=job.pk, done__gt=0, heartbeat_at__gt=before).exists())
    (tmp_path / "go").touch()
    ended(process)


@pytest.mark.postgres
def test_it_beats_on_while_the_work_is_in_its_transaction(
    login: User, worker: Any, tmp_path: Path
) -> None:
    job = start(login, "Made", stop="inside", folder=tmp_path)
    process = worker("--batch")
    until((tmp_path / "reached").exists)
    seen = Job.objects.get(pk=job.pk).done
    until(lambda: Job.objects.filter(pk=job.pk, done__gt=seen + 10).exists())
    (tmp_path / "go").touch()
    ended(process)
    job.refresh_from_db()
    assert job.state == State.DONE
