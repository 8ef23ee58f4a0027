"""Jobs at work: a task in the queue brings one to a worker, which takes it, works and says how it
ended.

The queue may bring a job twice, or lose it: `take` gives it to one worker, and housekeeping
(`upkeep`) looks after what nobody works at.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import task

from accounts.core.actor import NOBODY, Actor, Kind, actor_for
from accounts.core.models import User
from accounts.core.record import ORIGIN, Origin
from accounts.jobs.kinds import Gone, kind_of
from accounts.jobs.models import Job, JobFile
from accounts.jobs.services.work import Pulse, Work, mine
from accounts.kit.errors import Busy, DomainError, Refused

log = structlog.get_logger(__name__)

# How often a job is begun before somebody has to look at it.
MOST_ATTEMPTS = 3
# How long a job waits that was given back because others were in its way.
PAUSE = timedelta(seconds=5)
# How often a worker without a database tries to give its job back, so long apart.
_TRIES = 6

State = Job.State


@task
def run_job(pk: str) -> None:
    """What the queue holds: the key of a job and nothing else."""
    job = take(uuid.UUID(pk))
    if job is None:
        # Brought twice, cancelled or purged meanwhile.
        return
    token = ORIGIN.set(Origin(job.request_id, job.address))
    try:
        work_at(job)
    finally:
        ORIGIN.reset(token)


def enqueue(job: Job, *, after: timedelta | None = None) -> None:
    """Put a queued job into the queue. In the transaction that queued it: they are there together
    or not at all.
    """
    now = timezone.now()
    waiting = run_job.using(run_after=now + after) if after else run_job
    job.task_id = uuid.UUID(waiting.enqueue(str(job.pk)).id)
    job.queued_at = now
    job.save(update_fields=["task_id", "queued_at"])


@transaction.atomic
def take(pk: uuid.UUID) -> Job | None:
    """The job, now running and this worker's; None if it does not wait any more."""
    job = Job.objects.select_for_update().filter(pk=pk, state=State.QUEUED).first()
    if job is None:
        return None
    job.state, job.token = State.RUNNING, uuid.uuid4()
    job.attempt += 1
    if job.position is None:
        job.done = 0
    job.started_at = job.heartbeat_at = timezone.now()
    job.save(
        update_fields=["state", "token", "attempt", "done", "started_at", "heartbeat_at"],
    )
    if job.position is None:
        # Of an attempt before this one.
        job.files.exclude(name=JobFile.Name.INPUT).delete()
    return job


def work_at(job: Job) -> None:
    """Do the work of a job that was taken, and write how it ended."""
    kind = kind_of(job)
    with Pulse(job) as pulse:
        work = Work(job, NOBODY, pulse)
        try:
            work.actor = _actor_of(job)
            # What it writes is read by who asked for it.
            with _as_for(work.actor):
                kind.run(work)
        except Gone:
            log.info("job taken away", job=str(job.pk))
            return
        except Busy as error:
            if kind.is_idempotent and job.attempt < MOST_ATTEMPTS and not work.is_committed:
                return give_back(job, after=PAUSE)
            error_text = str(error.message)
        except DomainError as error:
            error_text = str(error.message)
        except (OperationalError, InterfaceError) as error:
            # The server restarts, or broke off this one statement.
            log.warning("database broke off", job=str(job.pk), error=str(error))
            if _given_back(job, kind.is_idempotent and not work.is_committed):
                return None
            error_text = _("The database broke off the work.")
        except Exception:
            log.exception("job failed", job=str(job.pk), kind=job.kind)
            error_text = _(
                "An error of the portal stopped it. It is logged under the number of this job."
            )
        except BaseException:
            # The worker is told to stop at once.
            give_back(job)
            raise
        else:
            error_text = ""
    _end(job, work, error_text)


def _given_back(job: Job, may_go_on: bool) -> bool:
    """Whether the job waits again, for a worker that has a database. Where there is none for long,
    housekeeping takes it from this worker: raises what the database says.
    """
    if connection.in_atomic_block:
        return False
    # What is broken is only replaced once it is closed.
    connection.close()
    if not may_go_on or job.attempt >= MOST_ATTEMPTS:
        return False
    for left in reversed(range(_TRIES)):
        try:
            give_back(job, after=PAUSE)
        except (OperationalError, InterfaceError):
            if not left:
                raise
            connection.close()
            time.sleep(PAUSE.total_seconds())
        else:
            return True
    raise AssertionError("unreachable")


def _end(job: Job, work: Work, error: str) -> None:
    """Write how the work ended; nothing if it was taken away meanwhile."""
    if work.is_committed and error:
        error = _("The work is done, but not its report. %(why)s") % {"why": error}
    is_failed = error and not work.is_committed
    failed = State.DONE_IN_PART if work.position else State.FAILED
    state = failed if is_failed else _done_state(job, error)
    _close(job, state, error, **work.outcome())


def _done_state(job: Job, error: str = "") -> State:
    has_errors = error or job.files.filter(name=JobFile.Name.ERRORS, count__gt=0).exists()
    return State.DONE_WITH_ERRORS if has_errors else State.DONE


def _close(job: Job, state: State, error: str = "", **more: Any) -> None:
    mine(job).update(state=state, error=error[:500], token=None, finished_at=timezone.now(), **more)


@transaction.atomic
def give_back(job: Job, *, after: timedelta | None = None) -> None:
    """End an attempt that did not come to its end: done if it has committed, else queued again or,
    where that might do the work twice or was tried often enough, interrupted or done in part, with
    a sentence.
    """
    locked = Job.objects.select_for_update().filter(pk=job.pk, token=job.token).first()
    if locked is None:
        return
    if locked.committed_at:
        _close(locked, _done_state(locked))
    elif not kind_of(locked).is_idempotent:
        _close(
            locked,
            State.INTERRUPTED,
            _(
                "The worker at it stopped. Look at what it did before you start it again: some of "
                "it may be done."
            ),
        )
    elif locked.attempt >= MOST_ATTEMPTS:
        _close(
            locked,
            State.DONE_IN_PART if locked.position else State.INTERRUPTED,
            _("The worker at it stopped, %(count)s times.") % {"count": locked.attempt},
        )
    else:
        locked.state, locked.token = State.QUEUED, None
        if locked.position is None:
            locked.done = 0
        locked.save(update_fields=["state", "token", "done"])
        enqueue(locked, after=after)


@contextmanager
def _as_for(actor: Actor) -> Iterator[None]:
    """The language and the time zone of a person who does not look at this very moment."""
    assert actor.user is not None
    with translation.override(actor.user.language), timezone.override(actor.user.zone):
        yield


def _actor_of(job: Job) -> Actor:
    """Who started the job, as the login may act now. Raises Refused where it may not at all."""
    user = User.objects.select_related("account").get(pk=job.login_id)
    if not user.is_active:
        raise Refused(_("The login that started it is locked."), code="login_locked")
    actor = actor_for(user)
    if actor.kind is Kind.ACCOUNT and user.account_id == job.account_id:
        if actor.blocked_by:
            raise Refused(
                _(
                    "The account of the login that started it, or a level above it, is locked or "
                    "expired."
                ),
                code="account_blocked",
            )
        return actor
    if actor.is_administrator and job.account_id is None:
        return actor
    if user.account_id is not None:
        raise Refused(
            _("The account of the login that started it is closed."), code="account_closed"
        )
    raise Refused(
        _("The login that started it is no administrator any more."), code="not_administrator"
    )
