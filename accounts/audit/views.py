"""The audit log: of the platform or the own hierarchy, of one account, one entry, and as a file."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit.filters import AuditFilter
from accounts.audit.queries import entries_of, entries_on, last_seal, of_same_request, seal_over
from accounts.audit.tables import NEWEST_FIRST, AuditRow, audit_rows, columns_of
from accounts.core.models import Account, AuditEntry
from accounts.kit.pagination import Page
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.base import PortalView


class AuditList(ListView):
    """Entries of the log, under the days they happened on."""

    abstract = True
    what = "audit"
    heading = gettext_lazy("Audit log")
    tab = "audit"
    template = "accounts/audit/list.html"
    filter_class = AuditFilter
    views = (
        ProductView(gettext_lazy("Refused"), {"refused": "1"}),
        ProductView(gettext_lazy("Logins"), {"group": "logins"}),
        ProductView(gettext_lazy("Accounts"), {"group": "accounts"}),
        ProductView(gettext_lazy("Exports"), {"group": "exports"}),
    )
    first_order = ("time", NEWEST_FIRST, True)
    is_newest_first = True
    is_page = True
    has_groups = True
    words = Words(
        search=gettext_lazy("Search and filter the audit log"),
        every=gettext_lazy("All entries"),
        find=gettext_lazy("Account, login, deed or reason"),
        no_match=gettext_lazy("No entry matches these filters"),
        no_match_text=gettext_lazy("Clear the filters to see the whole log."),
        widen_text=gettext_lazy("Clear the filters, or look in all levels below as well."),
    )

    def base(self, is_all: bool) -> QuerySet[AuditEntry]:
        if self.subject is None:
            return entries_of(self.actor)
        return entries_on(self.actor, self.subject, with_below=is_all)

    def all_columns(self) -> Sequence[Column]:
        return columns_of(self.actor)

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        # The page's account and the switch beside it say whose entries these are.
        is_whole = self.subject is None
        return {"actor": self.actor, "accounts": lambda: self.accounts, "with_account": is_whole}

    def rows(self, objects: Sequence[AuditEntry], names: Collection[str]) -> Sequence[AuditRow]:
        return audit_rows(self.actor, self.accounts, objects)

    def attributes(self, row: AuditRow) -> Mapping[str, str]:
        return {"data-entry": row.key}

    def group(self, row: AuditRow) -> str:
        return row.day

    def pager_text(self, state: ListState, found: Page) -> str:
        return _("%(shown)s shown, newest first") % {"shown": len(found.rows)}

    def more(self, state: ListState) -> dict[str, Any]:
        is_sealed = self.actor.is_administrator and self.subject is None
        return {"seal": last_seal() if is_sealed else None, "asof": "accounts/audit/_asof.html"}

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("Nothing has happened yet"),
            _("Every change is written down here with who made it, when, and what it was before."),
        )

    def title(self, state: ListState) -> Any:
        if self.subject is None:
            return self.heading
        return _("Audit log of %(id)s") % {"id": self.subject.account_id}

    def caption(self, state: ListState) -> str:
        return _("Audit entries, newest first")

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("audit-export")
        return reverse("accounts:audit-export", args=[self.subject.account_id])

    def recorded_on(self) -> Account | None:
        if self.subject is not None or self.actor.own is None:
            return self.subject
        return self.accounts.filter(pk=self.actor.account_pk).first()

    def file_name(self) -> str:
        return f"{self.subject.account_id if self.subject else 'portal'}-audit"


class AuditLogView(ListPage, AuditList):
    """The whole platform for administrators, the own hierarchy for everybody else; or the entries
    on one account, or on it and all below it.
    """

    authorization = None


class AuditLogExportView(ListExport, AuditList):
    """The log as a file."""

    authorization = None


class AuditEntryView(PortalView):
    """One entry: everything before and after, and what else the same request did."""

    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = entries_of(self.actor).filter(pk=pk).first()
        if entry is None:
            raise Http404
        (row,) = audit_rows(self.actor, self.accounts, [entry])
        same = of_same_request(self.actor, entry) if row.request_id else []
        context = {
            "row": row,
            "same": audit_rows(self.actor, self.accounts, same),
            "shows_seal": self.actor.is_administrator,
            "seal": seal_over(entry) if self.actor.is_administrator else None,
            "zone": timezone.get_current_timezone_name(),
            "crumbs": [Crumb(_("Audit log"), reverse("audit")), Crumb(row.words)],
        }
        return render(request, "accounts/audit/detail.html", context)
