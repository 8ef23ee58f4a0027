"""Jobs in words: state, progress, rate, what remains, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.actor import Actor
from accounts.jobs.kinds import kind_of
from accounts.jobs.models import Job
from accounts.jobs.rules import may_cancel, may_retry
from accounts.jobs.services.upkeep import KEPT
from accounts.jobs.services.work import SILENCE
from accounts.kit.markup import format_html
from accounts.kit.moments import day_of_words, second_words
from accounts.portal.lists.cells import badge, link, quiet, time, under
from accounts.portal.lists.columns import Column

State = Job.State
# Symbol, colour and words of each state.
_BADGES: dict[str, tuple[str, str, Any]] = {
    State.QUEUED: ("clock", "info", gettext_lazy("queued")),
    State.RUNNING: ("jobs", "info", gettext_lazy("running")),
    State.DONE: ("check", "ok", gettext_lazy("done")),
    State.DONE_WITH_ERRORS: ("warn", "warn", gettext_lazy("done with errors")),
    State.DONE_IN_PART: ("warn", "warn", gettext_lazy("done in part")),
    State.FAILED: ("stop", "danger", gettext_lazy("failed")),
    State.INTERRUPTED: ("warn", "danger", gettext_lazy("interrupted")),
    State.CANCELLED: ("no", "", gettext_lazy("cancelled")),
}
# How a job ends that has done nothing, if its work is done at once or not at all.
_UNDONE = (State.FAILED, State.INTERRUPTED, State.CANCELLED)
# After so long somebody should see whether a worker runs at all.
_LONG_IN_QUEUE = timedelta(minutes=2)


@dataclass(frozen=True)
class ShownJob:
    """A job as its page and the list show it to one person."""

    job: Job
    title: str
    url: str
    icon: str
    colour: str
    state: str
    # "310 of 490 rows", in one piece and in two, and "63 %": empty where there is nothing to count.
    progress: str
    done: str
    of: str
    percent: str
    rate: str
    # What remains, or how long it took.
    left: str
    by: str
    asked: str
    # What is to be said about it, and the colour of that.
    said: str
    said_colour: str
    cancel: str
    retry: str
    may_cancel: bool
    may_retry: bool

    @property
    def is_open(self) -> bool:
        return not self.job.is_ended


def shown_job(actor: Actor, job: Job) -> ShownJob:
    kind = kind_of(job)
    icon, colour, state = _BADGES[job.state]
    said, said_colour = _said(job)
    rate = _rate(job)
    return ShownJob(
        job=job,
        title=kind.title_of(job),
        url=reverse("job", args=[job.pk]),
        icon=icon,
        colour=colour,
        state=str(state),
        progress=_progress(job, str(kind.unit)),
        done=_done(job),
        of=_of(job, str(kind.unit)),
        percent=_percent(job),
        rate=_per_second(rate, str(kind.unit)),
        left=_left(job, rate),
        by=_by(actor, job),
        asked=second_words(job.created_at),
        said=said,
        said_colour=said_colour,
        cancel=str(kind.cancel),
        retry=_("Go on with it") if job.position else _("Start it again"),
        may_cancel=may_cancel(actor, job),
        may_retry=may_retry(actor, job),
    )


def following(shown: ShownJob, *, page: str, asks: str, seen: str, title: str) -> dict[str, Any]:
    """The context of accounts/jobs/_state.html on the page at the address `page`, named `title`,
    that asks for it again at `asks`. `seen`: what is to be known there of what the page shows.
    """
    return {
        "shown": shown,
        "page_url": page,
        "asks_url": asks,
        "seen": seen,
        "looked_at": second_words(timezone.now()),
        # What the tab says: how far it is, or how it ended.
        "page_title": _("%(state)s: %(title)s")
        % {"state": shown.percent or shown.state, "title": title},
    }


def facts(actor: Actor, job: Job) -> list[tuple[str, str]]:
    """What is known of the job: its kind's own facts first."""
    told = [(str(label), str(text)) for label, text in kind_of(job).facts(job)]
    told.append((_("By"), _by(actor, job)))
    told.append((_("Asked for"), second_words(job.created_at)))
    if job.started_at:
        told.append((_("Started"), second_words(job.started_at)))
    if job.attempt > 1:
        told.append((_("Attempts"), str(job.attempt)))
    if job.finished_at:
        told.append((_("Ended"), second_words(job.finished_at)))
        told.append((_("Kept until"), day_of_words(job.finished_at + KEPT)))
    told.append((_("Number"), str(job.pk)))
    return told


def cell(value: Any) -> str:
    """A cell of a job's list as text."""
    if isinstance(value, datetime):
        return second_words(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else str(value)


def _by(actor: Actor, job: Job) -> str:
    if actor.user is not None and actor.user.pk == job.login_id and not actor.viewer:
        return _("you")
    name = job.login.get_username()
    if job.account is None:
        return name
    return _("%(login)s of %(account)s") % {"login": name, "account": job.account.account_id}


def _said(job: Job) -> tuple[str, str]:
    """What a person should know about the state, and the colour of it."""
    now = timezone.now()
    if job.state == State.QUEUED and now - job.queued_at > _LONG_IN_QUEUE:
        return (
            _("It still waits for a worker. Perhaps none runs: tell whoever runs the portal."),
            "warn",
        )
    if job.state == State.RUNNING and job.committed_at:
        return _("The work is done; its report is being written."), ""
    if job.state == State.RUNNING and job.heartbeat_at and now - job.heartbeat_at > SILENCE:
        return (
            _("Its worker is silent. Within minutes it is taken up again, or ends and says why."),
            "warn",
        )
    if job.state == State.CANCELLED and _is_undone(job):
        return _("It was cancelled. Nothing was changed."), ""
    if job.state == State.CANCELLED:
        return _("It was cancelled. Look at what it did before."), "warn"
    if job.state == State.DONE_IN_PART:
        exists = kind_of(job).in_parts
        what = exists(job) if exists else ""
        return _("%(why)s %(what)s") % {"why": job.error, "what": what}, "warn"
    if job.error and _is_undone(job):
        return _("Nothing was changed. %(why)s") % {"why": job.error}, "danger"
    if job.error:
        colour = "warn" if job.state == State.DONE_WITH_ERRORS else "danger"
        return job.error, colour
    return "", ""


def _is_undone(job: Job) -> bool:
    """It has ended and changed nothing: how far it was means nothing any more."""
    return job.state in _UNDONE and kind_of(job).is_idempotent and not job.committed_at


def _progress(job: Job, unit: str) -> str:
    if not job.total or _is_undone(job):
        return ""
    return _("%(done)s of %(total)s %(unit)s") % {
        "done": _figure(job.done),
        "total": _figure(job.total),
        "unit": unit,
    }


def _done(job: Job) -> str:
    """The large figure of the page."""
    if job.state == State.QUEUED:
        return _("Not begun yet")
    return _figure(job.done) if job.total or job.done else _("At work")


def _of(job: Job, unit: str) -> str:
    """What stands beside the large figure."""
    if not job.total or job.state == State.QUEUED:
        return ""
    return _("of %(total)s %(unit)s") % {"total": _figure(job.total), "unit": unit}


def _figure(number: int) -> str:
    return number_format(number, force_grouping=True)


def _percent(job: Job) -> str:
    """In whole numbers, and a hundred only when all is done."""
    if not job.total or job.state != State.RUNNING:
        return ""
    return _("%(percent)s %%") % {"percent": min(job.done, job.total) * 100 // job.total}


def _rate(job: Job) -> float:
    """What is done in a second, 0 if nothing can be said yet."""
    if job.state != State.RUNNING or not job.started_at or not job.done:
        return 0
    seconds = (timezone.now() - job.started_at).total_seconds()
    return job.done / seconds if seconds >= 1 else 0


def _per_second(rate: float, unit: str) -> str:
    if not rate:
        return ""
    figure = number_format(rate, 0 if rate >= 10 else 1, force_grouping=True)
    return _("%(rate)s %(unit)s per second") % {"rate": figure, "unit": unit}


def _left(job: Job, rate: float) -> str:
    if job.state in (State.DONE, State.DONE_WITH_ERRORS) and job.started_at and job.finished_at:
        took = (job.finished_at - job.started_at).total_seconds()
        return _("took %(time)s") % {"time": _time(max(1, round(took)))}
    if not rate or job.done >= job.total:
        return ""
    return _("about %(time)s left") % {"time": _time(max(1, round((job.total - job.done) / rate)))}


def _time(seconds: int) -> str:
    """A length of time in one unit."""
    if seconds < 90:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}


def no_worker_words(queues: Sequence[str]) -> str:
    """What it means that no worker looks after these queues, and what to do; "" for none."""
    if not queues:
        return ""
    if "mail" not in queues:
        said = _("No worker for jobs was seen for five minutes: none is done.")
    elif len(queues) == 1:
        said = _("No worker for mails was seen for five minutes: none is sent.")
    else:
        said = _("No worker was seen for five minutes: no mail is sent and no job is done.")
    what = _("Whoever runs the portal starts one: %(command)s, a service of the system.")
    return f"{said} {what % {'command': 'manage.py db_worker'}}"


def columns_of(actor: Actor) -> list[Column]:
    """The columns of a list of jobs; whose they are is told to who sees everybody's."""
    return [one for one in _COLUMNS if one.name != "by" or actor.is_administrator]


def _shown_progress(job: ShownJob) -> Any:
    if not job.progress:
        return quiet("–")
    left = under(job.left) if job.left else ""
    return format_html("<span>{}{}</span>", job.progress, left)


_COLUMNS = (
    Column("job", gettext_lazy("Job"), lambda job: link(job.url, job.title), css=""),
    Column(
        "state",
        gettext_lazy("State"),
        lambda job: badge(job.state, job.colour, job.icon),
        css="card-top",
    ),
    Column(
        "progress",
        gettext_lazy("Progress"),
        _shown_progress,
        css=lambda job: "tnum" if job.progress else "tnum card-skip",
        is_labelled=True,
    ),
    Column("by", gettext_lazy("By"), lambda job: job.by, css="", is_labelled=True),
    Column(
        "asked",
        gettext_lazy("Asked for"),
        lambda job: time(job.job.created_at, job.asked),
        css="text-nowrap tnum",
        is_labelled=True,
    ),
)
