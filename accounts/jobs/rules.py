"""Whether a job can still be cancelled, or begun again."""

from accounts.core.actor import Actor
from accounts.jobs.kinds import is_known, kind_of
from accounts.jobs.models import Job

_RETRIED = (Job.State.FAILED, Job.State.INTERRUPTED, Job.State.DONE_IN_PART)


def may_cancel(actor: Actor, job: Job) -> bool:
    """Whether the job can still be cancelled, by this actor."""
    return not actor.read_only and job.state in Job.OPEN and job.committed_at is None


def may_retry(actor: Actor, job: Job) -> bool:
    """Whether the job can be queued again: by who started it, since it runs with those rights, and
    where nothing is done twice.
    """
    is_own = actor.user is not None and job.login_id == actor.user.pk and not actor.read_only
    is_safe = is_known(job.kind) and kind_of(job).is_idempotent and job.committed_at is None
    return is_own and is_safe and job.state in _RETRIED
