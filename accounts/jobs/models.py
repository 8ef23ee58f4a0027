"""Work that goes on beside the pages: what was asked for, by whom, how far it is, what came of it.

Lives here, below every app that has such work. Written by `accounts.jobs.services` only.
"""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import Account
from accounts.core.models.user import User


class Job(models.Model):
    """One piece of work. The queue that hands it to a worker is never asked how it stands: a worker
    that is killed would run there for ever.

    `token` is what the worker at it must hold when it commits; whoever takes the job away changes
    it. Only a running job has one. Between `committed_at`, which is written in the transaction of
    the work itself, and `finished_at` nothing but the report is missing. Work in parts has a
    `position` instead: what lies before it exists, whatever becomes of the rest.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        DONE_WITH_ERRORS = "done_with_errors", _("Done with errors")
        DONE_IN_PART = "done_in_part", _("Done in part")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")
        CANCELLED = "cancelled", _("Cancelled")

    # The states in which something is still to come.
    OPEN = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    # What was asked for, and what came of it; in figures and short texts. Lists are files.
    input = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    # The form that asked for it: sent twice it starts one job, whose input this is the digest of.
    key = models.CharField(max_length=64, blank=True)
    input_hash = models.CharField(max_length=64)
    # Why it is not done, for a person.
    error = models.CharField(max_length=500, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    login = models.ForeignKey(User, on_delete=models.CASCADE, related_name="jobs")
    # The account of the login when it was started; null for platform staff.
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="jobs")
    # Where the request came from that started it, for the audit log.
    request_id = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True)
    # How far work has come that commits in parts, written with each of them; null: no part is done.
    position = models.JSONField(null=True)
    # How often it was begun since somebody asked for it, or since its last part.
    attempt = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True)
    # The task in the queue that will bring it to a worker.
    task_id = models.UUIDField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes: ClassVar = [
            models.Index(fields=["login", "-created_at"], name="job_by_login"),
            models.Index(fields=["state", "heartbeat_at"], name="job_by_state"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["login", "key"], condition=~Q(key=""), name="job_key_once"
            ),
            models.CheckConstraint(
                condition=Q(state="running", token__isnull=False)
                | (~Q(state="running") & Q(token__isnull=True)),
                name="job_token_while_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"

    @property
    def is_ended(self) -> bool:
        return self.state not in self.OPEN


class JobFile(models.Model):
    """A list a job works on or leaves behind: rows of short texts under their headings."""

    class Name(models.TextChoices):
        INPUT = "input", _("List")
        RESULT = "result", _("Result")
        ERRORS = "errors", _("Errors")

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=8, choices=Name.choices)
    header = models.JSONField(default=list)
    rows = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "name"], name="job_file_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.job_id}"


class Worker(models.Model):
    """A process that works the queue off, and when it said so the last time."""

    name = models.CharField(primary_key=True, max_length=64)
    host = models.CharField(_("host"), max_length=100)
    # The queues it serves; "*" is all of them.
    queues = models.CharField(_("queues"), max_length=200)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    seen_at = models.DateTimeField(_("seen"), default=timezone.now)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return f"{self.name} on {self.host}"


class JobOutput(models.Model):
    """A finished file of a job, as it is taken. It is written whole, in one transaction, or not at
    all. Number 0 is no file: what the worker notes for itself.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="outputs")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    rows = models.PositiveIntegerField(default=0)
    # In bytes.
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="job_output_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.job_id}"


class JobOutputPiece(models.Model):
    """So much of a file as is held in memory at a time."""

    output = models.ForeignKey(JobOutput, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["output", "number"], name="job_output_piece_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.output_id}"
