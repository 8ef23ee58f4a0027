"""Long imports of phones: what a worker found out about a sheet, the button that has it done, and
the passwords of the phones it made.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.jobs.models import Job, JobFile
from accounts.jobs.queries import file_of, jobs_of
from accounts.kit.errors import Busy, Clash, Refused
from accounts.kit.proof import Gain
from accounts.phones.forms.phones import PhonePasswordsForm
from accounts.phones.services.import_jobs import (
    CHECK,
    IMPORT,
    import_check_again,
    import_start,
    passwords_issue,
    phones_of_import,
)
from accounts.phones.views.imports import ImportingView, figure, import_crumbs, import_notices
from accounts.phones.views.phone import passwords_page
from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.views.responses import SeeOther

_SHOWN = 100


class ImportJobView(ImportingView):
    """About a job of the own login; any other that may be known of leads to its own page."""

    abstract = True

    def find(self, job_id: UUID) -> Job:
        """The job of the address; 404 for one the login may not know of."""
        job = jobs_of(self.actor).filter(pk=job_id).first()
        if job is None:
            raise Http404
        self.check()
        return job

    def is_own(self, job: Job) -> bool:
        return job.login_id == self.request.user.pk


class PhonesImportCheckedView(ImportJobView):
    """What the checked sheet would do; posted to, it is done, or (`again`) checked once more."""

    authorization = Authorization.MANAGE_PHONE

    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = self.find(job_id)
        if not (self.is_own(job) and _is_checked(job)):
            return redirect("job", job.pk)
        return self._page(job)

    def post(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = self.find(job_id)
        if not (self.is_own(job) and _is_checked(job)):
            return SeeOther("job", job.pk)
        try:
            if "again" in request.POST:
                return SeeOther("job", import_check_again(actor=self.actor, check=job).pk)
            self.prove(Gain.SIP)
            return SeeOther("job", import_start(actor=self.actor, check=job).pk)
        except Refused as error:
            return self._page(job, notice=str(error.message), status=error.status)

    def _page(self, job: Job, *, notice: str = "", status: int = 200) -> HttpResponse:
        found = job.result
        outcomes, problems = (_rows(job, name) for name in (JobFile.Name.RESULT, "errors"))
        names = [("new", _("New")), ("changed", _("Changed")), ("same", _("Unchanged"))]
        names += [("taken", _("Not available")), ("wrong", _("With a problem"))]
        context: dict[str, Any] = {
            "page_heading": _("Check the import"),
            "crumbs": import_crumbs(_("Import")),
            "notice": notice,
            "counts": [(label, figure(found[name])) for name, label in names],
            "notices": import_notices(
                job.input["said"], found["left_out"], has_secrets=found["has_secrets"]
            ),
            "wrong": found["wrong"],
            "wrong_figure": figure(found["wrong"]),
            "unnamed": found["unnamed"],
            "is_ready": found["is_ready"],
            "has_new": bool(found["new"]),
            "is_nothing": not any(found[one] for one in ("new", "changed", "taken", "wrong")),
            "outcomes": outcomes[:_SHOWN],
            "outcomes_more": _more(outcomes),
            "problems": [(row[-2], row[-1]) for row in problems[:_SHOWN]],
            "problems_more": _more(problems),
            "has_list": bool(outcomes),
            "file_url": {
                name: reverse("job-file", args=[job.pk, name]) for name in ("result", "errors")
            },
            "back": reverse("phones-import"),
            "form": PortalForm(actor=self.actor),
        }
        template = "accounts/phones/import_checked.html"
        return render(self.request, template, context, status=status)


class PhonesImportPasswordsView(ImportJobView):
    """The passwords of the phones a job made, shown once. Until then nobody has seen them."""

    authorization = Authorization.MANAGE_PHONE
    gain = Gain.SIP

    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = self.find(job_id)
        if not (self.is_own(job) and _is_done(job)):
            return redirect("job", job.pk)
        return self._page(job, self._form(job))

    def post(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = self.find(job_id)
        if not (self.is_own(job) and _is_done(job)):
            return SeeOther("job", job.pk)
        form = self._form(job, request.POST)
        if not form.is_valid():
            return self._page(job, form, status=422)
        again = bool(form.cleaned_data.get("again"))
        try:
            issued = passwords_issue(actor=self.actor, job=job, again=again)
        except (Refused, Busy, Clash) as error:
            add_domain_error(form, error)
            return self._page(job, form, status=error.status)
        heading = ngettext(
            "Password of %(count)s imported phone",
            "Passwords of %(count)s imported phones",
            len(issued),
        ) % {"count": figure(len(issued))}
        context = {
            "page_heading": heading,
            "crumbs": import_crumbs(heading),
            "is_new": True,
            "done_url": reverse("phones"),
        }
        return passwords_page(request, issued, context)

    def _form(self, job: Job, data: Any = None) -> PhonePasswordsForm:
        waiting = len(phones_of_import(self.actor, job))
        return PhonePasswordsForm(data, actor=self.actor, waiting=waiting)

    def _page(self, job: Job, form: PhonePasswordsForm, status: int = 200) -> HttpResponse:
        every = len(phones_of_import(self.actor, job, again=True))
        if not every:
            messages.info(self.request, _("This import added no phones that are still here."))
            return SeeOther("job", job.pk)
        context = {
            "page_heading": _("Passwords of the imported phones"),
            "crumbs": import_crumbs(_("Import")),
            "form": form,
            "waiting": form.waiting,
            "waiting_figure": figure(form.waiting),
            "every": every,
            "every_figure": figure(every),
            "back": reverse("job", args=[job.pk]),
        }
        template = "accounts/phones/import_passwords.html"
        return render(self.request, template, context, status=status)


def _is_checked(job: Job) -> bool:
    return job.kind == CHECK and job.state in (Job.State.DONE, Job.State.DONE_WITH_ERRORS)


def _is_done(job: Job) -> bool:
    return job.kind == IMPORT and job.committed_at is not None


def _rows(job: Job, name: str) -> list[list[Any]]:
    found = file_of(job, name)
    return found[1] if found else []


def _more(rows: list[list[Any]]) -> str:
    return figure(len(rows) - _SHOWN) if len(rows) > _SHOWN else ""
