"""The history of payments: of one account, of everything below it, of the whole scope.

It needs no authorization: what moved within one's own hierarchy is always visible.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.exports import export_recorded
from accounts.core.models import Account
from accounts.core.scope import Scope
from accounts.kit.pagination import BadCursor, Page, cursor_behind
from accounts.kit.sheets_out import FORMATS, MOST_ROWS, download, kind_asked
from accounts.logins.services import preferences
from accounts.portal.registry import registry
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from billing.forms import DayField, end_of
from billing.ledger.filters import EntryFilter
from billing.ledger.models import Entry
from billing.ledger.queries.entries import (
    COUNTED,
    Nearest,
    counted,
    entries_of,
    entries_of_account,
    ledger_page,
    newest_first,
    newest_key,
    totals,
)
from billing.ledger.services.settling import may_have_former_transfers
from billing.ledger.tables import Known, by_day, header, plain_rows, rows
from billing.money import shown, signed


class History:
    """What a history shows, read from its address: Direct or All, filters."""

    def __init__(self, view: "HistoryView", parameters: QueryDict) -> None:
        self.parameters = parameters
        self.is_all = view.subject is None or parameters.get("show") == "all"
        self.scope = Scope.of(view.subject.pk) if view.subject else view.actor.scope
        self.entries = view.entries(is_all=self.is_all)
        self.filter = EntryFilter(
            parameters, queryset=self.entries, accounts=view.accounts, with_account=self.is_all
        )
        self.is_valid = self.filter.is_valid()
        self.matching: QuerySet[Entry] = self.filter.qs if self.is_valid else self.entries.none()
        self.active = {
            name: value
            for name, value in self.filter.form.data.items()
            if name in self.filter.filters and str(value).strip()
        }

    @cached_property
    def nearest(self) -> Nearest | None:
        """What finds the entries of a hierarchy; those of everybody or of one account need none."""
        if not self.is_all or self.scope.everything or "account" in self.active:
            return None
        return Nearest(self.scope, self.filter.filter_queryset if self.is_valid else _none)

    def until(self, end: datetime) -> tuple[QuerySet[Entry], Nearest | None]:
        """What matches of before `end`, as rows and as what finds them."""
        if self.nearest is None:
            return self.matching.filter(at__lt=end), None
        narrowed = self.nearest.narrowed
        nearest = Nearest(self.scope, lambda entries: narrowed(entries).filter(at__lt=end))
        return self.matching, nearest

    @cached_property
    def count(self) -> int:
        return counted(self.matching)

    def address(self, **changes: Any) -> str:
        """The same history with some parameters changed; None removes one. Neither the cursor nor
        a jump stays.
        """
        parameters = self.parameters.copy()
        for name in ("cursor", "day", "totals", *changes):
            parameters.pop(name, None)
        for name, value in changes.items():
            if value is not None:
                parameters[name] = value
        return "?" + parameters.urlencode()

    def chips(self) -> list[dict[str, Any]]:
        found = []
        for name, value in self.active.items():
            one = self.filter.filters[name]
            choices = dict(one.extra.get("choices", ()))
            found.append(
                {
                    "name": one.label,
                    "value": choices.get(value, value),
                    "url": self.address(**{name: None}),
                }
            )
        return found

    def cleared(self) -> str:
        return self.address(**dict.fromkeys(self.filter.filters))


class HistoryView(PortalView):
    """What the histories have in common. `subject` is the account it is about; None: the whole
    scope.
    """

    abstract = True
    subject: Account | None = None

    def entries(self, *, is_all: bool) -> QuerySet[Entry]:
        if self.subject is None:
            return entries_of(self.actor)
        return entries_of_account(self.subject, is_all=is_all)

    def history_page(self, request: HttpRequest) -> HttpResponseBase:
        history = History(self, request.GET)
        if history.is_valid and request.GET.get("day"):
            return self._jump(history)
        size = self._size(request)
        shown_page, notice = self._read(history, size)
        entries = list(shown_page.rows)
        known = Known(self.actor, self.accounts, entries)
        found = rows(entries, known, _balances(entries))
        context = {
            **self._head(request),
            "state": history,
            "days": by_day(found),
            "is_all": history.is_all,
            "shows": self._shows(history),
            "deeds": [
                one
                for one in registry.module_actions
                if one.module == "payments" and one.is_for(self.actor)
            ],
            "chips": history.chips(),
            "clear_url": history.cleared(),
            "notice": notice,
            "totals": self._totals(history),
            "totals_url": history.address(totals=1),
            "counted": number_format(COUNTED, force_grouping=True),
            "pager": self._pager(history, shown_page, size),
            "exports": [
                (name.upper(), f"{self._export_url()}{history.address(format=name)}")
                for name in FORMATS
            ],
            "exported": number_format(MOST_ROWS, force_grouping=True),
            "newest_url": history.address(),
            "currency": settings.CURRENCY,
            "as_of": timezone.localtime(),
            "zone": timezone.get_current_timezone_name(),
            "caption": self._caption(history),
        }
        status = 200 if history.is_valid else 422
        return render(request, "billing/ledger/history.html", context, status=status)

    def _read(self, history: History, size: int) -> tuple[Page, str]:
        cursor = history.parameters.get("cursor", "")
        found = partial(ledger_page, history.matching, history.nearest, size=size)
        try:
            return found(cursor=cursor), ""
        except BadCursor:
            notice = _("That page cannot be found any more. This is the first page.")
            return found(cursor=""), notice

    def _jump(self, history: History) -> HttpResponseBase:
        """To the page that begins with the last movement of a day, or the one before it."""
        field = DayField(required=False)
        try:
            day = field.clean(history.parameters["day"])
        except forms.ValidationError:
            day = None
        if day is None:
            return HttpResponseRedirect(self.request.path + history.address())
        pk = newest_key(*history.until(end_of(day)))
        cursor = cursor_behind(0 if pk is None else pk + 1)
        return HttpResponseRedirect(self.request.path + history.address(cursor=cursor))

    def _size(self, request: HttpRequest) -> int:
        asked = request.GET.get("size", "")
        if asked.isascii() and asked.isdigit() and int(asked[:4]) in preferences.PAGE_SIZES:
            return int(asked)
        return preferences.page_size(request.user)  # type: ignore[arg-type]

    def _head(self, request: HttpRequest) -> dict[str, Any]:
        if self.subject is None:
            shows = self.actor.is_administrator and may_have_former_transfers()
            return {
                "account": None,
                "crumbs": [(_("Payments"), "")],
                "settlements_url": reverse("billing:settlements") if shows else "",
            }
        head = account_head(request, self.subject, current="payments", page=_("Payments"))
        statement = reverse("billing:statement", args=[self.subject.account_id])
        return {**head, "statement_url": statement}

    def _shows(self, history: History) -> list[dict[str, Any]]:
        if self.subject is None or not self.subject.is_agent:
            return []
        return [
            {
                "label": _("Direct"),
                "url": history.address(show="direct", account=None),
                "current": not history.is_all,
            },
            {"label": _("All"), "url": history.address(show="all"), "current": history.is_all},
        ]

    def _totals(self, history: History) -> dict[str, Any] | None:
        """What the filtered entries add up to; of very many only when asked for."""
        if history.count > COUNTED and "totals" not in history.parameters:
            return None
        found = totals(history.matching)
        return {
            "count": number_format(found.count, force_grouping=True),
            "incoming": signed(found.incoming),
            "outgoing": shown(found.outgoing),
            "net": signed(found.net),
        }

    def _pager(self, history: History, shown_page: Page, size: int) -> dict[str, Any]:
        total = number_format(min(history.count, COUNTED), force_grouping=True)
        if history.count > COUNTED:
            total = _("more than %(count)s") % {"count": total}
        return {
            "text": _("%(shown)s of %(total)s shown, newest first")
            % {"shown": len(shown_page.rows), "total": total},
            "newer_url": f"{history.address()}&{urlencode({'cursor': shown_page.before})}"
            if shown_page.before
            else "",
            "older_url": f"{history.address()}&{urlencode({'cursor': shown_page.after})}"
            if shown_page.after
            else "",
            "newer_label": _("Newer"),
            "older_label": _("Older"),
            "first_url": history.address(),
            "sizes": [(n, history.address(size=n), n == size) for n in preferences.PAGE_SIZES],
        }

    def _caption(self, history: History) -> str:
        if self.subject is None:
            return _("Movements of every account, newest first")
        if history.is_all:
            return _("Movements of %(account)s and all below it, newest first") % {
                "account": self.subject
            }
        return _("Movements of %(account)s, newest first") % {"account": self.subject}

    def _export_url(self) -> str:
        if self.subject is None:
            return reverse("billing:payments-export")
        return reverse("billing:account-payments-export", args=[self.subject.account_id])

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The history as a file, newest first, at most MOST_ROWS; on record."""
        kind = kind_asked(request)
        history = History(self, request.GET)
        show = "all" if history.is_all else "direct"
        export_recorded(
            actor=self.actor,
            what="payments",
            account=self.subject,
            filters={**history.active, "show": show},
            rows=history.matching.order_by()[:MOST_ROWS].count(),
        )
        name = f"payments-{self.subject.account_id}" if self.subject else "payments"
        return download(kind, header(), self._lines(history), name)

    def _lines(self, history: History) -> Iterator[list[Any]]:
        for entries in newest_first(history.matching, history.nearest, MOST_ROWS):
            known = Known(self.actor, self.accounts, entries)
            yield from plain_rows(entries, known, _balances(entries))


def _none(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    return entries.none()


def _balances(entries: list[Entry]) -> list[Decimal]:
    """Of entries of wallets, which all have one."""
    return [one.balance_after for one in entries if one.balance_after is not None]


class PaymentsView(HistoryView):
    """Everything that moved within the viewer's scope."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.history_page(request)


class PaymentsExportView(HistoryView):
    """The same as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.export(request)


class AccountPaymentsView(HistoryView):
    """What moved on one account (Direct), or on it and everything below it (All)."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponseBase:
        self.subject = self.get_account(account_id)
        return self.history_page(request)


class AccountPaymentsExportView(HistoryView):
    """The same as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse | HttpResponseBase:
        self.subject = self.get_account(account_id)
        return self.export(request)
