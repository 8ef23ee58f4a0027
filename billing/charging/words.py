"""Why records of calls wait, what their columns say, and how a re-rating stands, in words."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.above import someone_above
from accounts.core.actor import Actor
from accounts.kit.moments import moment_words, month_words
from billing.calls.models import ArchivedMonth, CallRecord
from billing.calls.reasons import Reason
from billing.charging.models import Rerating
from billing.charging.queries.queue import ABOVE
from billing.charging.queries.reratings import LeftCause, is_busy
from billing.charging.services.queue import Tried
from billing.money import shown

# The columns of a record (`billing.calls.records.COLUMNS`).
COLUMN_WORDS: Mapping[str, Any] = {
    "call_id": gettext_lazy("Call ID"),
    "leg": gettext_lazy("Leg"),
    "session": gettext_lazy("Session"),
    "account": gettext_lazy("Account"),
    "phone": gettext_lazy("Phone"),
    "gateway": gettext_lazy("Gateway it came in by"),
    "caller": gettext_lazy("Caller"),
    "callee": gettext_lazy("Number called"),
    "callee_out": gettext_lazy("Number as it went out"),
    "routing_gateway": gettext_lazy("Routing gateway"),
    "setup": gettext_lazy("Setup"),
    "answer": gettext_lazy("Answer"),
    "end": gettext_lazy("End"),
    "duration": gettext_lazy("Duration, seconds"),
    "cause": gettext_lazy("Cause"),
    "assigned": gettext_lazy("Given to"),
}
# What an agent may read of a record: neither the way out nor what a carrier said of it, and not the
# names it came with where an administrator said whose it is.
_OF_AGENTS = ("call_id", "leg", "session", "caller", "callee", "setup", "answer", "end", "duration")
_NAMES = ("account", "phone", "gateway")

_CANNOT_BE: Mapping[str, Any] = {
    "negative": gettext_lazy("its duration is negative"),
    "ends_first": gettext_lazy("it ends before it begins"),
    "future": gettext_lazy("it ends in the future"),
    "unanswered": gettext_lazy("it was not answered and lasted all the same"),
    "answered_first": gettext_lazy("it was answered before it was set up"),
    "too_long": gettext_lazy("it is longer than a day"),
    "apart": gettext_lazy("its duration and its times differ"),
}


def _above() -> str:
    """Where a reason stands that is not for the reader: then there is a level above it."""
    return someone_above(is_top_level=False)


def reason_words(shown: str) -> str:
    """A reason as its reader may know it."""
    if shown == ABOVE:
        return _("Something at %(above)s") % {"above": _above()}
    return str(Reason(shown).label)


def level_words(record: CallRecord, shown: str) -> str:
    """The account at which a record waits; "" where it is none."""
    if shown == ABOVE:
        return _above()
    return record.level.account_id if record.level else ""


def detail_words(record: CallRecord, shown: str) -> str:
    """What else is to be said of the reason."""
    if shown == ABOVE:
        return ""
    if shown == Reason.ABSURD and record.detail:
        column, colon, value = record.detail.partition(": ")
        if colon:
            return _("%(column)s cannot be read: %(value)s") % {
                "column": COLUMN_WORDS.get(column, column), "value": value,
            }  # fmt: skip
        return str(_CANNOT_BE.get(record.detail, record.detail))
    return record.detail


def columns_shown(actor: Actor, record: CallRecord) -> list[tuple[Any, str, str]]:
    """(label, as it came, as it counts) of the columns that somebody may read."""
    came, counts = record.as_it_came, record.columns
    return [
        (COLUMN_WORDS[name], came.get(name, ""), counts.get(name, ""))
        for name in _read_by(actor, counts)
        if came.get(name) or counts.get(name)
    ]


def columns_told(actor: Actor) -> Sequence[str]:
    """The columns that somebody may read of records at all."""
    return list(COLUMN_WORDS) if actor.is_administrator else [*_OF_AGENTS, *_NAMES]


def columns_read(actor: Actor, record: CallRecord) -> dict[str, str]:
    """What counts of those that somebody may read of this one."""
    counts = record.columns
    return {name: counts.get(name, "") for name in _read_by(actor, counts)}


def _read_by(actor: Actor, counts: Mapping[str, str]) -> Sequence[str]:
    if actor.is_administrator:
        return list(COLUMN_WORDS)
    is_given = "assigned" in counts
    return [*_OF_AGENTS, *(() if is_given else _NAMES)]


def held_words(levels: Sequence[tuple[str, Decimal]]) -> str:
    """What levels hold for a record that waits: “Customer-001 0.20, Dhaka-Retail-Sub 0.16 USD”."""
    if not levels:
        return ""
    amounts = ", ".join(f"{account} {shown(amount)}" for account, amount in levels)
    return f"{amounts} {settings.CURRENCY}"


def tried_words(tried: Tried) -> str:
    """What became of records that were charged again."""
    if tried.job is not None:
        return ngettext(
            "%(count)s record is charged again in the background.",
            "%(count)s records are charged again in the background.",
            tried.count,
        ) % {"count": tried.count}
    parts = []
    if tried.charged:
        parts.append(
            ngettext("%(count)s record is charged.", "%(count)s records are charged.",
                     tried.charged)
            % {"count": tried.charged}
        )  # fmt: skip
    if tried.waiting:
        parts.append(
            ngettext("%(count)s waits again.", "%(count)s wait again.", tried.waiting)
            % {"count": tried.waiting}
        )
    left = tried.count - tried.charged - tried.waiting
    if left:
        parts.append(
            ngettext(
                "%(count)s is charged within moments.",
                "%(count)s are charged within moments.",
                left,
            )
            % {"count": left}
        )
    return " ".join(parts)


def period_words(rerating: Rerating) -> str:
    """From when until when, by the reader's clocks."""
    return _("%(since)s until %(until)s") % {
        "since": moment_words(rerating.begins_at),
        "until": moment_words(rerating.ends_at),
    }


def about_words(rerating: Rerating, names: Mapping[int, str]) -> str:
    """Which calls a re-rating is about, beside the time."""
    accounts = ", ".join(names.get(pk, "") for pk in rerating.accounts)
    parts = [_("all accounts")]
    if accounts:
        words = _("%(accounts)s alone") if rerating.is_alone else _("%(accounts)s and below")
        parts = [words % {"accounts": accounts}]
    if rerating.prefixes:
        parts.append(_("prefixes %(some)s") % {"some": ", ".join(rerating.prefixes)})
    if rerating.group_name:
        parts.append(_("charged at %(group)s") % {"group": rerating.group_name})
    return " · ".join(parts)


def rerating_state(rerating: Any) -> tuple[str, str, str]:
    """(words, colour, symbol) of where a re-rating stands, one of `reratings_of`."""
    state, State = rerating.state, Rerating.State
    if is_busy(rerating):
        return str(State(state).label), "info", "jobs"
    if state == State.POSTED:
        return str(State.POSTED.label), "ok", "check"
    if state == State.POSTING and rerating.posted_legs:
        return _("Posted in part"), "warn", "warn"
    if state == State.POSTING:
        return _("Not posted"), "warn", "warn"
    if state == State.CHECKING:
        return _("Not finished"), "warn", "warn"
    if rerating.changed:
        return str(State.CHECKED.label), "plain", ""
    return _("Nothing changes"), "plain", ""


def left_words(cause: LeftCause) -> str:
    """Why calls stay as they are, with the account and the beginning of the number."""
    parts = [reason_words(cause.reason)]
    if cause.account:
        parts.append(cause.account)
    if cause.begins:
        parts.append(_("numbers that begin with %(digits)s") % {"digits": cause.begins})
    if cause.is_cost:
        parts.append(_("the carrier's cost alone"))
    return " · ".join(parts)


def archived_words(actor: Actor, months: Sequence[ArchivedMonth]) -> list[str]:
    """That calls of these months are not listed, and where they are; where files lie is for
    administrators.
    """
    if not months:
        return []
    if not actor.is_administrator:
        names = ", ".join(month_words(one.month) for one in months)
        return [_("Calls of %(months)s (UTC) are archived: ask your provider.") % {"months": names}]
    words = _(
        "Calls of %(month)s (UTC) are archived, in %(folder)s. They come back by"
        " “manage.py restore_calls %(name)s”."
    )
    return [
        words % {"month": month_words(one.month), "folder": one.folder, "name": one}
        for one in months
    ]
