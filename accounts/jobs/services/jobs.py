"""Background work as people ask for it: start, look at, cancel and retry jobs.

What takes longer than a page may is a job (docs/architecture.md). Its kind is registered in
`accounts.jobs.kinds`; workers do it, `run` beside this.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import User
from accounts.core.record import ORIGIN, Origin, record
from accounts.jobs.kinds import is_known, kind_of
from accounts.jobs.models import Job, JobFile
from accounts.jobs.queries import jobs_of
from accounts.jobs.rules import may_cancel, may_retry
from accounts.jobs.services.files import file_store
from accounts.jobs.services.run import enqueue
from accounts.kit.errors import NotAllowed, NotInScope, Refused

State = Job.State


@transaction.atomic
def job_start(
    *,
    actor: Actor,
    kind: str,
    input: Mapping[str, Any],
    rows: tuple[Sequence[Any], Iterable[Sequence[Any]]] | None = None,
    total: int = 0,
    key: str = "",
) -> Job:
    """Have a worker do work of this kind; return the job, which waits for one.

    `input` holds texts, figures and lists of them; `rows` is a list to work on, as its header and
    its rows. `total` is what the progress goes up to, by default the rows. `key` names the form
    that asks: sent twice, it starts one job. The job begins once the caller's transaction is
    committed, with the rights the login has by then.

    Raises NotAllowed for a read-only actor or one without a login, Refused (`key_reused`) when the
    form was sent before with something else in it.
    """
    if not is_known(kind):
        raise LookupError(f"No package registers the kind {kind!r}.")
    user = _login(actor)
    header, lines = (rows[0], [list(row) for row in rows[1]]) if rows else ((), [])
    digest = _digest(kind, input, header, lines)
    started = _started(user, key, digest)
    if started:
        return started
    origin = ORIGIN.get() or Origin()
    job = Job(
        kind=kind,
        input=dict(input),
        input_hash=digest,
        key=key,
        total=total or len(lines),
        login=user,
        account_id=actor.account_pk,
        request_id=origin.request_id,
        address=origin.address,
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        # The same form, sent twice at once.
        started = _started(user, key, digest)
        if started is None:
            raise
        return started
    if rows:
        file_store(job, JobFile.Name.INPUT, header, lines)
    enqueue(job)
    _record(actor, job, "job.start", total=job.total)
    return job


@transaction.atomic
def job_cancel(*, actor: Actor, job: Job) -> Job:
    """Cancel a job before it has changed anything, or between two of its parts, which stay; one
    that is cancelled already is returned.

    Raises NotInScope, NotAllowed for a read-only actor, Refused (`too_late`) once it has changed
    something or has ended.
    """
    locked = _locked(actor, job)
    if locked.state == State.CANCELLED:
        return locked
    if not may_cancel(actor, locked):
        done = _("It is too late to cancel this job: its work is done.")
        ended = _("It is too late to cancel this job: it has ended.")
        raise Refused(done if locked.committed_at else ended, code="too_late")
    locked.state, locked.token, locked.finished_at = State.CANCELLED, None, timezone.now()
    if locked.position:
        locked.state, locked.error = State.DONE_IN_PART, _("It was cancelled.")
    locked.save(update_fields=["state", "error", "token", "finished_at"])
    _record(actor, locked, "job.cancel", done=locked.done, total=locked.total)
    return locked


@transaction.atomic
def job_retry(*, actor: Actor, job: Job) -> Job:
    """Queue a job again that failed or was interrupted; in parts, it goes on where it stood.

    Raises NotInScope, NotAllowed for a read-only actor, Refused (`not_again`) where the work might
    be done twice, is somebody else's or has not ended that way.
    """
    locked = _locked(actor, job)
    if not may_retry(actor, locked):
        raise Refused(_("This job cannot be started again."), code="not_again")
    locked.state, locked.error, locked.attempt = State.QUEUED, "", 0
    if not locked.position:
        locked.done = 0
    locked.started_at = locked.finished_at = None
    locked.save(update_fields=["state", "error", "attempt", "done", "started_at", "finished_at"])
    enqueue(locked)
    _record(actor, locked, "job.retry")
    return locked


def _login(actor: Actor) -> User:
    if actor.user is None or actor.read_only:
        raise NotAllowed(
            _("Jobs are started by people, and not while only looking."), code="read_only"
        )
    return actor.user


def _locked(actor: Actor, job: Job) -> Job:
    _login(actor)
    locked = jobs_of(actor).select_for_update().filter(pk=job.pk).first()
    if locked is None:
        raise NotInScope(_("There is no such job."))
    return locked


def _started(user: User, key: str, digest: str) -> Job | None:
    known = Job.objects.filter(login=user, key=key).first() if key else None
    if known and known.input_hash != digest:
        raise Refused(
            _("This form was sent before with something else in it. Open it again."),
            code="key_reused",
        )
    return known


def _digest(kind: str, *parts: Any) -> str:
    text = json.dumps([kind, *parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _record(actor: Actor, job: Job, action: str, **after: Any) -> None:
    record(
        actor=actor,
        action=action,
        account=job.account,
        subject=kind_of(job).title_of(job)[:150],
        after={"job": str(job.pk), **after},
    )
