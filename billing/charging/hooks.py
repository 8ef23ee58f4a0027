"""What charging keeps in the database, and how that is checked."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.core.guards import guarded
from accounts.portal.audit_terms import AuditTerms
from accounts.jobs.kinds import JobKind, register_job
from accounts.portal.registry import Additions, registry
from accounts.portal.steps import DataCheck
from billing.calls.services.files import IMPORT
from billing.charging.models import Charge
from billing.charging.queries.integrity import calls_found
from billing.charging.services.files import import_run

# What a job says of a file, by the names of its counts.
_COUNTS = {
    "read": _("Records"),
    "accepted": _("Accepted"),
    "repeated": _("Repeated"),
    "queued": _("Queued"),
    "refused": _("Lines refused"),
}


def _import_facts(job: Any) -> Sequence[tuple[str, str]]:
    known = [(str(label), job.result[one]) for one, label in _COUNTS.items() if one in job.result]
    return [
        (gettext("Source"), job.input["source"]),
        *((label, number_format(count, force_grouping=True)) for label, count in known),
    ]


def _import_links(job: Any) -> Sequence[tuple[str, str]]:
    return [(gettext("Files handed in"), reverse("billing:call-files"))]


def _imported(job: Any) -> str:
    """What exists of a file that was not taken in to its end."""
    count = job.done
    words = ngettext(
        "%(count)s record of it is charged, or will be.",
        "%(count)s records of it are charged, or will be.",
        count,
    )
    return words % {"count": number_format(count, force_grouping=True)}


FILE_IMPORT = JobKind(
    IMPORT,
    _("Import call records"),
    import_run,
    is_idempotent=True,
    in_parts=_imported,
    title=lambda job: gettext("Import the call records of %(file)s") % {"file": job.input["name"]},
    facts=_import_facts,
    links=_import_links,
    unit=_("records"),
    cancel=_("Cancel; what was read stays"),
)

AUDIT_TERMS = AuditTerms(words={"calls.rerate": ("rates", "warn", _("Calls rated anew"))})


def register() -> None:
    """Name the guarded table and fill the registry; called once when the app is ready."""
    register_job(FILE_IMPORT)
    guarded.update({Charge: ("reverses_id = NEW.reverses_id",)})
    registry.add(
        "charging",
        Additions(
            data_checks=[DataCheck("calls", _("Calls"), calls_found, order=55)],
            audit_terms=[AUDIT_TERMS],
        ),
    )
