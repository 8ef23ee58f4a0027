"""What housekeeping does for jobs: silent workers, tasks that are lost, what is old."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.core.actor import actor_for
from accounts.core.models import User
from accounts.jobs.models import Job, JobFile
from accounts.jobs.services.jobs import job_cancel, job_retry, job_start
from accounts.jobs.services.run import take
from accounts.jobs.services.upkeep import enqueue_lost, prune_tasks, purge_old, requeue_interrupted
from tests.factories import UserFactory
from tests.support.jobs import kind_of_work, work_off

pytestmark = pytest.mark.django_db
State = Job.State
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def login() -> User:
    return UserFactory()


def start(login: User, kind: str) -> Job:
    return job_start(actor=actor_for(login), kind=kind, input={}, rows=(["a"], [["x"]]))


def later(by: timedelta) -> Any:
    return time_machine.travel(timezone.now() + by)


def test_a_job_that_says_it_goes_on_is_left_alone(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
        take(job.pk)
        with later(timedelta(seconds=55)):
            assert requeue_interrupted() == 0


def test_a_job_that_stops_its_worker_again_and_again_is_given_up(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
        for n in range(3):
            with later((2 * n + 1) * MINUTE):
                assert take(job.pk)
            with later((2 * n + 2.5) * MINUTE):
                assert requeue_interrupted() == 1
        job.refresh_from_db()
        assert (job.state, job.attempt) == (State.INTERRUPTED, 3)
        assert job.error == "The worker at it stopped, 3 times."
        # Who started it may ask for it again.
        job_retry(actor=actor_for(login), job=job)
        work_off()
    job.refresh_from_db()
    assert (job.state, job.attempt, job.error) == (State.DONE, 1, "")


@pytest.mark.parametrize("state", ["gone", "RUNNING", "FAILED"])
def test_a_job_whose_task_is_lost_gets_a_new_one(login: User, state: str) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
        if state == "gone":
            DBTaskResult.objects.all().delete()
        else:
            DBTaskResult.objects.update(status=state, started_at=timezone.now())
        assert enqueue_lost() == 0
        with later(2 * MINUTE):
            assert enqueue_lost() == 1
            assert enqueue_lost() == 0
        work_off()
    job.refresh_from_db()
    assert job.state == State.DONE


def test_a_job_whose_task_waits_in_the_queue_is_left_alone(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        start(login, kind)
    with later(DAY):
        assert enqueue_lost() == 0
    assert DBTaskResult.objects.count() == 1


def test_ended_jobs_are_kept_for_thirty_days_and_open_ones_for_ever(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        done, cancelled = start(login, kind), start(login, kind)
        job_cancel(actor=actor_for(login), job=cancelled)
        work_off()
        waiting = start(login, kind)
    with later(29 * DAY):
        assert purge_old() == 0
    with later(31 * DAY):
        assert purge_old() == 2
        assert purge_old() == 0
    assert list(Job.objects.all()) == [waiting]
    assert not JobFile.objects.filter(job=done).exists()


def test_the_queue_forgets_tasks_that_ended_or_whose_worker_was_killed(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        start(login, kind)
        work_off()
        start(login, kind)
        DBTaskResult.objects.filter(status="READY").update(
            status="RUNNING", started_at=timezone.now()
        )
        start(login, kind)
    with later(6 * DAY):
        assert prune_tasks() == 0
    with later(8 * DAY):
        assert prune_tasks() == 2
    assert DBTaskResult.objects.get().status == "READY"


def test_housekeeping_does_it_all(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
        take(job.pk)
        out = StringIO()
        with later(2 * MINUTE):
            call_command("housekeeping", stdout=out)
    assert "interrupted jobs: 1 taken from silent workers" in out.getvalue()
    assert "lost jobs: 0 queued again" in out.getvalue()
    job.refresh_from_db()
    assert job.state == State.QUEUED
