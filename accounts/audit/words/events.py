"""The latest deeds on one account in words, as a viewer may read them (docs/domain.md 1, 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.audit.queries import entries_on
from accounts.audit.words.reader import Change, Reader
from accounts.core.actor import Actor
from accounts.core.models import Account, AuditEntry
from accounts.core.reach import accounts_reached
from accounts.kit.addresses import object_address
from accounts.portal.audit_terms import Line
from accounts.portal.registry import registry


@dataclass(frozen=True)
class Event:
    """One deed, and where more of it stands. `who` names nobody above the viewer's own account."""

    icon: str
    kind: str
    text: str
    changes: tuple[Change, ...]
    at: datetime
    who: str
    reason: str
    line: Line


def latest_events(actor: Actor, account: Account, count: int = 8) -> list[Event]:
    """The latest deeds on `account`, newest first; attempts that were refused are left to the audit
    log. Three queries at most, and one for each kind of deeds that says more.
    """
    done = entries_on(actor, account, with_below=False).filter(is_refused=False)
    entries = list(done.order_by("-id")[:count])
    reader = Reader(actor, accounts_reached(actor), entries)
    detailed = frozenset[str]().union(*(one.detailed for one in registry.audit_terms))
    lines = _lines(account, entries)
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
                lines[entry.pk],
            )
        )
    return events


def _lines(account: Account, entries: Sequence[AuditEntry]) -> Mapping[int, Line]:
    """By key of the entry; where nobody says more it leads to its page in the audit log."""
    found = {
        one.pk: Line(object_address("audit-entry", AuditEntry.key_kind, one.pk)) for one in entries
    }
    for terms in registry.audit_terms:
        for beginning, lines_of in terms.lines.items():
            about = {int(one.subject): one.pk for one in entries
                     if one.action.startswith(beginning) and one.subject.isdigit()}  # fmt: skip
            if about:
                said = lines_of(account, list(about))
                found |= {about[pk]: line for pk, line in said.items()}
    return found
