"""Work that commits in parts: each with its place and the token, and what stays of it when it is
stopped between two.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.core.actor import actor_for
from accounts.core.models import User
from accounts.jobs.models import Job
from accounts.jobs.queries import file_of
from accounts.jobs.services.jobs import job_cancel, job_retry
from accounts.jobs.services.run import MOST_ATTEMPTS
from accounts.jobs.services.upkeep import requeue_interrupted
from accounts.jobs.services.work import SILENCE
from accounts.jobs.words import shown_job
from accounts.kit.errors import Refused
from tests.support.jobs import ended, kind_of_work, name_now, rename, start

pytestmark = pytest.mark.django_db
State = Job.State
ALL = ("First", "Second", "Third")


class Parts:
    """Work in three parts, each of which gives the account a name; `between` is called after each
    with how many are done.
    """

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.between: Callable[[Any, int], None] = lambda work, made: None

    def __call__(self, work: Any) -> None:
        made = (work.position or {"made": 0})["made"]
        self.begun.append(made)
        for at in range(made, 3):
            work.progress(at + 1, 3)
            with work.part({"made": at + 1}):
                rename(ALL[at])
            self.between(work, at + 1)
        work.finish({"made": 3})


@pytest.fixture
def parts() -> Iterator[Parts]:
    run = Parts()
    with kind_of_work(run, in_parts=lambda job: f"{job.position['made']} of 3 names are given."):
        yield run


def stop_once(error: BaseException, at: int = 2) -> Callable[[Any, int], None]:
    left = [error]

    def between(_work: Any, made: int) -> None:
        if made == at and left:
            raise left.pop()

    return between


def test_all_parts_done_is_done(login: User, parts: Parts) -> None:
    job = start(login, "test-work")
    assert ended(job) == (State.DONE, "")
    assert (name_now(), job.position, job.done, job.result) == (
        "Third", {"made": 3}, 3, {"made": 3},
    )  # fmt: skip


def test_a_part_and_its_place_are_written_together_or_not_at_all(login: User, parts: Parts) -> None:
    before = name_now()

    def run(work: Any) -> None:
        with work.part({"made": 1}):
            rename("First")
            raise OSError("disk full")

    with kind_of_work(run, code="breaks", in_parts=lambda job: ""):
        job = start(login, "breaks")
        assert ended(job)[0] == State.FAILED
    assert (name_now(), job.position) == (before, None)


@pytest.mark.parametrize("error", [OSError("disk full"), Refused("Not any more.", code="x")])
def test_what_fails_behind_a_part_is_done_in_part(
    login: User, parts: Parts, error: Exception
) -> None:
    parts.between = stop_once(error)
    job = start(login, "test-work")
    assert ended(job)[0] == State.DONE_IN_PART
    assert name_now() == "Second"


def test_its_page_names_what_exists(login: User, parts: Parts) -> None:
    parts.between = stop_once(Refused("Not any more.", code="x"))
    job = start(login, "test-work")
    ended(job)
    shown = shown_job(actor_for(login), job)
    assert shown.said == "Not any more. 2 of 3 names are given."
    assert (shown.state, shown.may_retry, shown.retry) == (
        "done in part", True, "Go on with it",
    )  # fmt: skip


def test_it_goes_on_where_it_stood(login: User, parts: Parts) -> None:
    parts.between = stop_once(OSError("disk full"))
    job = start(login, "test-work")
    ended(job)
    job_retry(actor=actor_for(login), job=job)
    assert ended(job) == (State.DONE, "")
    assert (parts.begun, name_now()) == ([0, 2], "Third")


def test_a_worker_told_to_stop_gives_it_back_with_its_place(login: User, parts: Parts) -> None:
    parts.between = stop_once(SystemExit())
    job = start(login, "test-work")
    assert ended(job) == (State.DONE, "")
    assert (parts.begun, name_now()) == ([0, 2], "Third")


def silent(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(
        state=State.RUNNING, token=uuid4(), heartbeat_at=timezone.now() - 2 * SILENCE
    )


def test_a_killed_worker_s_job_is_taken_up_at_its_place(login: User, parts: Parts) -> None:
    job = start(login, "test-work")
    Job.objects.filter(pk=job.pk).update(position={"made": 1}, done=1, attempt=1)
    silent(job)
    assert requeue_interrupted() == 1
    assert ended(job) == (State.DONE, "")
    assert parts.begun == [1]


def test_what_kills_its_workers_ends_as_done_in_part(login: User, parts: Parts) -> None:
    job = start(login, "test-work")
    Job.objects.filter(pk=job.pk).update(position={"made": 1}, done=1, attempt=MOST_ATTEMPTS)
    silent(job)
    requeue_interrupted()
    job.refresh_from_db()
    assert (job.state, job.done) == (State.DONE_IN_PART, 1)


def test_only_attempts_that_bring_no_part_count(login: User, parts: Parts) -> None:
    """As many stops as end a job whose work is all or nothing."""
    assert MOST_ATTEMPTS == 3

    def between(_work: Any, _made: int) -> None:
        raise SystemExit

    parts.between = between
    job = start(login, "test-work")
    assert ended(job) == (State.DONE, "")
    assert parts.begun == [0, 1, 2, 3]


def test_cancelled_between_two_parts_it_stops_and_says_what_is_done(
    login: User, parts: Parts
) -> None:
    parts.between = lambda work, made: (
        job_cancel(actor=actor_for(login), job=work.job) if made == 2 else None
    )
    job = start(login, "test-work")
    assert ended(job) == (State.DONE_IN_PART, "It was cancelled.")
    assert (name_now(), job.position) == ("Second", {"made": 2})


def test_cancelled_before_its_first_part_nothing_is_changed(login: User, parts: Parts) -> None:
    before = name_now()
    job = start(login, "test-work")
    job_cancel(actor=actor_for(login), job=job)
    assert ended(job)[0] == State.CANCELLED
    assert name_now() == before


def test_without_its_token_a_worker_writes_no_further_part(login: User, parts: Parts) -> None:
    """Somebody else has the job by now: the part and its place are taken back."""

    def taken(work: Any, made: int) -> None:
        if made == 1:
            Job.objects.filter(pk=work.job.pk).update(token=uuid4())

    parts.between = taken
    job = start(login, "test-work")
    assert ended(job)[0] == State.RUNNING
    assert (name_now(), job.position) == ("First", {"made": 1})


def test_lists_of_its_earlier_parts_stay_when_it_goes_on(login: User) -> None:
    def run(work: Any) -> None:
        if work.position is None:
            with work.part({"made": 1}):
                work.result(["name"], [["First"]])
            raise OSError("disk full")

    with kind_of_work(run, in_parts=lambda job: "One part is done."):
        job = start(login, "test-work")
        ended(job)
        job_retry(actor=actor_for(login), job=job)
        assert ended(job) == (State.DONE, "")
    assert file_of(job, "result") == (["name"], [["First"]])


def test_a_kind_that_does_not_say_so_has_no_parts(login: User) -> None:
    def run(work: Any) -> None:
        with work.part({"made": 1}):
            rename("First")

    before = name_now()
    with kind_of_work(run) as kind:
        job = start(login, kind)
        assert ended(job)[0] == State.FAILED
    assert name_now() == before


def test_a_database_that_breaks_off_fails_with_a_sentence_where_it_cannot_be_given_back(
    login: User,
) -> None:
    """In a test everything is one transaction, and what broke off cannot be tried again."""

    def run(work: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with kind_of_work(run) as kind:
        job = start(login, kind)
        assert ended(job) == (State.FAILED, "The database broke off the work.")
