"""What a job's work holds in its hands: its input, its progress, and the moments it commits.

A worker that was believed to be dead may still be at work. What keeps it from doing harm is the
token: whoever takes the job away changes it, and `Work.commit` and `Work.part` end well only while
it is the same.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.jobs.kinds import Cancelled, TokenLost, kind_of
from accounts.jobs.models import Job, JobFile
from accounts.jobs.queries import rows_of
from accounts.jobs.services.files import file_store

log = structlog.get_logger(__name__)

# A running job says so this often, and is believed to be dead after so much silence.
EVERY = timedelta(seconds=5)
SILENCE = timedelta(seconds=60)
# Progress is written no more often than this.
TICK = 0.5


class Pulse:
    """Writes, beside the work, that it goes on and how far it is.

    From a thread with a connection of its own, so that the work's transaction neither delays it nor
    takes it back. Where the work itself runs inside a transaction (tests) nobody else could see the
    job, and the work writes for itself.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        # The row is not this worker's any more.
        self.is_lost = False
        self._now = self._written = (job.done, job.total)
        self._at = time.monotonic()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Pulse":
        if not connection.in_atomic_block:
            name = f"job-{self.job.pk}"
            self._thread = threading.Thread(target=self._go_on, name=name, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def note(self, done: int, total: int) -> None:
        """Remember how far the work is; it is written with the next beat."""
        self._now = (done, total)
        if self._thread is None and time.monotonic() - self._at >= TICK:
            self._beat()

    def _go_on(self) -> None:
        try:
            while not self._over.wait(TICK) and not self.is_lost:
                is_due = time.monotonic() - self._at >= EVERY.total_seconds()
                if not is_due and self._now == self._written:
                    continue
                try:
                    self._beat()
                except (DatabaseError, InterfaceError) as error:
                    # A locked file, a server that restarts: the next beat may succeed.
                    log.warning("heartbeat failed", job=str(self.job.pk), error=str(error))
                    connection.close()
        finally:
            connection.close()

    def _beat(self) -> None:
        done, total = self._now
        self.is_lost = not mine(self.job).update(
            done=done, total=total, heartbeat_at=timezone.now()
        )
        self._written, self._at = (done, total), time.monotonic()


class Work:
    """One attempt at a job, as its kind sees it."""

    def __init__(self, job: Job, actor: Actor, pulse: Pulse) -> None:
        self.job = job
        # Who started it, as the database knows the login now. Services read it again.
        self.actor = actor
        self.input: dict[str, Any] = job.input
        self.is_committed = self._is_committing = False
        self._pulse = pulse
        self._done, self._total = job.done, job.total
        # Where the part before this moment ended; None before the first one.
        self.position: dict[str, Any] | None = job.position
        # What earlier parts said stands.
        self._result: dict[str, Any] = dict(job.result) if job.position else {}

    def rows(self, name: str = JobFile.Name.INPUT) -> list[list[Any]]:
        """The rows of one of the job's lists; none if there is no such list."""
        file = JobFile.objects.filter(job=self.job, name=name).first()
        return rows_of(file) if file else []

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the work is; as cheap as an assignment.

        Raises Cancelled or TokenLost when the work is no longer wanted: let them pass.
        """
        self._done, self._total = done, self._total if total is None else total
        self._pulse.note(self._done, self._total)
        if self._pulse.is_lost and not self.is_committed:
            self._require_mine(lock=False)

    @contextmanager
    def commit(self) -> Iterator[None]:
        """A transaction, the only one that changes data: it and the mark that the job is done are
        written together or not at all. From then on the job can neither be cancelled nor be begun
        again; before, both undo everything in here.

        Raises Cancelled or TokenLost when the job is no longer this worker's: let them pass.
        """
        if self.is_committed:
            raise RuntimeError("A job commits once.")
        with self._one_transaction():
            yield
            self._mark(committed_at=timezone.now())
        self.is_committed = True

    @contextmanager
    def part(self, position: Mapping[str, Any]) -> Iterator[None]:
        """One of the transactions of a kind that works in parts: what is written in it and
        `position`, from which an attempt after this one goes on, are there together or not at all.
        Between parts the job may be cancelled, or go to another worker.

        Raises Cancelled or TokenLost when the job is no longer this worker's: let them pass.
        """
        if kind_of(self.job).in_parts is None or not position:
            raise RuntimeError("Only a kind that says so works in parts, each with a position.")
        with self._one_transaction():
            yield
            # Only attempts that come to nothing count.
            self._mark(position=dict(position), attempt=1)
        self.position, self.job.attempt = dict(position), 1

    def result(
        self, header: Sequence[Any], rows: Iterable[Sequence[Any]], *, errors: bool = False
    ) -> None:
        """Leave a list behind: what was done, or (`errors`) what was left out and why. A job with
        errors ends as "done with errors". Inside `commit` it is there if the work is.
        """
        name = JobFile.Name.ERRORS if errors else JobFile.Name.RESULT
        with transaction.atomic():
            self._require_mine(lock=not self._is_committing)
            file_store(self.job, name, header, rows)

    def finish(self, result: Mapping[str, Any]) -> None:
        """What came of it, in figures and short texts. Said inside `commit` it is kept with the
        work, whatever happens afterwards.
        """
        self._result = dict(result)

    def outcome(self) -> dict[str, Any]:
        """What is kept of a finished job."""
        return {"done": self._done, "total": self._total, "result": self._result}

    @contextmanager
    def _one_transaction(self) -> Iterator[None]:
        with transaction.atomic():
            self._require_mine(lock=False)
            self._is_committing = True
            try:
                yield
            finally:
                self._is_committing = False

    def _mark(self, **more: Any) -> None:
        """Note what the transaction comes to. Last in it, so that heartbeats and cancelling need
        not wait for the work.
        """
        self._require_mine(lock=True)
        mine(self.job).update(done=self._done, total=self._total, result=self._result, **more)

    def _require_mine(self, *, lock: bool) -> None:
        rows = Job.objects.filter(pk=self.job.pk)
        row = (rows.select_for_update() if lock else rows).values_list("state", "token").first()
        if row == (Job.State.RUNNING, self.job.token):
            return
        was_cancelled = row and row[0] in (Job.State.CANCELLED, Job.State.DONE_IN_PART)
        raise Cancelled if was_cancelled else TokenLost


def is_seen_meanwhile() -> bool:
    """Whether anybody sees how far work in one transaction is before it ends. SQLite has one writer
    for all: where there is nothing to be seen, a job that begins without a total is "at work".
    """
    return connection.vendor != "sqlite"


def mine(job: Job) -> Any:
    """The job's row as long as it is this worker's."""
    return Job.objects.filter(pk=job.pk, token=job.token)
