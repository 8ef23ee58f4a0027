"""Whether an account operates, and which level of the hierarchy stops it, in words its viewer may
read (docs/domain.md 1 and 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import ChainLink
from accounts.kit.moments import until_words


@dataclass(frozen=True)
class Standing:
    """`state` is the name `_status.html` has for it, `word` says it in a list; `reasons` say what
    stops the account, nearest first.

    Several can hold at once: a locked account below a locked agent stays stopped when either is
    unlocked.
    """

    state: str
    word: str
    reasons: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return not self.reasons


def standing(actor: Actor, way: Sequence[ChainLink], now: datetime | None = None) -> Standing:
    """How the account at the end of `way` (root first) stands, as `actor` may know it. No query."""
    now = now or timezone.now()
    *above, own = way
    if own.status == Account.Status.CLOSED:
        word = str(Account.Status.CLOSED.label)
        return Standing("closed", word, (_("It is closed for good. Its history stays."),))
    state, word, reasons = "active", _("Active"), []
    if own.status == Account.Status.LOCKED:
        state, word = "locked", str(Account.Status.LOCKED.label)
        reasons.append(_("It is locked here."))
    if own.valid_until is not None and own.valid_until <= now:
        if not reasons:
            state, word = "expired", _("Expired")
        reasons.append(_was_valid(own))
    stopped = [link for link in above if link.is_stopped(now)]
    if not stopped:
        return Standing(state, word, tuple(reasons))
    visible = {link.pk for link in actor.visible_part(tuple(way))}
    if state == "active":
        state, word = "above", _blocked_by(actor, stopped[0], visible)
    for link in reversed([link for link in stopped if link.pk in visible]):
        reasons.append(_why_above(link))
    if any(link.pk not in visible for link in stopped):
        words = _("%(above)s is locked or expired.")
        reasons.append(words % {"above": capfirst(actor.someone_above)})
    return Standing(state, word, tuple(reasons))


def _blocked_by(actor: Actor, highest: ChainLink, visible: set[int]) -> str:
    """In a list the highest level that stops it: nothing below it helps."""
    name = highest.account_id if highest.pk in visible else actor.someone_above
    return _("Blocked by %(account)s") % {"account": name}


def _why_above(link: ChainLink) -> str:
    words: dict[str, Any] = {
        Account.Status.LOCKED: _("%(agent)s above it is locked."),
        Account.Status.CLOSED: _("%(agent)s above it is closed."),
    }
    sentence = words.get(link.status, _("%(agent)s above it has expired."))
    return sentence % {"agent": link.account_id}


def _was_valid(own: ChainLink) -> str:
    words = _("It was valid until %(date)s.")
    return words % {"date": until_words(own.valid_until, ZoneInfo(own.time_zone))}
