"""What jobs add to the pages of others."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.jobs.kinds import JobKind, label_of, register_job
from accounts.jobs.queries import jobs_of, open_jobs, queues_without_worker
from accounts.jobs.services.exports import KIND, export_make, files_made
from accounts.jobs.words import no_worker_words
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.finding import Hit, Row
from accounts.portal.modules import OPERATION, Module, Waiting
from accounts.portal.object_search import called_by_uuid
from accounts.portal.registry import Additions, Card, Placed, numbered, registry
from accounts.portal.steps import Step
from accounts.portal.views.exports import export_of


def _job(row: Row) -> Hit:
    key = UUID(row["key"])
    return Hit(str(key), reverse("job", args=[key]), label_of(row["kind"]))


SEARCH = called_by_uuid(
    "jobs",
    _("Jobs"),
    "jobs",
    jobs_of,
    {"key": "pk", "kind": "kind", "account": "account_id"},
    _job,
)


def _own_login(actor: Actor) -> list[int]:
    return [actor.user.pk] if actor.user else []


def _worker(_login: Any, _accounts: int, _agents: int) -> Step:
    return Step(
        _("Start a worker"),
        _("It sends mails and does jobs: manage.py db_worker, as a service of the system."),
        not queues_without_worker(),
    )


def _no_worker(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """The dashboard of administrators: nobody does what waits."""
    if account is not None or not actor.is_administrator:
        return None
    text = no_worker_words(queues_without_worker())
    return {"text": text} if text else None


NO_WORKER = Card("accounts/jobs/_no_worker.html", _no_worker, order=5)
MODULE = Module(
    "jobs",
    _("Jobs"),
    "jobs",
    lambda: reverse("jobs"),
    OPERATION,
    pages=frozenset({"jobs", "job"}),
    waiting=Waiting(
        open_jobs,
        _own_login,
        ngettext_lazy("%(count)s job of yours at work", "%(count)s jobs of yours at work", "count"),
    ),
    order=110,
)
AUDIT_TERMS = AuditTerms(
    words={
        "job.start": ("clock", "", _("Job started: %(subject)s")),
        "job.cancel": ("stop", "warn", _("Job cancelled: %(subject)s")),
        "job.retry": ("undo", "", _("Job started again: %(subject)s")),
        "job.export": ("download", "", _("List of a job exported")),
    },
    labels={"job": _("Job")},
)
AUDIT_GROUP = AuditGroup("jobs", _("Jobs"), ("job.",), order=90)


EXPORT = JobKind(
    KIND,
    _("File of a list"),
    lambda work: export_make(work, export_of),
    is_idempotent=True,
    in_parts=files_made,
    title=lambda job: (
        _("File: %(name)s, %(kind)s")
        % {"name": job.input["name"], "kind": job.input["format"].upper()}
    ),
    cancel=_("Cancel this file"),
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    register_job(EXPORT)
    registry.add(
        "jobs",
        Additions(
            modules=[MODULE],
            first_steps=[Placed(5, _worker)],
            dashboard_cards=[NO_WORKER],
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            search_sections=numbered(30, [SEARCH]),
        ),
    )
