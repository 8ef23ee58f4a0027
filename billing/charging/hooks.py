"""What charging keeps in the database, how that is checked, and the queue: its module, its note for
administrators, its job, re-rating, and what stands against the end of an account.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.guards import guarded
from accounts.core.models import Account
from accounts.jobs.kinds import JobKind, register_job
from accounts.kit.addresses import address_of, object_address
from accounts.kit.legible import read_moment
from accounts.kit.moments import moment_words, second_words
from accounts.kit.object_keys import object_key
from accounts.numbers.reading import digits_of
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.finding import Asked, Hit, Row, SearchSection, moment_of
from accounts.portal.modules import OPERATION, WORK, Module, OwnPage
from accounts.portal.registry import (
    Additions,
    Blocker,
    Link,
    Placed,
    Tab,
    numbered,
    registry,
)
from accounts.portal.steps import CountedNote, DataCheck, StandingNote
from accounts.portal.ways import CallPage
from billing.calls.models import CallRecord, Leg
from billing.calls.reasons import Reason
from billing.calls.services.files import IMPORT
from billing.charging.dashboard import OWN_CALLS, VOLUMES, VOLUMES_AT_GROUP
from billing.charging.filters import matching_words
from billing.charging.models import Charge
from billing.charging.queries.calls import newest_of, with_call_id
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.legs import charged_prefixes
from billing.charging.queries.queue import (
    COUNTED,
    has_calls,
    may_see,
    open_records,
    waiting_to_count,
)
from billing.charging.queries.volumes import has_credits
from billing.charging.services.files import import_run
from billing.charging.services.queue import JOB, charge_queue
from billing.charging.services.reratings import CHECK, POST, check, post
from billing.charging.words import COLUMN_WORDS
from billing.wallets.models import RateGroup

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

CALLS = Module(
    "calls",
    _("Calls"),
    "calls",
    lambda: reverse("billing:calls"),
    WORK,
    pages=frozenset({
        "billing:calls", "billing:call", "billing:account-calls", "billing:running-calls",
        "billing:account-running-calls", "billing:running-call-cut",
    }),
    order=35,
)  # fmt: skip
OWN_PAGE = OwnPage(
    "calls",
    _("Calls"),
    "calls",
    lambda actor: address_of("billing:account-calls", actor.own.account_id) if actor.own else None,
    pages=CALLS.pages,
    in_dock=True,
    order=30,
)
MODULE = Module(
    "call-queue",
    _("Calls that wait"),
    "clock",
    lambda: reverse("billing:call-queue"),
    WORK,
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
        "call_queue.export": ("download", "", _("Calls that wait exported")),
        "rerating.export": ("download", "", _("Re-rated calls exported")),
        "call_queue.again": ("undo", "", _("Calls that waited charged again")),
        "call_record.again": ("undo", "", _("Call record %(subject)s charged again")),
        "call_record.assign": ("account", "warn", _("Call record %(subject)s given to an account")),
        "call_record.correct": ("edit", "warn", _("Call record %(subject)s corrected")),
        "calls.export": ("download", "", _("List of calls exported")),
        "call_record.write_off": ("no", "danger", _("Call record %(subject)s written off")),
    },
    labels={
        "records": _("Records"),
        "legs": _("Calls that change"),
        "income": _("Platform income changes by"),
        "cost": _("Carriers' costs change by"),
        "assigned_to": _("Given to"),
        "waited_for": _("It waited for"),
        **{f"cdr_{name}": label for name, label in COLUMN_WORDS.items()},
    },
    choices={"waited_for": dict(Reason.choices)},
    subjects={"call_record.": CallRecord.key_kind},
)


RERATING = Module(
    "reratings",
    _("Re-rate calls"),
    "undo",
    lambda: reverse("billing:reratings"),
    OPERATION,
    beginnings=("billing:rerating",),
    is_for=lambda actor: actor.is_administrator,
    order=68,
)


def _rerating_title(words: Any) -> Callable[[Any], str]:
    def title(job: Any) -> str:
        since, until = (moment_words(read_moment(job.input[one])) for one in ("since", "until"))
        return str(words) % {"since": since, "until": until}

    return title


def _rerating_links(job: Any) -> Sequence[tuple[str, str]]:
    url = reverse("billing:rerating", args=[job.input["rerating"]])
    return [(gettext("See what it changes"), url)]


def _posted_words(job: Any) -> str:
    """What of a re-rating exists, by the position of its job."""
    words = ngettext(
        "%(count)s call is charged anew, as the preview has shown it. The rest costs what it did.",
        "%(count)s calls are charged anew, as the preview has shown it. The rest costs what it"
        " did.",
        job.position["changed"],
    )
    return words % {"count": number_format(job.position["changed"], force_grouping=True)}


RERATING_CHECK = JobKind(
    CHECK,
    _("Look at what re-rating changes"),
    check,
    is_idempotent=True,
    in_parts=lambda job: gettext("Nothing is posted."),
    title=_rerating_title(_("Look at the calls from %(since)s until %(until)s")),
    links=_rerating_links,
    unit=_("calls"),
    cancel=_("Cancel, nothing is posted yet"),
)
RERATING_POST = JobKind(
    POST,
    _("Re-rate calls"),
    post,
    is_idempotent=True,
    in_parts=_posted_words,
    title=_rerating_title(_("Re-rate the calls from %(since)s until %(until)s")),
    links=_rerating_links,
    unit=_("calls"),
    cancel=_("Cancel; what was posted stays"),
)


def _rerate_way(
    actor: Actor, group: int, prefix: str, since: datetime, until: datetime
) -> tuple[str, str] | None:
    """Where what was charged before a past price was corrected is charged anew."""
    if not actor.is_administrator or actor.read_only:
        return None
    asked = {
        "group": object_key(RateGroup.key_kind, group),
        "prefix": prefix,
        "since": since.isoformat(),
        "until": until.isoformat(),
    }
    words = gettext("Re-rate what was charged…")
    return words, f"{reverse('billing:rerating-new')}?{urlencode(asked)}"


def _waiting(count: int) -> StandingNote:
    """How many records wait, counted no further than a list counts."""
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


WAITING = CountedNote("calls that wait", waiting_to_count, _waiting, order=40)


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


def _list(actor: Actor, account: Account) -> str | None:
    """A clearing account calls nobody."""
    if account.type == Account.Type.CLEARING:
        return None
    return address_of("billing:account-calls", account.account_id)


# Fewer digits are in nearly every number.
_SHORTEST = 5


def _with_id(actor: Actor, asked: Asked) -> QuerySet[Any] | None:
    """A call by its whole id, whenever it was."""
    return with_call_id(actor, asked.fragment) if asked.fragment else None


def _with_number(actor: Actor, asked: Asked) -> QuerySet[Any] | None:
    """Calls of late by the beginning of a number."""
    if len(digits_of(asked.fragment)) < _SHORTEST:
        return None
    return matching_words(newest_of(actor, timezone.now()), asked.fragment)


def _call(row: Row) -> Hit:
    said = {"caller": row["caller"] or "–", "called": row["number"] or row["callee"]}
    return Hit(
        gettext("%(caller)s to %(called)s") % said,
        object_address("billing:call", Leg.key_kind, row["key"]),
        second_words(moment_of(row["setup"])),
    )


def _latest_first(row: Row, asked: Asked) -> Any:
    return -moment_of(row["setup"]).timestamp(), -row["key"]


def _queue(actor: Actor) -> str:
    return reverse("billing:call-queue") if may_see(actor) else ""


PAGES = [
    CallPage("calls", _("Calls"), lambda actor: reverse("billing:calls"), order=10),
    CallPage("queue", _("Waiting"), _queue, order=30),
]
TAB = Tab("calls", _("Calls"), _list)
OPEN = Link("calls", _("Calls"), "calls", _list)
_COLUMNS = {
    "key": "pk",
    "account": "account_id",
    "caller": "caller",
    "callee": "callee",
    "number": "number",
    "setup": "setup",
}
SEARCH = [
    SearchSection(
        "calls",
        _("Calls"),
        "calls",
        _with_id,
        _COLUMNS,
        _call,
        lambda row, asked: True,
        _latest_first,
        most=10,
    ),
    SearchSection(
        "called",
        _("Calls of late"),
        "calls",
        _with_number,
        _COLUMNS,
        _call,
        place=_latest_first,
        most=10,
    ),
]


def register() -> None:
    """Name the guarded table and fill the registry; called once when the app is ready."""
    register_job(FILE_IMPORT)
    guarded.update({Charge: ("reverses_id = NEW.reverses_id",)})
    register_job(CHARGE_QUEUE)
    register_job(RERATING_CHECK)
    register_job(RERATING_POST)
    registry.add(
        "charging",
        Additions(
            data_checks=[DataCheck("calls", _("Calls"), calls_found, order=55)],
            own_pages=[OWN_PAGE],
            own_cards=[OWN_CALLS],
            modules=[CALLS, MODULE, RERATING],
            call_pages=PAGES,
            account_tabs=numbered(82, [TAB]),
            row_actions=numbered(145, [OPEN]),
            search_sections=numbered(25, SEARCH),
            audit_terms=[AUDIT_TERMS],
            counted_notes=[WAITING],
            # After the balance, which they are credited to.
            overview_cards=numbered(15, [VOLUMES]),
            group_cards=numbered(10, [VOLUMES_AT_GROUP]),
            charged_prefixes=[charged_prefixes],
            zone_keepers=[has_credits],
            correction_ways=[_rerate_way],
            close_blockers=[Placed(50, close_blockers)],
            delete_blockers=[Placed(50, delete_blockers)],
        ),
    )
