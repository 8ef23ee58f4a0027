"""Jobs as somebody may know of them, and their lists. Nothing here writes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.jobs.models import Job, JobFile, JobOutput, Worker
from accounts.jobs.packing import unpacked
from accounts.kit.prepared import Prepared

# A worker that has not said for so long that it is there counts as gone.
SEEN_WITHIN = timedelta(minutes=5)
_EVERY_QUEUE = "*"


def queues_without_worker() -> list[str]:
    """The queues that no worker seen lately looks after, by name. One query."""
    seen = _SEEN.rows((), timezone.now() - SEEN_WITHIN)
    served = {one for (names,) in seen for one in names.split(",")}
    queues: Any = settings.TASKS["default"]["QUEUES"]
    return [] if _EVERY_QUEUE in served else [one for one in queues if one not in served]


def _seen(_shape: Any, since: datetime) -> "QuerySet[Worker, Any]":
    return Worker.objects.filter(seen_at__gte=since).order_by().values_list("queues")


_SEEN = Prepared(_seen)


def jobs_of(actor: Actor) -> "QuerySet[Job]":
    """The jobs somebody may know of: the login's own, or all for administrators."""
    if actor.is_administrator:
        return Job.objects.all()
    return Job.objects.filter(login=actor.user) if actor.user else Job.objects.none()


def open_jobs(login_pk: int) -> "QuerySet[Job]":
    """The login's own jobs that wait or run."""
    return Job.objects.filter(login=login_pk, state__in=Job.OPEN)


def moment_asked(job: Job) -> datetime:
    """As of when the files of a job are: the moment they were asked for. Jobs of older versions do
    not say it; they were made at it.
    """
    said = job.input.get("asked_at")
    return datetime.fromisoformat(said) if said else job.created_at


def file_of(job: Job, name: str) -> tuple[list[str], list[list[Any]]] | None:
    """One of the job's lists as its header and its rows."""
    file = job.files.filter(name=name).first()
    return (file.header, rows_of(file)) if file else None


def files_of(job: Job) -> list[JobFile]:
    """The job's lists without their rows."""
    return list(job.files.defer("rows").order_by("pk"))


def outputs_of(job: Job) -> "QuerySet[JobOutput]":
    """The finished files of the job."""
    return job.outputs.filter(number__gt=0).order_by("number")


def pieces_of(output: JobOutput) -> Iterator[bytes]:
    """A finished file, so much of it at a time."""
    pieces = output.pieces.order_by("number")
    for number in pieces.values_list("number", flat=True):
        yield bytes(pieces.values_list("content", flat=True).get(number=number))


def rows_of(file: JobFile) -> list[list[Any]]:
    """The rows as they were stored."""
    return [[unpacked(value) for value in row] for row in file.rows]
