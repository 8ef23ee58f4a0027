"""Background work in the Django admin: to look at, for whoever watches over the workers."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.jobs.models import Job, Worker
from accounts.portal.admin import ReadOnlyAdmin


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """What waits, what runs and for how long without a sign of life. What it is about, and its
    lists, are the business of who started it; its token is a secret of the worker's.
    """

    list_display = (
        "created_at", "kind", "state", "login", "progress", "attempt", "heartbeat_at",
        "finished_at",
    )  # fmt: skip
    list_select_related = ("login",)
    list_filter = ("state",)
    search_fields = ("login__username__iexact", "kind__iexact")
    search_help_text = _("User name or kind, written out in full")
    ordering = ("-created_at", "pk")
    sortable_by = ()
    fields = (
        "id", "kind", "state", "error", "login", "account", "progress", "attempt", "task_id",
        "created_at", "queued_at", "started_at", "heartbeat_at", "committed_at", "finished_at",
        "request_id", "address",
    )  # fmt: skip

    @admin.display(description=_("progress"))
    def progress(self, job: Job) -> str:
        return f"{job.done} / {job.total}" if job.total else "–"


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Which workers there are, and when each was seen. None within five minutes: nothing is sent,
    and no job is done.
    """

    list_display = ("name", "host", "queues", "started_at", "seen_at")
    ordering = ("-seen_at", "pk")
    sortable_by = ()
    fields = ("name", "host", "queues", "started_at", "seen_at")
