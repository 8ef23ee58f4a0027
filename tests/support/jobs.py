"""Jobs in tests: kinds of work that do what a test says, a worker that works off the queue, and an
account `Agent` whose name work can change.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connection
from django_tasks_db.management.commands.db_worker import Worker

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, User
from accounts.jobs import kinds
from accounts.jobs.kinds import JobKind
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_start
from accounts.tree.services.accounts import account_edit
from tests.factories import AccountFactory, UserFactory


def work_off(*queues: str) -> None:
    """Do what `manage.py db_worker --batch` does: everything that is in these queues, or in all."""
    worker = Worker(
        queue_names=list(queues) or ["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="tests",
        excluded_queue_names=[],
    )
    if not connection.in_atomic_block:
        return worker.run()
    # The test's own transaction has the only connection that sees the job.
    with mock.patch("django_tasks_db.management.commands.db_worker.close_old_connections"):
        worker.run()


@contextmanager
def kind_of_work(
    run: Callable[[Any], None], *, code: str = "test-work", is_idempotent: bool = True, **more: Any
) -> Iterator[str]:
    """For the time of a test: a kind of work that does what `run` does."""
    kinds.register_job(JobKind(code, "Test work", run, is_idempotent, **more))
    try:
        yield code
    finally:
        del kinds._kinds[code]


def login_of_agent() -> User:
    """A login of the account Agent, which lies below the account Top."""
    agent = AccountFactory(account_id="Agent", parent=AccountFactory(account_id="Top"))
    return UserFactory(account=agent)


def rename(name: str) -> None:
    account_edit(actor=SYSTEM, account=Account.objects.get(account_id="Agent"), name=name)


def name_now() -> str:
    return Account.objects.get(account_id="Agent").name


def start(login: User, kind: str, **more: Any) -> Job:
    return job_start(actor=actor_for(login), kind=kind, input={"reason": "because"}, **more)


def ended(job: Job) -> tuple[str, str]:
    """The job's state and what is said about it, once the queue is empty."""
    work_off()
    job.refresh_from_db()
    return job.state, job.error
