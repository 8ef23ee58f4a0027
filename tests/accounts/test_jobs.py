"""Background work through its services and the queue: what becomes of a job, and who may do what
to it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.access import SYSTEM, actor_for
from accounts.audit import ORIGIN, Origin
from accounts.errors import Busy, NotAllowed, NotInScope, Refused
from accounts.models import Account, AuditEntry, Job, User
from accounts.services.accounts import account_edit, account_lock
from accounts.services.ending import account_close
from accounts.services.jobs import file_of, job_cancel, job_retry, job_start, jobs_of
from accounts.services.jobs_upkeep import requeue_interrupted
from accounts.services.logins import login_lock
from tests.factories import AccountFactory, StaffFactory, UserFactory
from tests.support.jobs import kind_of_work, work_off

pytestmark = pytest.mark.django_db
State = Job.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def login() -> User:
    agent = AccountFactory(account_id="Agent", parent=AccountFactory(account_id="Top"))
    return UserFactory(account=agent)


def start(login: User, kind: str, **more: Any) -> Job:
    return job_start(actor=actor_for(login), kind=kind, input={"reason": "because"}, **more)


def rename(name: str) -> None:
    account_edit(actor=SYSTEM, account=Account.objects.get(account_id="Agent"), name=name)


def name_now() -> str:
    return Account.objects.get(account_id="Agent").name


def ended(job: Job) -> tuple[str, str]:
    """The job's state and what is said about it, once the queue is empty."""
    work_off()
    job.refresh_from_db()
    return job.state, job.error


def test_a_job_waits_for_a_worker_runs_and_is_done(login: User) -> None:
    seen = []

    def run(work: Any) -> None:
        work.job.refresh_from_db()
        seen.append((work.job.state, work.actor.user, work.input, work.rows()))
        work.progress(2, 2)
        work.finish({"renamed": 2})

    with kind_of_work(run) as kind:
        job = start(login, kind, rows=(["account"], [["A"], ["B"]]))
        assert (job.state, job.total) == (State.QUEUED, 2)
        assert ended(job) == (State.DONE, "")
    assert seen == [(State.RUNNING, login, {"reason": "because"}, [["A"], ["B"]])]
    assert (job.done, job.result, job.token) == (2, {"renamed": 2}, None)
    assert job.finished_at


def test_the_caller_that_takes_everything_back_takes_the_job_back_too(login: User) -> None:
    with kind_of_work(lambda work: None) as kind, transaction.atomic():
        start(login, kind)
        assert DBTaskResult.objects.exists()
        transaction.set_rollback(True)
    assert not Job.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_the_queue_holds_the_number_of_the_job_and_nothing_else(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
    (task,) = DBTaskResult.objects.all()
    assert task.args_kwargs == {"args": [str(job.pk)], "kwargs": {}}


def test_a_job_brought_twice_is_done_once(login: User) -> None:
    runs = []
    with kind_of_work(lambda work: runs.append(1)) as kind:
        job = start(login, kind)
        (task,) = DBTaskResult.objects.all()
        task.pk = None
        task.save()
        assert ended(job)[0] == State.DONE
    assert DBTaskResult.objects.count() == 2
    assert runs == [1]


def test_rows_come_back_as_they_were_given(login: User) -> None:
    row = ["A", 3, Decimal("12.50"), datetime.fromisoformat("2026-11-23T10:00:00+00:00"), None]
    seen = []

    def run(work: Any) -> None:
        seen.extend(work.rows())
        work.result(["a", "b", "c", "d", "e"], work.rows())

    with kind_of_work(run) as kind:
        job = start(login, kind, rows=(["a", "b", "c", "d", "e"], [row]))
        work_off()
    assert seen == [row]
    assert file_of(job, "result") == (["a", "b", "c", "d", "e"], [row])


def test_what_was_left_out_makes_a_job_done_with_errors(login: User) -> None:
    def run(work: Any) -> None:
        with work.commit():
            work.result(["line", "why"], [[3, "no such account"]], errors=True)

    with kind_of_work(run) as kind:
        job = start(login, kind)
        assert ended(job) == (State.DONE_WITH_ERRORS, "")
    assert file_of(job, "errors") == (["line", "why"], [[3, "no such account"]])


def test_an_empty_list_of_errors_is_none(login: User) -> None:
    with kind_of_work(lambda work: work.result(["line"], [], errors=True)) as kind:
        assert ended(start(login, kind))[0] == State.DONE


def test_a_refusal_is_the_sentence_of_the_job(login: User) -> None:
    def run(work: Any) -> None:
        with work.commit():
            rename("Changed")
            raise Refused("There is not enough credit.", code="insufficient_funds")

    before = name_now()
    with kind_of_work(run) as kind:
        assert ended(start(login, kind)) == (State.FAILED, "There is not enough credit.")
    assert name_now() == before


def test_a_failure_of_ours_is_logged_and_not_shown(
    login: User, caplog: pytest.LogCaptureFixture
) -> None:
    def run(work: Any) -> None:
        raise ZeroDivisionError("secret inner workings")

    with kind_of_work(run) as kind:
        state, error = ended(start(login, kind))
    assert state == State.FAILED
    assert "secret" not in error
    assert error.startswith("An error of the portal stopped it.")
    assert "secret inner workings" in caplog.text


def test_a_failure_after_the_work_is_done_does_not_undo_it_in_words(login: User) -> None:
    def run(work: Any) -> None:
        with work.commit():
            rename("Changed")
        raise ZeroDivisionError

    with kind_of_work(run) as kind:
        job = start(login, kind)
        state, error = ended(job)
    assert state == State.DONE_WITH_ERRORS
    assert error.startswith("The work is done, but not its report.")
    assert name_now() == "Changed"
    with pytest.raises(Refused):
        job_retry(actor=actor_for(login), job=job)


def test_a_job_in_the_way_of_others_waits_and_tries_again(login: User) -> None:
    tries = []

    def run(work: Any) -> None:
        tries.append(work.job.attempt)
        raise Busy

    with kind_of_work(run) as kind:
        job = start(login, kind)
        assert ended(job)[0] == State.QUEUED
        for _ in range(2):
            DBTaskResult.objects.update(run_after=timezone.now())
            state, error = ended(job)
    assert tries == [1, 2, 3]
    assert state == State.FAILED
    assert "try again" in error


def test_a_kind_that_is_gone_fails_in_words(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
    assert ended(job)[0] == State.FAILED


# --- Cancelling and fencing ----------------------------------------------------------------------


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
    monkeypatch.setattr("accounts.services.jobs_work.TICK", 0)
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


def test_the_same_form_starts_one_job(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        first = start(login, kind, key="form-1", rows=(["a"], [["x"]]))
        again = start(login, kind, key="form-1", rows=(["a"], [["x"]]))
        assert again == first
        with pytest.raises(Refused) as refused:
            start(login, kind, key="form-1", rows=(["a"], [["y"]]))
        assert refused.value.code == "key_reused"
        other = start(UserFactory(account=login.account), kind, key="form-1")
    assert other != first
    assert Job.objects.count() == DBTaskResult.objects.count() == 2


def test_starting_and_cancelling_are_recorded(login: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
        job_cancel(actor=actor_for(login), job=job)
    entries = AuditEntry.objects.filter(action__startswith="job.").order_by("pk")
    assert [(one.action, one.actor, one.account, one.subject) for one in entries] == [
        ("job.start", login.username, "Agent", "Test work"),
        ("job.cancel", login.username, "Agent", "Test work"),
    ]


def test_what_a_job_does_is_recorded_with_where_it_was_asked_from(login: User) -> None:
    token = ORIGIN.set(Origin("request-7", "192.0.2.7"))
    try:
        with kind_of_work(lambda work: rename("From afar")) as kind:
            start(login, kind)
            ORIGIN.set(None)
            work_off()
    finally:
        ORIGIN.reset(token)
    entry = AuditEntry.objects.get(action="account.edit")
    assert (entry.request_id, entry.address) == ("request-7", "192.0.2.7")
