"""Background work on pages: the list, one job with its progress, cancelling, retrying, its lists as
files.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID
from zlib import crc32

from django.contrib import messages
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.exports import export_recorded
from accounts.jobs.kinds import kind_of
from accounts.jobs.models import Job, JobFile
from accounts.jobs.queries import (
    file_of,
    files_of,
    jobs_of,
    moment_asked,
    outputs_of,
    pieces_of,
)
from accounts.jobs.services.jobs import job_cancel, job_retry
from accounts.jobs.words import ShownJob, cell, columns_of, facts, following, shown_job
from accounts.kit.errors import Refused
from accounts.kit.moments import as_of
from accounts.kit.sheets_out import content_type, download, kind_asked, offered
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Empty
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListPage
from accounts.portal.lists.views.numbered import NumberedPages
from accounts.portal.views.base import PortalView
from accounts.portal.views.exports import export_of
from accounts.portal.views.responses import SeeOther

# Errors that the page itself shows; all of them are in the file.
_MOST_ERRORS = 10


class JobsView(ListPage, NumberedPages):
    """One's own jobs, the latest first; everybody's for administrators."""

    authorization = None
    heading = gettext_lazy("Jobs")
    template = "accounts/jobs/list.html"
    fixed_size = 25

    def base(self, is_all: bool) -> QuerySet[Job]:
        return jobs_of(self.actor).select_related("login", "account")

    def ordered(self, rows: QuerySet[Job]) -> QuerySet[Job]:
        return rows.order_by("-created_at", "pk")

    def all_columns(self) -> Sequence[Column]:
        return columns_of(self.actor)

    def rows(self, objects: Sequence[Job], names: Collection[str]) -> Sequence[ShownJob]:
        return [shown_job(self.actor, job) for job in objects]

    def key(self, row: ShownJob) -> str:
        return str(row.job.pk)

    def caption(self, state: ListState) -> str:
        return _("Jobs, the latest first")

    def title(self, state: ListState) -> Any:
        return self.heading

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("No jobs yet"),
            _(
                "What would keep you waiting, such as paying thousands of accounts at once, becomes"
                " a job and is listed here."
            ),
        )


class OneJobView(PortalView):
    """What the pages of one job share. Somebody else's job is as unknown as none."""

    abstract = True

    def get_job(self, job_id: UUID) -> Job:
        jobs = jobs_of(self.actor).select_related("login", "account")
        job = jobs.filter(pk=job_id).first()
        if job is None:
            raise Http404
        return job

    def context(self, job: Job) -> dict[str, Any]:
        """What changes while the job goes on."""
        shown = shown_job(self.actor, job)
        return {
            **following(
                shown,
                page=shown.url,
                asks=reverse("job-state", args=[job.pk]),
                seen=seen(job),
                title=shown.title,
            ),
            "facts": facts(self.actor, job),
            "files": self._files(job),
            "outputs": [] if self.actor.viewer else self._outputs(job),
            "links": self._links(job) if job.is_ended else [],
            "errors": self._errors(job),
        }

    def _links(self, job: Job) -> list[tuple[str, str]]:
        kind, is_own = kind_of(job), job.login_id == self.request.user.pk
        return [*kind.links(job), *(kind.own_links(job) if is_own else ())]

    def _files(self, job: Job) -> list[dict[str, Any]]:
        return [
            {
                "label": file.get_name_display(),
                "count": file.count,
                "links": [] if self.actor.viewer else _file_links(job, file.name),
            }
            for file in files_of(job)
        ]

    def _outputs(self, job: Job) -> list[dict[str, Any]]:
        return [
            {
                "name": one.name,
                "count": one.rows,
                "size": filesizeformat(one.size),
                "url": reverse("job-output", args=[job.pk, one.number]),
            }
            for one in outputs_of(job)
        ]

    def _errors(self, job: Job) -> dict[str, Any] | None:
        """The first rows of what was left out."""
        found = file_of(job, JobFile.Name.ERRORS) if job.is_ended else None
        if not found or not found[1]:
            return None
        header, rows = found
        return {
            "header": header,
            "rows": [
                list(zip(header, map(cell, row), strict=False)) for row in rows[:_MOST_ERRORS]
            ],
            "count": len(rows),
            "more": max(0, len(rows) - _MOST_ERRORS),
        }


class JobView(OneJobView):
    """One job. Follows it as long as it goes on; without script the person looks again."""

    authorization = None

    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        context = self.context(self.get_job(job_id))
        context["crumbs"] = [Crumb(_("Jobs"), reverse("jobs")), Crumb(context["shown"].title)]
        return render(request, "accounts/jobs/detail.html", context)


class JobStateView(OneJobView):
    """The part of the page that changes; asked for every two seconds until the job has ended.

    `?seen=` is the state the page shows: when it is another one by now, the parts around come with
    it, and it is announced.
    """

    authorization = None
    records_refusals = False
    counts_as_activity = False

    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = self.get_job(job_id)
        if not request.headers.get("HX-Request"):
            return redirect("job", job.pk)
        context = self.context(job)
        context["is_news"] = request.GET.get("seen") != seen(job)
        return render(request, "accounts/jobs/_poll.html", context)


class JobCancelView(OneJobView):
    """Cancel a job that has changed nothing yet."""

    authorization = None
    http_method_names = ["post"]

    def post(self, request: HttpRequest, job_id: UUID) -> HttpResponseBase:
        job = self.get_job(job_id)
        try:
            job_cancel(actor=self.actor, job=job)
        except Refused as error:
            messages.warning(request, str(error.message))
        return SeeOther(reverse("job", args=[job.pk]))


class JobRetryView(OneJobView):
    """Start a job again that failed or was interrupted."""

    authorization = None
    http_method_names = ["post"]

    def post(self, request: HttpRequest, job_id: UUID) -> HttpResponseBase:
        job = self.get_job(job_id)
        try:
            job_retry(actor=self.actor, job=job)
        except Refused as error:
            messages.warning(request, str(error.message))
        return SeeOther(reverse("job", args=[job.pk]))


class JobFileView(OneJobView):
    """One of the job's lists as a file; recorded like every export."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest, job_id: UUID, name: str) -> HttpResponseBase:
        job = self.get_job(job_id)
        kind = kind_asked(request)
        found = file_of(job, name)
        if found is None:
            raise Http404
        header, rows = found
        answer = download(kind, header, rows, f"job-{name}")
        export_recorded(
            actor=self.actor,
            what="job",
            account=job.account,
            filters={"job": str(job.pk), "list": name},
            rows=len(rows),
        )
        return answer


class JobOutputView(OneJobView):
    """A finished file of a job. What is in it was reached when it was made, which is on record;
    whoever takes it must reach the same list today.
    """

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest, job_id: UUID, output: str) -> HttpResponseBase:
        job = self.get_job(job_id)
        found = next((one for one in outputs_of(job) if str(one.number) == output), None)
        is_other = job.account_id != self.actor.account_pk and not self.actor.is_administrator
        if found is None or is_other:
            raise Http404
        with as_of(moment_asked(job)):
            export_of(self.actor, job.input.get("address", ""))
        if job.login_id != request.user.pk:
            export_recorded(
                actor=self.actor,
                what="job",
                account=job.account,
                filters={"job": str(job.pk), "list": found.name},
                rows=found.rows,
            )
        response = StreamingHttpResponse(pieces_of(found), content_type=content_type(found.name))
        # What breaks off is shorter than this, and no browser takes it for the file.
        response["Content-Length"] = found.size
        response["Content-Disposition"] = f'attachment; filename="{found.name}"'
        return response


def _file_links(job: Job, name: str) -> list[tuple[str, str]]:
    url = reverse("job-file", args=[job.pk, name])
    return offered(lambda kind: f"{url}?format={kind}")


def seen(job: Job) -> str:
    """What a page has to know to tell that something other than the progress has changed."""
    # A part more may be a file more.
    place = f"-{crc32(repr(job.position).encode()):x}" if job.position else ""
    return f"{job.state}-{bool(job.committed_at):d}{place}"
