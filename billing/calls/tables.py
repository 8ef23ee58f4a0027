"""The list of files of call records."""

from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs.models import Job
from accounts.kit.moments import moment_words
from accounts.portal.lists.cells import badge, link, quiet, time
from accounts.portal.lists.columns import VIEWERS, Column
from billing.calls.models import RecordFile


def figure(number: int) -> str:
    return number_format(number, force_grouping=True)


def _name(file: RecordFile) -> Any:
    name = file.file_name
    return link(reverse("job", args=[file.job_id]), name) if file.job_id else name


def file_state(file: RecordFile) -> tuple[str, str, str]:
    """(words, colour, symbol) of where a file stands."""
    job = file.job
    if job is not None and job.state in Job.OPEN:
        return _("at work"), "info", "jobs"
    if not file.is_read:
        if file.line:
            return _("read in part"), "warn", "warn"
        return _("not read"), "danger", "stop"
    if file.left:
        return _("waits to be charged"), "info", "clock"
    if file.refused:
        return _("read, lines refused"), "warn", "warn"
    return _("done"), "ok", "check"


def _count(name: str, label: Any) -> Column:
    def cell(file: RecordFile) -> Any:
        number = getattr(file, name)
        return figure(number) if number else quiet("0")

    return Column(name, label, cell, is_number=True, css="", is_labelled=True)


FILE_COLUMNS = (
    Column("file", gettext_lazy("File"), _name, css="card-left", is_lead=True),
    Column("state", gettext_lazy("State"), lambda file: badge(*file_state(file)), css="card-right"),
    Column("source", gettext_lazy("Source"), lambda file: file.source, css="", is_labelled=True),
    _count("read", gettext_lazy("Records")),
    _count("accepted", gettext_lazy("Accepted")),
    _count("repeated", gettext_lazy("Repeated")),
    _count("queued", gettext_lazy("Queued")),
    _count("refused", gettext_lazy("Lines refused")),
    Column(
        "by",
        gettext_lazy("By"),
        lambda file: file.login.get_username() if file.login else _("a command"),
        css="",
        is_labelled=True,
        is_roomy=True,
    ),
    Column(
        "created_at",
        gettext_lazy("Handed in"),
        lambda file: time(file.created_at, moment_words(file.created_at)),
        css="text-nowrap tnum",
        is_labelled=True,
        zone=VIEWERS,
    ),
)
