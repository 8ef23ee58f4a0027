"""Entries of the audit log as rows: texts of a page, and cells of a file. Prepared once per page;
templates only place them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit.words.reader import Change, Reader
from accounts.core.actor import Actor
from accounts.core.models import AuditEntry
from accounts.core.querysets import AccountQuerySet, chains
from accounts.kit.addresses import address_of, object_address
from accounts.kit.markup import format_html, format_html_join, joined
from accounts.kit.moments import day_heading, exact_clock_words
from accounts.kit.pagination import SortKey
from accounts.portal.lists.cells import badge, change, link, quiet, time, under
from accounts.portal.lists.columns import VIEWERS, Column

# Commands record what was earlier; a log is read by when it happened.
NEWEST_FIRST = SortKey(F("at"), datetime)
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
                url=object_address("audit-entry", AuditEntry.key_kind, entry.pk),
                at=entry.at,
                day=day_heading(local.date()),
                time=exact_clock_words(entry.at),
                actor=reader.actor_of(entry),
                on_behalf_of=reader.other_of(entry),
                icon=icon,
                kind=kind,
                words=words,
                subject=reader.subject_of(entry),
                # Its present id where it still exists: links lead there.
                account=way[-1].account_id if way else entry.account,
                account_url=address_of("accounts:detail", way[-1].account_id) if way else "",
                way=tuple(link.account_id for link in way[:-1]),
                changes=tuple(reader.changes_of(entry)),
                reason=reader.reason_of(entry),
                address=reader.address_of(entry),
                request_id=reader.request_of(entry),
                is_refused=entry.is_refused,
            )
        )
    return rows


def columns_of(actor: Actor) -> list[Column]:
    """The columns for this viewer. A page shows less and puts it together; a file has everything.
    The number of an entry counts those of the whole platform: it is for administrators.
    """
    columns = [*_COLUMNS, *_OF_FILES]
    if actor.is_administrator:
        columns.append(Column("pk", _("Number"), value=lambda row: row.pk))
    return columns


def _deed(row: AuditRow) -> Any:
    parts: list[Any] = [link(row.url, row.words)]
    if row.is_refused:
        parts += [" ", badge(row.result, "danger")]
        if row.subject:
            line = '<br><span class="muted small fw-normal mono">{}</span>'
            parts.append(format_html(line, row.subject))
    if row.reason:
        parts.append(under(f"“{row.reason}”"))
    return joined(parts)


def _who(row: AuditRow) -> Any:
    if not row.on_behalf_of:
        return row.actor
    return joined([row.actor, under(_("on behalf of %(name)s") % {"name": row.on_behalf_of})])


def _on(row: AuditRow) -> Any:
    name: Any = row.account or "–"
    if row.account_url:
        name = link(row.account_url, row.account, "quiet-link text-body")
    if not row.path:
        return name
    return joined([name, under(_way(row.way))])


def _way(way: Sequence[str]) -> Any:
    *above, last = way
    steps = [format_html('<span class="text-nowrap">{} ›</span> ', one) for one in above]
    return joined([*steps, format_html('<span class="text-nowrap">{}</span>', last)])


def _changes(row: AuditRow) -> Any:
    if not row.changes:
        return quiet("–")
    lines = [
        format_html(
            '<span class="muted">{}:</span> {}',
            one.label,
            change(one.before, one.after) if one.before else one.after,
        )
        for one in row.first_changes
    ]
    if row.more_changes:
        more = _("and %(more)s more") % {"more": row.more_changes}
        lines.append(link(row.url, more, "muted small"))
    return format_html_join(_BREAK, "{}", ((one,) for one in lines))


def _from(row: AuditRow) -> Any:
    address = row.address or "–"
    if not row.request_id:
        return address
    return format_html(
        '{}<br><a class="muted small" href="{}#request" aria-label="{}">{}</a>',
        address,
        row.url,
        _("Request %(id)s") % {"id": row.request_id},
        Truncator(row.request_id).chars(9),
    )


_BREAK = mark_safe("<br>")
_COLUMNS = (
    Column(
        "time",
        gettext_lazy("Time"),
        lambda row: time(row.at, row.time),
        lambda row: row.at,
        css="nowrap tnum muted card-top",
        zone=VIEWERS,
    ),
    Column("deed", gettext_lazy("Deed"), _deed, css="audit-deed", is_lead=True),
    Column("who", gettext_lazy("Who"), _who, css="card-left"),
    Column("on", gettext_lazy("On"), _on, css="card-right"),
    Column(
        "changes",
        gettext_lazy("Before, after"),
        _changes,
        css=lambda row: f"{'card-wide' if row.changes else 'card-skip'} audit-change",
    ),
    Column("from", gettext_lazy("From"), _from, css="nowrap mono muted card-skip"),
)
_OF_FILES = (
    Column("actor", gettext_lazy("Actor"), value=lambda row: row.actor),
    Column("on_behalf_of", gettext_lazy("On behalf of"), value=lambda row: row.on_behalf_of),
    Column("address", gettext_lazy("Address"), value=lambda row: row.address),
    Column("words", gettext_lazy("Deed"), value=lambda row: row.words),
    Column("result", gettext_lazy("Result"), value=lambda row: row.result),
    Column("account", gettext_lazy("Account ID"), value=lambda row: row.account),
    Column("path", gettext_lazy("Path"), value=lambda row: row.path),
    Column("subject", gettext_lazy("Object"), value=lambda row: row.subject),
    Column("change", gettext_lazy("Change"), value=lambda row: row.summary),
    Column("reason", gettext_lazy("Reason"), value=lambda row: row.reason),
    Column("request_id", gettext_lazy("Request ID"), value=lambda row: row.request_id),
)
