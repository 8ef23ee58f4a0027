"""What keeps a job from being done: cancelling, a lost token, rights that are gone; and doing it
again.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry, User
from accounts.jobs.models import Job
from accounts.jobs.queries import file_of, jobs_of
from accounts.jobs.services.jobs import job_cancel, job_retry, job_start
from accounts.jobs.services.upkeep import requeue_interrupted
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.logins.services.logins import login_lock
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close
from tests.factories import StaffFactory, UserFactory
from tests.support.jobs import (
    ended,
    kind_of_work,
    name_now,
    rename,
    start,
    work_off,
)

pytestmark = pytest.mark.django_db
State = Job.State
MINUTE = timedelta(minutes=1)


def test_a_waiting_job_is_cancelled_and_never_begins(login: User) -> None:
    runs = []
    with kind_of_work(lambda work: runs.append(1)) as kind:
        job = start(login, kind)
        job_cancel(actor=actor_for(login), job=job)
        assert ended(job)[0] == State.CANCELLED
    assert runs == []


def test_cancelling_before_the_commit_takes_everything_back(login: User) -> None:
    def run(work: Any) -> None:
        with work.commit():
            rename("Changed")
            job_cancel(actor=actor_for(login), job=work.job)

    # Both in one transaction here: the whole of it is undone, so ask whether it got through.
    before = name_now()
    through = []
    with kind_of_work(lambda work: (run(work), through.append(1))) as kind:
        job = start(login, kind)
        work_off()
    assert through == []
    assert name_now() == before
    assert Job.objects.get(pk=job.pk).committed_at is None


def test_a_cancelled_job_stops_at_its_next_progress(
    login: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.jobs.services.work.TICK", 0)
    reached = []

    def run(work: Any) -> None:
        for at in range(10):
            work.progress(at, 10)
            reached.append(at)
            if at == 3:
                job_cancel(actor=actor_for(login), job=work.job)

    with kind_of_work(run) as kind:
        job = start(login, kind)
        assert ended(job)[0] == State.CANCELLED
    assert reached == [0, 1, 2, 3]


def test_what_is_committed_cannot_be_cancelled(login: User) -> None:
    def run(work: Any) -> None:
        with work.commit():
            rename("Changed")
        with pytest.raises(Refused, match="its work is done"):
            job_cancel(actor=actor_for(login), job=work.job)

    with kind_of_work(run) as kind:
        job = start(login, kind)
        assert ended(job) == (State.DONE, "")
    with pytest.raises(Refused, match="its work is done"):
        job_cancel(actor=actor_for(login), job=job)
    assert name_now() == "Changed"


def test_cancelling_twice_is_cancelling(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
        job_cancel(actor=actor_for(login), job=job)
        assert job_cancel(actor=actor_for(login), job=job).state == State.CANCELLED
    assert AuditEntry.objects.filter(action="job.cancel").count() == 1


def test_a_worker_that_lost_its_token_commits_nothing(login: User) -> None:
    """Believed dead, and queued again: the second worker does the work, the first comes back."""
    order = []

    def run(work: Any) -> None:
        order.append(work.job.attempt)
        if work.job.attempt == 1:
            Job.objects.filter(pk=work.job.pk).update(heartbeat_at=timezone.now() - 2 * MINUTE)
            requeue_interrupted()
            work_off()
        with work.commit():
            rename(f"By attempt {work.job.attempt}")

    with kind_of_work(run) as kind:
        job = start(login, kind)
        assert ended(job)[0] == State.DONE
    assert order == [1, 2]
    assert job.attempt == 2
    assert name_now() == "By attempt 2"


def test_a_job_commits_once(login: User) -> None:
    def run(work: Any) -> None:
        with work.commit():
            rename("Once")
        with pytest.raises(RuntimeError), work.commit():
            rename("Twice")

    with kind_of_work(run) as kind:
        assert ended(start(login, kind))[0] == State.DONE
    assert name_now() == "Once"


# --- Rights --------------------------------------------------------------------------------------


def close_agent(login: User) -> None:
    account_close(actor=SYSTEM, account=Account.objects.get(account_id="Agent"), reason="test")


def lock(account_id: str) -> Any:
    def do(login: User) -> None:
        account_lock(actor=SYSTEM, account=Account.objects.get(account_id=account_id), reason="x")

    return do


def lock_login(login: User) -> None:
    login_lock(actor=SYSTEM, user=login, reason="test")


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        (lock_login, "The login that started it is locked."),
        (close_agent, "The account of the login that started it is closed."),
        (lock("Agent"), "is locked or expired"),
        (lock("Top"), "or a level above it, is locked or expired"),
    ],
)
def test_who_may_not_act_any_more_has_no_job_done(login: User, meanwhile: Any, said: str) -> None:
    runs = []
    with kind_of_work(lambda work: runs.append(1)) as kind:
        job = start(login, kind)
        meanwhile(login)
        state, error = ended(job)
    assert (state, runs) == (State.FAILED, [])
    assert said in error


def test_who_is_no_administrator_any_more_has_no_job_done() -> None:
    administrator = StaffFactory(administrator=True)
    runs = []
    with kind_of_work(lambda work: runs.append(1)) as kind:
        job = start(administrator, kind)
        administrator.groups.clear()
        state, error = ended(job)
    assert (state, runs) == (State.FAILED, [])
    assert "no administrator any more" in error


def test_only_looking_starts_cancels_and_retries_nothing(login: User) -> None:
    looking = replace(actor_for(login), read_only=True)
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
        with pytest.raises(NotAllowed):
            job_start(actor=looking, kind=kind, input={})
        with pytest.raises(NotAllowed):
            job_cancel(actor=looking, job=job)
        with pytest.raises(NotAllowed):
            job_retry(actor=looking, job=job)


def test_jobs_of_others_are_none_and_all_are_the_administrators(login: User) -> None:
    colleague = UserFactory(account=login.account)
    above = UserFactory(account=Account.objects.get(account_id="Top"))
    administrator = actor_for(StaffFactory(administrator=True))
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
    assert list(jobs_of(actor_for(login))) == [job]
    assert list(jobs_of(administrator)) == [job]
    for other in (colleague, above):
        assert not jobs_of(actor_for(other)).exists()
        with pytest.raises(NotInScope):
            job_cancel(actor=actor_for(other), job=job)
    assert job_cancel(actor=administrator, job=job).state == State.CANCELLED


# --- Again ---------------------------------------------------------------------------------------


def test_a_failed_job_is_tried_again_by_who_started_it(login: User) -> None:
    refuse = [True]

    def run(work: Any) -> None:
        work.result(["a"], [["left from before"]], errors=True)
        if refuse:
            raise Refused("Not now.", code="not_now")
        work.result(["a"], [], errors=True)

    with kind_of_work(run) as kind:
        job = start(login, kind, rows=(["a"], [["x"]]))
        assert ended(job)[0] == State.FAILED
        with pytest.raises(Refused):
            job_retry(actor=actor_for(StaffFactory(administrator=True)), job=job)
        refuse.clear()
        assert job_retry(actor=actor_for(login), job=job).state == State.QUEUED
        assert ended(job) == (State.DONE, "")
        with pytest.raises(Refused):
            job_retry(actor=actor_for(login), job=job)
    assert file_of(job, "input") == (["a"], [["x"]])


def test_work_that_is_done_twice_when_begun_twice_is_not_retried(login: User) -> None:
    def run(work: Any) -> None:
        raise Refused("Half way.", code="half")

    with kind_of_work(run, is_idempotent=False) as kind:
        job = start(login, kind)
        work_off()
        with pytest.raises(Refused, match="cannot be started again"):
            job_retry(actor=actor_for(login), job=job)
