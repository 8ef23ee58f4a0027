"""What jobs need from time to time. Every step may run at any time, any number of times, on any
number of machines.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.jobs.models import Job
from accounts.jobs.services.run import enqueue, give_back
from accounts.jobs.services.work import SILENCE

# How long an ended job is kept with its lists, and an ended task of the queue.
KEPT = timedelta(days=30)
TASKS_KEPT = timedelta(days=7)
_BATCH = 200


def requeue_interrupted() -> int:
    """Take the jobs away from workers that are silent for too long; return how many. Those that may
    be done again are queued again, the others say what happened.
    """

    def silent() -> Q:
        return Q(state=Job.State.RUNNING, heartbeat_at__lt=timezone.now() - SILENCE)

    count = 0
    for pk in Job.objects.filter(silent()).values_list("pk", flat=True):
        with transaction.atomic():
            # A row that is locked is committing, or in other hands.
            rows = Job.objects.select_for_update(skip_locked=True)
            job = rows.filter(silent(), pk=pk).first()
            if job:
                give_back(job)
                count += 1
    return count


def enqueue_lost() -> int:
    """Queue again the jobs that wait while no task will bring them to a worker; return how many."""

    def waiting() -> Q:
        return Q(state=Job.State.QUEUED, queued_at__lt=timezone.now() - SILENCE)

    count = 0
    for pk in Job.objects.filter(waiting()).values_list("pk", flat=True):
        with transaction.atomic():
            rows = Job.objects.select_for_update(skip_locked=True)
            job = rows.filter(waiting(), pk=pk).first()
            if job and not _will_come(job):
                enqueue(job)
                count += 1
    return count


def _will_come(job: Job) -> bool:
    """Whether its task still stands in the queue, or was handed to a worker a moment ago."""
    if job.task_id is None:
        return False
    just_now = timezone.now() - SILENCE
    return DBTaskResult.objects.filter(
        Q(status=TaskResultStatus.READY)
        | Q(status=TaskResultStatus.RUNNING, started_at__gt=just_now),
        pk=job.task_id,
    ).exists()


def purge_old() -> int:
    """Delete jobs that ended long ago, with their lists; return how many."""
    old = Job.objects.exclude(state__in=Job.OPEN).filter(finished_at__lt=timezone.now() - KEPT)
    count = 0
    while pks := list(old.values_list("pk", flat=True)[:_BATCH]):
        _deleted, each = old.filter(pk__in=pks).delete()
        count += each.get(Job._meta.label, 0)
    return count


def prune_tasks() -> int:
    """Delete what the queue keeps of tasks that ended, or whose worker was killed; return how many.
    Jobs do not need it.
    """
    before = timezone.now() - TASKS_KEPT
    deleted, _each = DBTaskResult.objects.filter(
        Q(finished_at__lt=before) | Q(status=TaskResultStatus.RUNNING, started_at__lt=before)
    ).delete()
    return deleted
