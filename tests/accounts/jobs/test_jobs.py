"""Background work through its services and the queue: what becomes of a job."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.core.actor import actor_for
from accounts.core.models import AuditEntry, User
from accounts.core.record import ORIGIN, Origin
from accounts.jobs.models import Job
from accounts.jobs.queries import file_of
from accounts.jobs.services.jobs import job_cancel, job_retry
from accounts.kit.errors import Busy, Refused
from tests.factories import UserFactory
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
