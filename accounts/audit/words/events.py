"""The latest deeds on one account in words, as a viewer may read them (docs/domain.md 1, 2)."""

from dataclasses import dataclass
from datetime import datetime

from accounts.audit.queries import entries_on
from accounts.audit.words.reader import Change, Reader
from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.reach import accounts_reached
from accounts.portal.registry import registry


@dataclass(frozen=True)
class Event:
    """One deed. `who` names nobody above the viewer's own account."""

    icon: str
    kind: str
    text: str
    changes: tuple[Change, ...]
    at: datetime
    who: str
    reason: str


def latest_events(actor: Actor, account: Account, count: int = 8) -> list[Event]:
    """The latest deeds on `account`, newest first; attempts that were refused are left to the audit
    log. Three queries at most.
    """
    done = entries_on(actor, account, with_below=False).filter(is_refused=False)
    entries = list(done.order_by("-id")[:count])
    reader = Reader(actor, accounts_reached(actor), entries)
    detailed = frozenset[str]().union(*(one.detailed for one in registry.audit_terms))
    events = []
    for entry in entries:
        icon, kind, text = reader.words_of(entry)
        shows = entry.action in detailed
        events.append(
            Event(
                icon,
                kind,
                text,
                tuple(reader.changes_of(entry)) if shows else (),
                entry.at,
                reader.actor_of(entry),
                reader.reason_of(entry),
            )
        )
    return events
