"""Entries of the audit log as rows: texts of a page, and cells of a file. Prepared once per page;
templates only place them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.audit.words.reader import Change, Reader
from accounts.core.actor import Actor
from accounts.core.models import AuditEntry
from accounts.core.querysets import AccountQuerySet, chains
from accounts.kit.pagination import SortKey, ordered_pks
from accounts.kit.sheets_out import MOST_ROWS

# Commands record what was earlier; a log is read by when it happened.
NEWEST_FIRST = SortKey(F("at"), datetime)
_CHUNK = 1000
_SHOWN_CHANGES = 2
_LONGEST = 60


@dataclass(frozen=True)
class AuditRow:
    """One entry as its viewer may read it; every part is text."""

    pk: int
    key: str
    url: str
    at: datetime
    day: str
    time: str
    actor: str
    on_behalf_of: str
    icon: str
    kind: str
    words: str
    subject: str
    account: str
    account_url: str
    way: tuple[str, ...]
    changes: tuple[Change, ...]
    reason: str
    address: str
    request_id: str
    is_refused: bool

    @property
    def first_changes(self) -> list[Change]:
        """What a list has room for."""
        shown = self.changes[:_SHOWN_CHANGES]
        return [Change(one.label, _short(one.before), _short(one.after)) for one in shown]

    @property
    def more_changes(self) -> int:
        return max(0, len(self.changes) - _SHOWN_CHANGES)

    @property
    def path(self) -> str:
        """The agents above the account, from the viewer's own root."""
        return " › ".join(self.way)

    @property
    def result(self) -> str:
        return _("refused") if self.is_refused else _("done")

    @property
    def summary(self) -> str:
        """Every change in one line, for files."""
        parts = []
        for one in self.changes:
            before = f"{one.before} → " if one.before else ""
            parts.append(f"{one.label}: {before}{one.after or '–'}")
        return "; ".join(parts)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def audit_rows(
    actor: Actor, accounts: AccountQuerySet, entries: Sequence[AuditEntry]
) -> list[AuditRow]:
    """The rows for this viewer; three queries at most, however many rows."""
    reader = Reader(actor, accounts, entries)
    ways = chains({one.account_pk for one in entries if one.account_pk is not None})
    rows = []
    for entry in entries:
        way = actor.visible_part(ways.get(entry.account_pk or 0, ()))
        local = timezone.localtime(entry.at)
        icon, kind, words = reader.words_of(entry)
        rows.append(
            AuditRow(
                pk=entry.pk,
                key=entry.key,
                url=reverse("audit-entry", args=[entry.pk]),
                at=entry.at,
                day=_day(local.date()),
                time=f"{local:%H:%M:%S}",
                actor=reader.actor_of(entry),
                on_behalf_of=reader.other_of(entry),
                icon=icon,
                kind=kind,
                words=words,
                subject=reader.subject_of(entry),
                # Its present id where it still exists: links lead there.
                account=way[-1].account_id if way else entry.account,
                account_url=reverse("accounts:detail", args=[way[-1].account_id]) if way else "",
                way=tuple(link.account_id for link in way[:-1]),
                changes=tuple(reader.changes_of(entry)),
                reason=reader.reason_of(entry),
                address=reader.address_of(entry),
                request_id=reader.request_of(entry),
                is_refused=entry.is_refused,
            )
        )
    return rows


def _day(day: date) -> str:
    return date_format(day, "l, j F Y")


def header(actor: Actor, zone: str) -> list[str]:
    """The heads of a file's columns. The number of an entry counts those of the whole platform: it
    is for administrators.
    """
    heads = [
        _("Time (%(zone)s)") % {"zone": zone}, _("Actor"), _("On behalf of"), _("Address"),
        _("Deed"), _("Result"), _("Account ID"), _("Path"), _("Object"), _("Change"), _("Reason"),
        _("Request ID"), _("Number"),
    ]  # fmt: skip
    return heads if actor.is_administrator else heads[:-1]


def file_rows(
    actor: Actor, accounts: AccountQuerySet, matching: QuerySet[AuditEntry], zone: tzinfo
) -> Iterator[list[Any]]:
    """The matching entries for a file, the newest first, at most MOST_ROWS. It is read when the
    request is over, so the zone of its times is said.
    """
    pks = ordered_pks(matching, NEWEST_FIRST, descending=True, limit=MOST_ROWS)
    for start in range(0, len(pks), _CHUNK):
        some = pks[start : start + _CHUNK]
        # Asked with the scope's own conditions again: what has left it meanwhile is not written.
        found = matching.in_bulk(some)
        with timezone.override(zone):
            rows = audit_rows(actor, accounts, [found[pk] for pk in some if pk in found])
            cells = [_cells(row) for row in rows]
        yield from cells if actor.is_administrator else (one[:-1] for one in cells)


def _cells(row: AuditRow) -> list[Any]:
    local = timezone.localtime(row.at)
    return [
        f"{local:%Y-%m-%d %H:%M:%S}", row.actor, row.on_behalf_of, row.address, row.words,
        row.result, row.account, row.path, row.subject, row.summary, row.reason, row.request_id,
        row.pk,
    ]  # fmt: skip
