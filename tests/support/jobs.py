"""Jobs in tests: kinds of work that do what a test says, and a worker that works off the queue."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connection
from django_tasks_db.management.commands.db_worker import Worker

from accounts import jobs
from accounts.jobs import JobKind


def work_off() -> None:
    """Do what `manage.py db_worker --batch` does: everything that is in the queue."""
    worker = Worker(
        queue_names=["default"],
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
    jobs.register(JobKind(code, "Test work", run, is_idempotent, **more))
    try:
        yield code
    finally:
        del jobs._kinds[code]
