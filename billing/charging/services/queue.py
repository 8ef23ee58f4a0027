"""Mends what waits in the queue: a record is tried again, given to an account, corrected, or
written off (docs/domain.md 7). Nothing is ever dropped: whoever changes a record keeps what came.

What administrators put right is recorded on no account: it may name carriers, and accounts that the
record's own knows nothing of.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import said_busy
from accounts.core.models import Account
from accounts.core.record import record as recorded
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_start
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.kit.text import tidied
from billing.calls.models import CallRecord, Leg, LegKey
from billing.calls.reasons import Reason
from billing.calls.records import (
    COLUMNS,
    MOMENTS,
    NEEDED,
    Unreadable,
    content_of,
    key_of,
    moment,
    read,
)
from billing.charging.queries.books import Tariffs, contents_of, months_around
from billing.charging.queries.queue import records_seen
from billing.charging.services.charger import charge_batch, month_of
from billing.holds.services.running import released_with
from billing.wallets.rules import required_reason
from billing.wallets.services.standing import hold_charging

JOB = "call_queue.charge"
# So many are charged by the deed itself, whether or not a charger runs; more by a job.
AT_ONCE = 300
# Records of one part of that job.
_PART = 5000
State, Part = CallRecord.State, CallRecord.Part
# Which leg a record is: its key was entered.
_KEY = ("call_id", "leg")
_TIMES = {*MOMENTS, "duration"}
EDITABLE = tuple(one for one in COLUMNS if one not in _KEY)


@dataclass(frozen=True)
class Tried:
    """What became of records that were to be charged again: so many in all, charged by now, waiting
    again. The rest is charged by the job, or by the charger.
    """

    count: int
    charged: int = 0
    waiting: int = 0
    job: Job | None = None


def record_again(*, actor: Actor, record: CallRecord, expected_version: int | None = None) -> Tried:
    """Charge a record once more; it waits again where the reason still stands.

    Raises NotAllowed, NotInScope, Clash, Refused (`guessed`: what stands for a record that is
    missing), Busy.
    """

    def change(by: Actor, kept: CallRecord) -> None:
        _check_not_guessed(kept)
        whose = kept.account if kept.part == Part.CHAIN else None
        recorded(actor=by, action="call_record.again", account=whose, subject=str(kept.pk))

    _changed(actor, _permitted, record, expected_version, change)
    return _tried([record.pk])


def records_again(*, actor: Actor, records: QuerySet[CallRecord]) -> Tried:
    """Charge these records once more, as far as the actor sees them; thousands in one statement.
    What stands for records that are missing goes on waiting for them.

    Raises NotAllowed, Refused (`nothing_waits`), Busy.
    """
    with said_busy(), transaction.atomic():
        actor = _permitted(actor)
        hold_charging()
        wanted = records.order_by().values("pk")
        seen = records_seen(actor).filter(pk__in=wanted).exclude(reason=Reason.MISSING)
        pks = list(seen.order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
        if not pks:
            raise Refused(_("None of these records waits any more."), code="nothing_waits")
        last = seen.aggregate(last=Max("pk"))["last"]
        again = CallRecord.objects.filter(pk__in=seen.order_by().values("pk"))
        count = again.update(state=State.NEW, version=F("version") + 1)
        recorded(
            actor=actor,
            action="call_queue.again",
            account=actor.own,
            after={"records": count},
        )
        job = None
        if count > AT_ONCE and actor.user is not None:
            job = job_start(
                actor=actor, kind=JOB, input={"count": count, "until": last}, total=count
            )
    return Tried(count, job=job) if count > AT_ONCE else _tried(pks)


def record_assign(
    *,
    actor: Actor,
    record: CallRecord,
    account: Account,
    reason: str,
    expected_version: int | None = None,
) -> Tried:
    """Say whose call it was, whatever the record names; it is charged to that account's chain.

    Raises NotAllowed, NotInScope, Clash, Refused with the field, Busy.
    """
    why = required_reason(reason)

    def change(by: Actor, kept: CallRecord) -> None:
        whose = Account.objects.within(by.scope).reached(account.pk)
        if kept.part == Part.COST:
            raise Refused(
                _("This is what a carrier costs: correct the routing gateway."), code="is_cost"
            )
        if whose.status == Account.Status.CLOSED:
            raise Refused(
                _("%(account)s is closed.") % {"account": whose.account_id},
                code="closed",
                field="account",
            )
        before = kept.columns.get("assigned", "")
        kept.corrected = {**kept.corrected, "assigned": whose.account_id}
        recorded(
            actor=by,
            action="call_record.assign",
            subject=str(kept.pk),
            before={"assigned_to": before or None},
            after={"assigned_to": whose.account_id},
            reason=why,
        )

    _changed(actor, _administrator, record, expected_version, change)
    return _tried([record.pk])


def record_correct(
    *,
    actor: Actor,
    record: CallRecord,
    columns: Mapping[str, str],
    reason: str,
    expected_version: int | None = None,
) -> Tried:
    """Put columns of a record right, by their names; those left out stay. What came is kept.

    Raises NotAllowed, NotInScope, Clash, Refused with the field (or `guessed`: what stands for a
    record that is missing, and its times stay; `differs`: it would be another leg), Busy.
    """
    why = required_reason(reason)
    wanted = {name: tidied(text) for name, text in columns.items()}

    def change(by: Actor, kept: CallRecord) -> None:
        known = kept.columns
        changed = {name: text for name, text in wanted.items() if text != known.get(name, "")}
        _check_columns(kept, changed)
        if not changed.keys() & _TIMES:
            _check_not_guessed(kept)
        after = {**known, **changed}
        if kept.is_first and kept.part == Part.CHAIN:
            kept.is_first = _is_first_still(kept, after)
        elif kept.reason == Reason.DIFFERS:
            _check_still_differs(kept, after)
        kept.corrected = {**kept.corrected, **changed}
        recorded(
            actor=by,
            action="call_record.correct",
            subject=str(kept.pk),
            before={f"cdr_{name}": known.get(name, "") for name in changed},
            after={f"cdr_{name}": text for name, text in changed.items()},
            reason=why,
        )

    _changed(actor, _administrator, record, expected_version, change)
    return _tried([record.pk])


def record_write_off(
    *, actor: Actor, record: CallRecord, reason: str, expected_version: int | None = None
) -> None:
    """Take a record out of the queue for good: nobody is charged for it. It is kept.

    Raises NotAllowed, NotInScope, Clash, Refused with the field, Busy.
    """
    why = required_reason(reason)

    def change(by: Actor, kept: CallRecord) -> None:
        kept.state = State.WRITTEN_OFF
        kept.written_off_at, kept.written_off_why = timezone.now(), why
        kept.written_off_by = by.login
        released_with(kept.pk)
        recorded(
            actor=by,
            action="call_record.write_off",
            subject=str(kept.pk),
            before={"waited_for": kept.reason},
            reason=why,
        )

    _changed(actor, _administrator, record, expected_version, change)


def charge_queue(work: Any) -> None:
    """Charge what lies in the inbox as far as the records that were to be tried again; a charger
    that runs as well takes its share.
    """
    tariffs, until = Tariffs(), work.input["until"]
    taken = (work.position or {}).get("taken", 0)
    while CallRecord.objects.inbox().filter(pk__lte=until).exists():
        with work.part({"taken": taken}):
            taken += charge_batch(tariffs, limit=_PART).taken
        # What others brought in meanwhile is nobody's affair.
        work.progress(min(taken, work.input["count"]))
    work.progress(work.input["count"])


def _permitted(actor: Actor) -> Actor:
    """Administrators, and whoever holds 1, for all that lies in its scope."""
    actor = fresh(actor)
    own = None
    if actor.account_pk is not None:
        own = Account.objects.within(actor.scope).filter(pk=actor.account_pk).first()
    return require(actor, Authorization.MANAGE_ACCOUNT, own, is_agent_id=own is not None)


def _administrator(actor: Actor) -> Actor:
    actor = fresh(actor)
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(_("Records are put right by administrators."), code="administrators_only")
    return actor


def _changed(
    actor: Actor,
    permit: Callable[[Actor], Actor],
    record: CallRecord,
    expected_version: int | None,
    change: Callable[[Actor, CallRecord], None],
) -> None:
    """Change one record that waits, and put it into the inbox again unless the change says
    otherwise. No batch reads it meanwhile.
    """
    with said_busy(), transaction.atomic():
        actor = permit(actor)
        hold_charging()
        kept = records_seen(actor).filter(pk=record.pk).first()
        if kept is None:
            raise NotInScope(_("This record does not wait any more."))
        if expected_version is not None and kept.version != expected_version:
            raise Clash(
                _("Somebody else changed this record meanwhile. Look at it again."),
                code="changed_meanwhile",
            )
        change(actor, kept)
        if kept.state == State.WAITING:
            kept.state = State.NEW
        kept.version += 1
        kept.save(
            update_fields=[
                "state", "corrected", "is_first", "version", "written_off_at", "written_off_by",
                "written_off_why",
            ]
        )  # fmt: skip


def _check_not_guessed(kept: CallRecord) -> None:
    """Charged, a guess would be the leg for good, and the record that comes after all differ."""
    if kept.reason == Reason.MISSING:
        words = _(
            "Its record is missing, and nobody knows yet when it ended: wait for the record,"
            " correct the times, or write it off."
        )
        raise Refused(words, code="guessed")


def _check_columns(kept: CallRecord, changed: Mapping[str, str]) -> None:
    for name, text in changed.items():
        if name not in EDITABLE or (kept.part == Part.COST and name != "routing_gateway"):
            raise Refused(
                _("This column says which leg it is, and stays."), code="stays", field=name
            )
        if len(text) > COLUMNS[name]:
            raise Refused(_("This is too long."), code="too_long", field=name)
        if not text and name in NEEDED:
            raise Refused(_("A record cannot be without this."), code="needed", field=name)
    if not changed:
        raise Refused(_("Nothing was changed."), code="nothing_changed")
    try:
        read({**kept.columns, **changed})
    except Unreadable as error:
        raise Refused(
            _(
                "This cannot be read: a moment is written as 2026-11-21T10:02:10+06:00, a duration"
                " in seconds."
            ),
            code="unreadable",
            field=error.column,
        ) from error


def _is_first_still(kept: CallRecord, after: Mapping[str, str]) -> bool:
    """Whether a first record is that of its leg in the month its corrected setup lies in as well:
    keys are known by month. There its key is entered too, unless it is another's.
    """
    month = _month_of(after)
    if month == _month_of(kept.columns):
        return True
    key = key_of(kept.source, after)
    if contents_of(months_around([month]), [key]) and _is_met_otherwise(kept):
        return False
    content = content_of(read(after), kept.is_rewritten)
    LegKey.objects.get_or_create(month=month, key=key, defaults={"content": content})
    return True


def _check_still_differs(kept: CallRecord, after: Mapping[str, str]) -> None:
    """What differs from a leg stays near it: in months where nobody knows its key it would be
    charged as a leg of its own, beside the one that it repeats.
    """
    key, month = key_of(kept.source, after), _month_of(after)
    was_near = contents_of(months_around([_month_of(kept.columns)]), [key])
    if was_near and not contents_of(months_around([month]), [key]):
        raise Refused(
            _("This is the same leg as one of another month: it cannot have begun then."),
            code="differs",
            field="setup",
        )


def _is_met_otherwise(kept: CallRecord) -> bool:
    """Whether the leg of a first record is charged, or another record is its first as well, in
    another month. Earlier corrections entered its key too, so that the keys do not tell.
    """
    call_id, leg = (kept.columns.get(name, "") for name in _KEY)
    if Leg.objects.filter(source=kept.source, call_id=call_id, leg=leg).exists():
        return True
    first = CallRecord.objects.filter(is_first=True, part=Part.CHAIN, source=kept.source)
    some = first.filter(raw__icontains=json.dumps(call_id)).exclude(pk=kept.pk)
    return any(
        one.columns["call_id"] == call_id and one.columns.get("leg", "") == leg for one in some
    )


def _month_of(columns: Mapping[str, str]) -> date:
    setup = moment("setup", columns["setup"])
    return month_of(setup.year, setup.month)


def _tried(pks: list[int]) -> Tried:
    """Charge at once what was put back into the inbox, and say what became of it."""
    charge_batch(Tariffs(), limit=AT_ONCE)
    left = dict(CallRecord.objects.filter(pk__in=pks).values_list("pk", "state"))
    waiting = sum(1 for state in left.values() if state == State.WAITING)
    return Tried(len(pks), len(pks) - len(left), waiting)
