"""Files of call records, for administrators: handed in, listed, and what one looks like."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.errors import DomainError, NotAllowed
from accounts.kit.moments import moment_words
from accounts.kit.sheets_out import download
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.lists.parts import Button, Empty
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListPage
from accounts.portal.lists.views.numbered import NumberedPages
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther
from billing.calls.forms import RecordFileForm
from billing.calls.models import RecordFile
from billing.calls.queries import files_of
from billing.calls.records import COLUMNS
from billing.calls.services.files import MOST_BYTES, file_hand_in
from billing.calls.tables import FILE_COLUMNS, figure, file_state

_LATEST = 5


class ImportView(PortalView):
    """A file of records; a worker takes it in and charges it."""

    authorization = None
    audience = ADMINISTRATORS

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._ask(RecordFileForm(actor=self.actor))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RecordFileForm(request.POST, request.FILES, actor=self.actor)
        if not form.is_valid():
            return self._ask(form, 422)
        try:
            file = file_hand_in(actor=self.actor, **form.values())
        except NotAllowed:
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._ask(form, error.status)
        return SeeOther("job", file.job_id)

    def _ask(self, form: RecordFileForm, status: int = 200) -> HttpResponse:
        latest = files_of(self.actor).order_by("-created_at", "-pk")[:_LATEST]
        context = {
            "form": form,
            "page_heading": _("Import call records"),
            "crumbs": [Crumb(_("Import call records"))],
            "megabytes": MOST_BYTES // 2**20,
            "latest": [_latest(one) for one in latest],
            "files_url": reverse("billing:call-files"),
            "sample_url": reverse("billing:call-sample"),
        }
        return render(self.request, "billing/calls/import.html", context, status=status)


def _latest(file: RecordFile) -> dict[str, Any]:
    words, _colour, _symbol = file_state(file)
    return {
        "name": file.file_name,
        "url": reverse("job", args=[file.job_id]) if file.job_id else "",
        "at": moment_words(file.created_at),
        "records": figure(file.read),
        "state": words,
    }


class FilesView(ListPage, NumberedPages):
    """The files that were handed in, with what became of their records."""

    authorization = None
    audience = ADMINISTRATORS
    heading = gettext_lazy("Files of call records")
    template = "billing/calls/files.html"
    columns = FILE_COLUMNS
    fixed_size = 50

    def base(self, is_all: bool) -> "QuerySet[RecordFile]":
        return files_of(self.actor)

    def ordered(self, rows: "QuerySet[RecordFile]") -> "QuerySet[RecordFile]":
        return rows.order_by("-created_at", "-pk")

    def key(self, row: RecordFile) -> str:
        return str(row.pk)

    def page_head(self, request: HttpRequest, state: ListState) -> dict[str, Any]:
        start = Crumb(_("Import call records"), reverse("billing:call-import"))
        return {"account": None, "crumbs": [start, Crumb(str(self.heading))]}

    def caption(self, state: ListState) -> str:
        return _("Files of call records, the latest first")

    def title(self, state: ListState) -> Any:
        return self.heading

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("No files yet"),
            _("Files of call records are listed here, with what became of their records."),
        )

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        words = _("Import call records")
        return [Button(words, reverse("billing:call-import"), "upload", is_primary=True)]


class SampleView(PortalView):
    """A file as it is read, to begin with: one call that was answered, one that was not."""

    authorization = None
    audience = ADMINISTRATORS

    def get(self, request: HttpRequest) -> HttpResponseBase:
        at = timezone.now().replace(microsecond=0) - timedelta(hours=1)
        rows = [_sample("call-1001", at, 65), _sample("call-1002", at + timedelta(minutes=2), 0)]
        cells = [[row.get(name, "") for name in COLUMNS] for row in rows]
        return download("csv", list(COLUMNS), cells, "call-records-sample")


def _sample(call_id: str, at: datetime, spoken: int) -> dict[str, str]:
    answer = at + timedelta(seconds=7)
    return {
        "call_id": call_id,
        "account": "Customer-001",
        "caller": "442071838750",
        "callee": "8801711000000",
        "setup": at.isoformat(),
        "answer": answer.isoformat() if spoken else "",
        "end": (answer + timedelta(seconds=spoken)).isoformat(),
        "duration": str(spoken),
        "cause": "16" if spoken else "19",
    }
