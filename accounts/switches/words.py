"""Whether a phone or gateway is online, in words, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.kit.moments import moment_words
from accounts.switches.models import Registration


@dataclass(frozen=True)
class Online:
    """Whether it is, and the sentence for that."""

    is_online: bool
    words: str


def online(kept: Registration | None, now: datetime) -> Online:
    """What is told of somebody who may register; nobody told anything yet where there is none."""
    if kept is None:
        return Online(False, _("Never registered"))
    if kept.until <= now:
        return Online(False, _("Offline since %(at)s") % {"at": moment_words(kept.until)})
    values = {"at": moment_words(kept.since), "address": kept.address}
    return Online(True, _("Online since %(at)s, from %(address)s") % values)
