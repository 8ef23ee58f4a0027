"""What charging keeps in the database, how that is checked, and the queue: its module, its note for
administrators, its job, and what stands against the end of an account.
"""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.core.guards import guarded
from accounts.core.models import Account
from accounts.jobs.kinds import JobKind, register_job
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.modules import Module
from accounts.portal.registry import Additions, Blocker, Placed, registry
from accounts.portal.steps import DataCheck, StandingNote
from billing.calls.models import CallRecord
from billing.calls.reasons import Reason
from billing.calls.services.files import IMPORT
from billing.charging.models import Charge
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.legs import charged_prefix
from billing.charging.queries.queue import (
    COUNTED,
    has_calls,
    may_see,
    open_records,
    waiting_counted,
)
from billing.charging.services.files import import_run
from billing.charging.services.queue import JOB, charge_queue
from billing.charging.words import COLUMN_WORDS

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
    links = [(gettext("Files handed in"), reverse("billing:call-files"))]
    if job.result.get("queued") not in (None, 0, "0"):
        links.insert(0, (gettext("See what waits"), reverse("billing:call-queue")))
    return links


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

MODULE = Module(
    "call-queue",
    _("Calls that wait"),
    "clock",
    lambda: reverse("billing:call-queue"),
    beginnings=("billing:call-queue", "billing:call-record"),
    is_for=may_see,
    order=67,
)
CHARGE_QUEUE = JobKind(
    JOB,
    _("Charge calls that waited"),
    charge_queue,
    is_idempotent=True,
    in_parts=lambda job: gettext("What was charged until then stays charged."),
    unit=_("records"),
    cancel=_("Cancel; the charger takes what is left"),
)
AUDIT_TERMS = AuditTerms(
    words={
        "calls.rerate": ("rates", "warn", _("Calls rated anew")),
        "call_queue.again": ("undo", "", _("Calls that waited charged again")),
        "call_record.again": ("undo", "", _("Call record %(subject)s charged again")),
        "call_record.assign": ("account", "warn", _("Call record %(subject)s given to an account")),
        "call_record.correct": ("edit", "warn", _("Call record %(subject)s corrected")),
        "call_record.write_off": ("no", "danger", _("Call record %(subject)s written off")),
    },
    labels={
        "records": _("Records"),
        "assigned_to": _("Given to"),
        "waited_for": _("It waited for"),
        **{f"cdr_{name}": label for name, label in COLUMN_WORDS.items()},
    },
    choices={"waited_for": dict(Reason.choices)},
    subjects={"call_record.": CallRecord.key_kind},
)


def _waiting() -> StandingNote:
    """How many records wait, counted no further than a list counts."""
    count = waiting_counted()
    if not count:
        return StandingNote("", gettext("No call record waits in the queue"))
    figure = number_format(min(count, COUNTED), force_grouping=True)
    if count > COUNTED:
        words = gettext("More than %(count)s call records wait in the queue")
    else:
        words = ngettext(
            "%(count)s call record waits in the queue",
            "%(count)s call records wait in the queue",
            count,
        )
    return StandingNote("warn", words % {"count": figure}, reverse("billing:call-queue"))


def close_blockers(account: Account) -> Sequence[Blocker]:
    """Calls of the account that are not charged yet."""
    count = open_records(account)
    if not count:
        return []
    words = ngettext("%(count)s leg in the queue", "%(count)s legs in the queue", count)
    return [Blocker(words % {"count": count})]


def delete_blockers(account: Account) -> Sequence[Blocker]:
    """Calls are kept for ever, and with them who was charged."""
    return [Blocker(gettext("calls"))] if has_calls(account) else []


def register() -> None:
    """Name the guarded table and fill the registry; called once when the app is ready."""
    register_job(FILE_IMPORT)
    guarded.update({Charge: ("reverses_id = NEW.reverses_id",)})
    register_job(CHARGE_QUEUE)
    registry.add(
        "charging",
        Additions(
            data_checks=[DataCheck("calls", _("Calls"), calls_found, order=55)],
            modules=[MODULE],
            audit_terms=[AUDIT_TERMS],
            standing_notes=[Placed(40, _waiting)],
            charged_prefixes=[charged_prefix],
            close_blockers=[Placed(50, close_blockers)],
            delete_blockers=[Placed(50, delete_blockers)],
        ),
    )
