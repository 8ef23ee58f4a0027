"""Lists of phones: of one account, of everything below it, of the whole scope; and as files.

They need no authorization: whose phones there are within one's own hierarchy is always visible.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.exports import export_recorded
from accounts.core.models import Account
from accounts.kit.pagination import BadCursor, Page, SortKey, ordered_pks, page
from accounts.kit.sheets_out import FORMATS, MOST_ROWS, download, kind_asked
from accounts.logins.services import preferences
from accounts.phones.filters import PhoneFilter
from accounts.phones.models import Phone
from accounts.phones.queries import phones_of, phones_on, with_numbers
from accounts.phones.tables import BY_NUMBER, COLUMNS, PhoneTable, header, plain_rows, why_not
from accounts.portal.actions import RowAction
from accounts.portal.breadcrumbs import Crumb, ways_to
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView

_COUNTED = 10_000
_CHUNK = 1000


class PhonesState:
    """What a list of phones shows, read from its address: Direct or All, filters, order."""

    def __init__(self, view: "PhonesListView", parameters: QueryDict) -> None:
        self.parameters = parameters
        self.is_all = view.subject is None or parameters.get("show") == "all"
        self.filter = PhoneFilter(
            parameters,
            queryset=view.base(self.is_all),
            accounts=view.accounts,
            with_account=self.is_all,
        )
        self.is_valid = self.filter.is_valid()

    @cached_property
    def matching(self) -> QuerySet[Phone]:
        rows: QuerySet[Phone] = self.filter.qs
        return rows if self.is_valid else rows.none()

    @cached_property
    def active(self) -> dict[str, str]:
        """The filters that are set."""
        return {
            name: str(value)
            for name, value in self.filter.form.data.items()
            if name in self.filter.filters and str(value).strip()
        }

    @cached_property
    def count(self) -> int:
        """How many match; exact up to 10,000 and 10,001 for more."""
        return self.matching.order_by()[: _COUNTED + 1].count()

    @property
    def order(self) -> tuple[str, SortKey, bool]:
        """(name as in the address, key, descending)."""
        asked = self.parameters.get("sort", "")
        name = asked.removeprefix("-")
        key = COLUMNS[name][1] if name in COLUMNS else None
        if key is None or (name == "account" and not self.is_all):
            return "number", BY_NUMBER, False
        return asked, key, asked.startswith("-")

    def address(self, **changes: Any) -> str:
        """The same list with some parameters changed; None removes one. The cursor never stays."""
        parameters = self.parameters.copy()
        for name, value in {"cursor": None, "format": None, **changes}.items():
            parameters.pop(name, None)
            if value is not None:
                parameters[name] = value
        return "?" + parameters.urlencode()

    def cleared(self, **changes: Any) -> str:
        return self.address(**{**dict.fromkeys(self.filter.filters), **changes})

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


class PhonesListView(PortalView):
    """What the lists have in common. `subject` is the account whose phones they are; None: all of
    the viewer's.
    """

    abstract = True
    subject: Account | None = None

    def base(self, is_all: bool) -> QuerySet[Phone]:
        """The phones the list is about, before any filter."""
        if self.subject is None:
            return phones_of(self.actor)
        return phones_on(self.actor, self.subject, with_below=is_all)

    def list_page(self, request: HttpRequest) -> HttpResponse:
        state = PhonesState(self, request.GET)
        order, key, descending = state.order
        size = self._size(request)
        rows, notice = with_numbers(state.matching), ""
        try:
            cursor = request.GET.get("cursor", "")
            found = page(rows, key, descending=descending, size=size, cursor=cursor)
        except BadCursor:
            notice = _("That page cannot be found any more. This is the first page.")
            found = page(rows, key, descending=descending, size=size)
        shown: Sequence[Phone] = found.rows
        ways = ways_to(
            request,
            {one.account_id for one in shown} | ({self.subject.pk} if self.subject else set()),
        )
        reason = self._why_not_manage()
        chips = state.chips()
        context = {
            **self._head(request, reason),
            "state": state,
            "is_all": state.is_all,
            "shows": self._shows(state),
            "table": PhoneTable(
                self.actor,
                shown,
                ways,
                order=order,
                caption=self._caption(state),
                with_account=state.is_all,
                bulk_id="" if reason else "bulk",
                pager=self._pager(state, found, size),
            ),
            "has_rows": bool(shown),
            "total": state.count,
            "matching_text": self._count_text(state.count),
            "may_manage": not reason,
            "why_not": reason,
            "new_url": self._new_url(),
            "import_url": self._import_url(),
            "chips": chips,
            "clear_url": state.cleared(),
            "search_all_url": state.cleared(show="all", q=state.active.get("q")),
            "exports": [
                (name.upper(), f"{self._export_url()}{state.address(format=name)}")
                for name in FORMATS
            ],
            "bulk_query": state.parameters.urlencode(),
            "notice": notice,
            "as_of": timezone.localtime(),
            "zone": timezone.get_current_timezone_name(),
        }
        status = 200 if state.is_valid else 422
        return render(request, "accounts/phones/list.html", context, status=status)

    def _why_not_manage(self) -> str:
        """Why the viewer adds and changes no phones here; "" = it may."""
        if self.subject is not None:
            return why_not(self.actor, self.subject)
        own = self.actor.own
        account = self.accounts.get(pk=own.pk) if own is not None else None
        decision = decide(self.actor, Authorization.MANAGE_PHONE, account)
        return "" if decision.is_allowed else decision.sentence

    def _head(self, request: HttpRequest, reason: str) -> dict[str, Any]:
        if self.subject is None:
            return {"account": None, "crumbs": [Crumb(_("Phones"))]}
        primary = RowAction("phone-new", _("Add phones"), "plus", self._new_url(), reason)
        return account_head(
            request, self.subject, current="phones", page=_("Phones"), primary=primary
        )

    def _shows(self, state: PhonesState) -> list[dict[str, Any]]:
        if self.subject is None or not self.subject.is_agent:
            return []
        return [
            {
                "label": _("Direct"),
                "url": state.address(show="direct", account=None, sort=None),
                "current": not state.is_all,
            },
            {
                "label": _("All"),
                "url": state.address(show="all", sort=None),
                "current": state.is_all,
            },
        ]

    def _size(self, request: HttpRequest) -> int:
        asked = request.GET.get("size", "")
        if asked.isascii() and asked.isdigit() and int(asked[:4]) in preferences.PAGE_SIZES:
            return int(asked)
        return preferences.page_size(request.user)  # type: ignore[arg-type]

    def _count_text(self, count: int) -> str:
        text = number_format(min(count, _COUNTED), force_grouping=True)
        return _("more than %(count)s") % {"count": text} if count > _COUNTED else text

    def _pager(self, state: PhonesState, found: Page, size: int) -> dict[str, Any]:
        def at(cursor: str | None) -> str:
            return f"{state.address()}&{urlencode({'cursor': cursor})}" if cursor else ""

        return {
            "text": _("%(shown)s of %(total)s shown")
            % {"shown": len(found.rows), "total": self._count_text(state.count)},
            "newer_url": at(found.before),
            "older_url": at(found.after),
            "first_url": state.address(),
            "sizes": [(n, state.address(size=n), n == size) for n in preferences.PAGE_SIZES],
        }

    def _caption(self, state: PhonesState) -> str:
        if self.subject is None:
            return _("All phones")
        if state.is_all:
            return _("Phones of %(account)s and all below it") % {"account": self.subject}
        return _("Phones of %(account)s") % {"account": self.subject}

    def _new_url(self) -> str:
        if self.subject is None:
            return reverse("phone-new")
        return reverse("accounts:phone-new", args=[self.subject.account_id])

    def _import_url(self) -> str:
        url = reverse("phones-import")
        return f"{url}?account={self.subject.account_id}" if self.subject else url

    def _export_url(self) -> str:
        if self.subject is None:
            return reverse("phones-export")
        return reverse("accounts:phones-export", args=[self.subject.account_id])

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The list as a file in the order of the screen, at most MOST_ROWS; on record."""
        kind = kind_asked(request)
        state = PhonesState(self, request.GET)
        order, key, descending = state.order
        pks = ordered_pks(state.matching, key, descending=descending, limit=MOST_ROWS)
        export_recorded(
            actor=self.actor,
            what="phones",
            account=self.subject,
            filters={**state.active, "show": "all" if state.is_all else "direct", "sort": order},
            rows=len(pks),
        )
        name = f"phones-{self.subject.account_id}" if self.subject else "phones"
        return download(kind, header(), self._lines(state, pks), name)

    def _lines(self, state: PhonesState, pks: Sequence[int]) -> Iterator[list[Any]]:
        for start in range(0, len(pks), _CHUNK):
            some = pks[start : start + _CHUNK]
            # Asked with the scope's own conditions again: what has left it is not written.
            found = with_numbers(state.matching).in_bulk(some)
            yield from plain_rows([found[pk] for pk in some if pk in found])


class PhonesView(PhonesListView):
    """The phones of everybody the viewer reaches."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.list_page(request)


class PhonesExportView(PhonesListView):
    """The same as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.export(request)


class AccountPhonesView(PhonesListView):
    """The phones of one account (Direct), or of it and everything below it (All)."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        self.subject = self.get_account(account_id)
        return self.list_page(request)


class AccountPhonesExportView(PhonesListView):
    """The same as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponseBase:
        self.subject = self.get_account(account_id)
        return self.export(request)
