"""The audit log: of the platform or the own hierarchy, of one account, one entry, and as a file."""

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.audit.filters import AuditFilter
from accounts.audit.queries import entries_of, entries_on, last_seal, of_same_request, seal_over
from accounts.audit.tables import NEWEST_FIRST, AuditRow, audit_rows, file_rows, header
from accounts.core.exports import export_recorded
from accounts.core.models import Account, AuditEntry
from accounts.kit.pagination import BadCursor, Page, page
from accounts.kit.sheets_out import FORMATS, MOST_ROWS, download, kind_asked
from accounts.logins.services import preferences
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView


class AuditState:
    """What a list of entries shows, read from its address: the account, the filters, the page."""

    def __init__(self, view: "AuditView", parameters: QueryDict) -> None:
        self.parameters = parameters
        self.with_below = parameters.get("show") == "all"
        self.filter = AuditFilter(
            parameters,
            queryset=view.base(self.with_below),
            actor=view.actor,
            accounts=view.accounts,
        )
        if view.subject is not None:
            # The page's account and the switch beside it say this already.
            del self.filter.form.fields["account"]
        self.is_valid = self.filter.is_valid()

    @cached_property
    def matching(self) -> QuerySet[AuditEntry]:
        queryset: QuerySet[AuditEntry] = self.filter.qs
        return queryset if self.is_valid else queryset.none()

    @property
    def active(self) -> dict[str, str]:
        """The filters that are set."""
        form = self.filter.form
        return {
            name: str(form.data[name])
            for name in form.fields
            if str(form.data.get(name, "")).strip()
        }

    def address(self, **changes: Any) -> str:
        """The same list with some parameters changed; None removes one. The cursor never stays."""
        parameters = self.parameters.copy()
        for name, value in {"cursor": None, "format": None, **changes}.items():
            parameters.pop(name, None)
            if value is not None:
                parameters[name] = value
        return "?" + parameters.urlencode()

    def cleared(self, **changes: Any) -> str:
        return self.address(**dict.fromkeys(self.active), **changes)

    def chips(self) -> list[dict[str, Any]]:
        form = self.filter.form
        chips = []
        for name, value in self.active.items():
            choices = dict(getattr(form.fields[name], "choices", ()))
            shown = choices.get(value, value)
            clean = getattr(form, "cleaned_data", {}).get(name)
            if name in ("since", "until") and clean:
                shown = date_format(clean, "j M Y")
            label = form.fields[name].label
            chips.append({"name": label, "value": shown, "url": self.address(**{name: None})})
        return chips


class AuditView(PortalView):
    """What every list of entries has in common. `subject` is the account it is about, None for all
    of the viewer's.
    """

    abstract = True
    subject: Account | None = None

    def base(self, with_below: bool) -> QuerySet[AuditEntry]:
        """The entries the list is about, before any filter."""
        if self.subject is None:
            return entries_of(self.actor)
        return entries_on(self.actor, self.subject, with_below=with_below)

    def list_page(self, request: HttpRequest) -> HttpResponse:
        state = AuditState(self, request.GET)
        size = self._size(request)
        notice = ""
        try:
            cursor = request.GET.get("cursor", "")
            found = page(state.matching, NEWEST_FIRST, descending=True, size=size, cursor=cursor)
        except BadCursor:
            notice = _("That page cannot be found any more. This is the first page.")
            found = page(state.matching, NEWEST_FIRST, descending=True, size=size)
        chips = state.chips()
        context = {
            **self._head(request),
            "state": state,
            "days": _days(audit_rows(self.actor, self.accounts, found.rows)),
            "shows": self._shows(state),
            "results": self._results(state),
            "chips": chips,
            "clear_url": state.cleared(),
            "search_all_url": state.cleared(show="all"),
            "pager": self._pager(state, found, size),
            "exports": [
                (name.upper(), f"{self._export_url()}{state.address(format=name)}")
                for name in FORMATS
            ],
            "seal": last_seal() if self.actor.is_administrator and self.subject is None else None,
            "notice": notice,
            "zone": timezone.get_current_timezone_name(),
        }
        status = 200 if state.is_valid else 422
        return render(request, "accounts/audit/list.html", context, status=status)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The list as a file, with the filters of the page; recorded like every export."""
        kind = kind_asked(request)
        state = AuditState(self, request.GET)
        export_recorded(
            actor=self.actor,
            what="audit",
            account=self.subject or self._own(),
            filters={**state.active, "show": "all" if state.with_below else "direct"},
            rows=min(state.matching.count(), MOST_ROWS),
        )
        zone = timezone.get_current_timezone()
        rows = file_rows(self.actor, self.accounts, state.matching, zone)
        name = f"{self.subject.account_id if self.subject else 'portal'}-audit"
        heads = header(self.actor, timezone.get_current_timezone_name())
        return download(kind, heads, rows, name)

    def _own(self) -> Account | None:
        return self.accounts.filter(pk=self.actor.account_pk).first() if self.actor.own else None

    def _head(self, request: HttpRequest) -> dict[str, Any]:
        if self.subject is None:
            return {"account": None}
        return account_head(request, self.subject, current="audit", page=_("Audit log"))

    def _shows(self, state: AuditState) -> list[dict[str, Any]]:
        if self.subject is None or not self.subject.is_agent:
            return []
        return [
            _choice(_("Direct"), state.address(show=None), not state.with_below),
            _choice(_("All"), state.address(show="all"), state.with_below),
        ]

    def _results(self, state: AuditState) -> list[dict[str, Any]]:
        refused = "refused" in state.active
        return [
            _choice(_("Everything"), state.address(refused=None), not refused),
            _choice(_("Refused"), state.address(refused="1"), refused),
        ]

    def _export_url(self) -> str:
        if self.subject is None:
            return reverse("audit-export")
        return reverse("accounts:audit-export", args=[self.subject.account_id])

    def _size(self, request: HttpRequest) -> int:
        asked = request.GET.get("size", "")
        if asked.isascii() and asked.isdigit() and int(asked[:4]) in preferences.PAGE_SIZES:
            return int(asked)
        return preferences.page_size(request.user)  # type: ignore[arg-type]

    def _pager(self, state: AuditState, found: Page, size: int) -> dict[str, Any]:
        def url(cursor: str | None) -> str:
            return state.address() + "&" + urlencode({"cursor": cursor}) if cursor else ""

        return {
            "text": _("%(shown)s shown, newest first") % {"shown": len(found.rows)},
            "newer_url": url(found.before),
            "older_url": url(found.after),
            "newer_label": _("Newer"),
            "older_label": _("Older"),
            "first_url": state.address(),
            "sizes": [(n, state.address(size=n), n == size) for n in preferences.PAGE_SIZES],
        }


def _choice(label: str, url: str, current: bool) -> dict[str, Any]:
    return {"label": label, "url": url, "current": current}


def _days(rows: list[AuditRow]) -> list[tuple[str, list[AuditRow]]]:
    """The rows under the days they happened on, in the viewer's zone."""
    days: list[tuple[str, list[AuditRow]]] = []
    for row in rows:
        if not days or days[-1][0] != row.day:
            days.append((row.day, []))
        days[-1][1].append(row)
    return days


class AuditLogView(AuditView):
    """The whole platform for administrators, the own hierarchy for everybody else."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.list_page(request)


class AuditLogExportView(AuditView):
    """The log as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.export(request)


class AccountAuditView(AuditView):
    """The entries on one account, or on it and all below it."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        self.subject = self.get_account(account_id)
        return self.list_page(request)


class AccountAuditExportView(AuditView):
    """The entries on one account as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponseBase:
        self.subject = self.get_account(account_id)
        return self.export(request)


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
