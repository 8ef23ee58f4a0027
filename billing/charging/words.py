"""Why records of calls wait, and what their columns say, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.above import someone_above
from accounts.core.actor import Actor
from billing.calls.models import CallRecord
from billing.calls.reasons import Reason
from billing.charging.queries.queue import ABOVE
from billing.charging.services.queue import Tried

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
    names: list[str] = list(COLUMN_WORDS)
    if not actor.is_administrator:
        is_given = "assigned" in counts
        names = [*_OF_AGENTS, *(() if is_given else _NAMES)]
    return [
        (COLUMN_WORDS[name], came.get(name, ""), counts.get(name, ""))
        for name in names
        if came.get(name) or counts.get(name)
    ]


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
