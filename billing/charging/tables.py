"""The queue as pages show it, prepared as texts, and what can be done about what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.kit.addresses import address_of
from accounts.kit.markup import format_html, joined
from accounts.kit.moments import moment_words, second_words
from accounts.kit.pagination import BY_KEY
from accounts.portal.lists.cells import link, on_card, quiet, under
from accounts.portal.lists.columns import VIEWERS, Column
from billing.calls.models import CallRecord
from billing.calls.reasons import Reason
from billing.charging.queries.queue import ABOVE, Cause
from billing.charging.words import (
    COLUMN_WORDS,
    columns_read,
    columns_told,
    detail_words,
    level_words,
    reason_words,
)
from billing.money import shown

# Causes of a reason: shown at first, and at all.
_AT_FIRST, _MOST_CAUSES = 5, 50


@dataclass(frozen=True)
class Way:
    """Something that can be done about a record: the words, and where."""

    label: str
    url: str
    icon: str


def queue_url(**filters: str) -> str:
    return f"{reverse('billing:call-queue')}?{urlencode(filters)}"


def record_url(record: CallRecord) -> str:
    return reverse("billing:call-record", args=[record.pk])


def queue_row(record: Any, held: Decimal | None) -> dict[str, Any]:
    """One record as the list shows it; `held` by the account that called."""
    columns = record.columns
    return {
        "pk": record.pk,
        "url": record_url(record),
        "at": second_words(record.at) or columns.get("setup", "") or "–",
        "account": record.account.account_id if record.account else "",
        "is_cost": record.part == CallRecord.Part.COST,
        "callee": columns.get("callee", ""),
        "talk": talk_words(columns.get("duration", "")),
        "why": reason_words(record.shown),
        "level": level_words(record, record.shown),
        "detail": detail_words(record, record.shown),
        "since": moment_words(record.received_at),
        "held": shown(held) if held else "",
    }


def talk_words(text: str) -> str:
    """A duration as a record writes it: 3:12; as it came where that is no figure."""
    try:
        seconds = round(float(text))
    except (ValueError, OverflowError):
        return text
    sign = "\u2212" if seconds < 0 else ""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{sign}{minutes}:{rest:02}"


def _why(row: Mapping[str, Any]) -> Any:
    notes = [one for one in (row["level"], row["detail"]) if one]
    return joined([row["why"], under(" · ".join(notes))]) if notes else row["why"]


def _account(row: Mapping[str, Any]) -> Any:
    name = row["account"] or quiet(_("nobody"))
    return joined([name, under(_("carrier's cost"))]) if row["is_cost"] else name


COLUMNS = (
    Column(
        "at",
        gettext_lazy("Call"),
        lambda row: link(row["url"], row["at"], "tnum"),
        css="card-top",
        zone=VIEWERS,
        is_lead=True,
    ),
    Column("account", gettext_lazy("Account"), _account, css="card-left"),
    Column(
        "callee",
        gettext_lazy("Called"),
        lambda row: format_html('<span class="mono">{}</span>', row["callee"]),
        css="card-left",
    ),
    Column("talk", gettext_lazy("Talk"), lambda row: row["talk"], is_number=True, css="card-right"),
    Column("why", gettext_lazy("Waits for"), _why, css="card-wide"),
    Column(
        "held",
        gettext_lazy("Held"),
        lambda row: on_card(gettext_lazy("held"), row["held"]) if row["held"] else quiet("–"),
        is_number=True,
        css=lambda row: "card-right nowrap" if row["held"] else "card-skip",
    ),
    Column(
        "received",
        gettext_lazy("Received"),
        lambda row: row["since"],
        css="tnum card-skip",
        sort=BY_KEY,
        zone=VIEWERS,
    ),
)


def file_columns(actor: Actor, *, is_written: bool) -> list[Column]:
    """What a file holds of the records somebody sees; `is_written`: of those written off."""

    def told(name: str, label: Any, **more: Any) -> Column:
        return Column(f"file_{name}", label, value=lambda row: row[name], **more)

    def read(name: str) -> Column:
        label = COLUMN_WORDS[name]
        return Column(f"cdr_{name}", label, value=lambda row: row["columns"].get(name, ""))

    about = [
        told("at", gettext_lazy("Call"), zone=VIEWERS),
        told("whose", gettext_lazy("Charged would be")),
        told("what", gettext_lazy("What")),
        told("why", gettext_lazy("Waits for")),
        told("level", gettext_lazy("Waits at")),
        told("detail", gettext_lazy("Detail")),
        told("received", gettext_lazy("Received"), zone=VIEWERS),
        told("held", gettext_lazy("Held"), is_number=True),
    ]
    if is_written:
        about += [
            told("written_off_at", gettext_lazy("Written off"), zone=VIEWERS),
            told("written_off_by", gettext_lazy("Written off by")),
            told("written_off_why", gettext_lazy("Reason given")),
        ]
    return [*about, *map(read, columns_told(actor))]


def file_row(actor: Actor, record: Any, held: Decimal | None) -> dict[str, Any]:
    """One record as a file holds it, as far as somebody may know of it; `held` by the account that
    called.
    """
    return {
        "at": record.at,
        "whose": record.account.account_id if record.account else "",
        "what": record.get_part_display(),
        "why": reason_words(record.shown),
        "level": level_words(record, record.shown),
        "detail": detail_words(record, record.shown),
        "received": record.received_at,
        "held": held,
        "written_off_at": record.written_off_at,
        "written_off_by": record.written_off_by,
        "written_off_why": record.written_off_why,
        "columns": columns_read(actor, record),
    }


def reasons(
    actor: Actor, causes: Sequence[Cause], groups: Mapping[Cause, int]
) -> list[dict[str, Any]]:
    """What calls wait for, a reason after the other, those of most records first; each with its
    causes. `groups`: the rate group that lacks a rate, where it is the viewer's to change.
    """
    found: dict[tuple[str, bool], list[Cause]] = {}
    for one in causes:
        found.setdefault((one.reason, one.is_cost), []).append(one)
    rows = [_reason_row(actor, some, groups) for some in found.values()]
    return sorted(rows, key=lambda row: -row["count"])


def _reason_row(
    actor: Actor, causes: Sequence[Cause], groups: Mapping[Cause, int]
) -> dict[str, Any]:
    first = causes[0]
    count = sum(one.count for one in causes)
    filters = _filters(actor, replace(first, level=None, missing=""))
    rows = [cause_row(actor, one, groups.get(one)) for one in causes[:_MOST_CAUSES]]
    has_parts = first.level is not None or bool(first.missing) or len(causes) > 1
    return {
        "title": reason_words(first.reason),
        "note": _("Carriers' costs: the customers of these calls are charged.")
        if first.is_cost
        else "",
        "advice": advice(first.reason, is_administrator=actor.is_administrator),
        "count": count,
        "figure": number_format(count, force_grouping=True),
        "oldest": moment_words(min(one.oldest for one in causes)),
        "url": queue_url(**filters),
        "again_url": _again_url(filters),
        "first": rows[:_AT_FIRST] if has_parts else [],
        "more": rows[_AT_FIRST:],
        "left": max(len(causes) - _MOST_CAUSES, 0),
    }


def _filters(actor: Actor, cause: Cause) -> dict[str, str]:
    """The list of what waits for it."""
    found = {"reason": cause.reason}
    if cause.level is not None:
        found["level"] = cause.level.account_id
    if cause.missing:
        found["missing"] = cause.missing
    if actor.is_administrator:
        part = CallRecord.Part.COST if cause.is_cost else CallRecord.Part.CHAIN
        found["part"] = part.value
    return found


def _again_url(filters: Mapping[str, str]) -> str:
    """Where all of them are charged again; "" for what waits for its own record."""
    if filters["reason"] == Reason.MISSING:
        return ""
    return f"{reverse('billing:call-queue-again')}?{urlencode(filters)}"


def cause_row(actor: Actor, cause: Cause, group: int | None) -> dict[str, Any]:
    """Records that wait for one thing. `group`: the rate group that lacks something, where it is
    the viewer's to change.
    """
    filters = _filters(actor, cause)
    return {
        "title": _title(cause),
        "count": cause.count,
        "figure": number_format(cause.count, force_grouping=True),
        "oldest": moment_words(cause.oldest),
        "url": queue_url(**filters),
        "again_url": _again_url(filters),
        "ways": ways_of(actor, cause.reason, cause.level, cause.missing, group, cause.first),
    }


def _title(cause: Cause) -> str:
    """What of a reason it is."""
    if cause.level and cause.missing:
        return _("%(level)s: numbers that begin with %(missing)s") % {
            "level": cause.level.account_id,
            "missing": cause.missing,
        }
    level = cause.level.account_id if cause.level else ""
    return level or cause.missing or _("Nothing more is known")


def ways_of(
    actor: Actor,
    reason: str,
    level: Any,
    missing: str,
    group: int | None,
    at: datetime | None,
) -> Sequence[Way]:
    """Where what is missing is put right, as far as the viewer may."""
    if reason == Reason.NO_RATE and group is not None:
        asked = {"prefix": missing, **({"since": at.isoformat()} if at else {})}
        url = f"{reverse('billing:rate-new', args=[group])}?{urlencode(asked)}"
        return [
            Way(_("Add a rate for %(missing)s…") % {"missing": missing}, url, "plus"),
            Way(_("See the rate group"), reverse("billing:rate-group", args=[group]), "rates"),
        ]
    may_give = actor.is_administrator or Authorization.MANAGE_ACCOUNT in actor.effective
    is_other = level is not None and level.pk != actor.account_pk
    if reason == Reason.NO_GROUP and is_other and may_give:
        url = address_of("accounts:edit", level.account_id)
        return [Way(_("Give it a rate group…"), url, "rates")]
    return []


def advice(reason: str, *, is_administrator: bool) -> str:
    """What has to happen before the record can be charged, in a sentence."""
    if reason == ABOVE:
        return _("Whoever stands above puts it right; the call is charged then.")
    if reason == Reason.NO_RATE:
        return _(
            "Add the rate that was missing, from before the call on: a rate counts from the moment "
            "it is effective from. Then charge it again."
        )
    if reason == Reason.NO_GROUP:
        return _("Give the account a rate group, then charge the call again.")
    if not is_administrator:
        return _("An administrator puts it right; the call is charged then.")
    return str(_ADVICE.get(reason, ""))


_ADVICE: Mapping[str, Any] = {
    Reason.ABSURD: gettext_lazy("Correct its times or its duration, or write it off."),
    Reason.OLD: gettext_lazy(
        "Calls of that month are not kept any more, so nobody can say whether it was charged: "
        "write it off."
    ),
    Reason.DIFFERS: gettext_lazy(
        "The first record of this leg stands, and nothing is charged twice. Write this one off."
    ),
    Reason.NOBODY: gettext_lazy("Say whose call it was, or make what it names and charge again."),
    Reason.SEVERAL: gettext_lazy("Say whose call it was."),
    Reason.CLOSED: gettext_lazy(
        "Say whose call it was, or write it off. Of a carrier's cost, correct the routing gateway."
    ),
    Reason.TWO_LEGS: gettext_lazy("Correct the leg's account, or write it off."),
    Reason.NO_SESSION: gettext_lazy("Correct its session, or write it off."),
    Reason.NO_NUMBER: gettext_lazy("Correct the number called, or write it off."),
    Reason.NO_CARRIER: gettext_lazy(
        "Make the routing gateway and charge again, or correct its name."
    ),
    Reason.MISSING: gettext_lazy(
        "It is charged when its record comes. Where that is lost, correct its times or write it "
        "off."
    ),
    Reason.FAULT: gettext_lazy(
        "The log of the charger has the whole story. Correct the record or what it stands on, then "
        "charge it again."
    ),
}
