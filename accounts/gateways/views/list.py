"""Lists of gateways: of one account, of everything below it, of the whole scope."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

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
from accounts.core.querysets import chains, in_scope
from accounts.core.scope import Scope
from accounts.gateways.filters import GatewayFilter
from accounts.gateways.models import Gateway, GatewayQuerySet
from accounts.gateways.queries import gateways_of
from accounts.gateways.tables import COLUMNS, SORTS, Known, ceiling_words, header, plain_rows, rows
from accounts.kit.pagination import BadCursor, Page, SortKey, ordered_pks, page
from accounts.kit.sheets_out import FORMATS, MOST_ROWS, download, kind_asked
from accounts.logins.services import preferences
from accounts.portal.breadcrumbs import ways_to
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView

_COUNTED = 10_000
_CHUNK = 500


class GatewayList:
    """What a list shows, read from its address: Direct or All, filters, order."""

    def __init__(self, view: "GatewayListView", parameters: QueryDict) -> None:
        self.parameters = parameters
        self.is_all = view.subject is None or parameters.get("show") == "all"
        self.base = view.gateways(is_all=self.is_all)
        self.filter = GatewayFilter(
            parameters,
            queryset=self.base,
            with_direction=view.actor.is_administrator,
            with_account=self.is_all,
        )
        self.is_valid = self.filter.is_valid()
        self.matching: GatewayQuerySet = self.filter.qs if self.is_valid else self.base.none()
        self.active = {
            name: value
            for name, value in self.filter.form.data.items()
            if name in self.filter.filters and str(value).strip()
        }

    @cached_property
    def order(self) -> tuple[str, SortKey, bool]:
        """(name as in the address, key, descending)."""
        asked = self.parameters.get("sort", "")
        name = asked.removeprefix("-")
        if name in SORTS:
            return asked, SORTS[name], asked.startswith("-")
        return "name", SORTS["name"], False

    @cached_property
    def count(self) -> int:
        return self.matching.order_by()[: _COUNTED + 1].count()

    def address(self, **changes: Any) -> str:
        """The same list with some parameters changed; None removes one. The cursor never stays."""
        parameters = self.parameters.copy()
        for name in ("cursor", *changes):
            parameters.pop(name, None)
        for name, value in changes.items():
            if value is not None:
                parameters[name] = value
        return "?" + parameters.urlencode()

    def chips(self) -> list[dict[str, Any]]:
        found = []
        for name, value in self.active.items():
            one = self.filter.filters[name]
            words = dict(one.extra.get("choices", ())).get(value, value)
            url = self.address(**{name: None})
            found.append({"name": one.label, "value": words, "url": url})
        return found

    def heads(self) -> list[dict[str, Any]]:
        """The heads of the columns, with the address that sorts by them."""
        asked, _key, descending = self.order
        found = []
        for name, label in COLUMNS:
            is_sorted = asked.removeprefix("-") == name
            turned = f"-{name}" if is_sorted and not descending else name
            found.append(
                {
                    "name": name,
                    "label": label,
                    "url": self.address(sort=turned) if name in SORTS else "",
                    "is_sorted": is_sorted,
                    "is_descending": descending,
                }
            )
        return found


class GatewayListView(PortalView):
    """What the lists have in common. `subject` is whose list it is; None: the whole scope."""

    abstract = True
    subject: Account | None = None

    def gateways(self, *, is_all: bool) -> GatewayQuerySet:
        reached = gateways_of(self.actor)
        if self.subject is None:
            return reached
        if is_all:
            return reached.filter(in_scope(Scope.of(self.subject.pk), "account"))
        return reached.filter(account=self.subject)

    def list_page(self, request: HttpRequest) -> HttpResponse:
        state = GatewayList(self, request.GET)
        size = self._size(request)
        shown, notice = self._read(state, size)
        gateways: Sequence[Gateway] = shown.rows
        subjects = [self.subject.pk] if self.subject else []
        ways = ways_to(request, {*(one.account_id for one in gateways), *subjects})
        known = Known(self.actor, self.accounts, gateways, ways)
        asker: Any = self.subject or self.actor.own
        manage = decide(self.actor, Authorization.MANAGE_GATEWAY, asker)
        may_add = manage.is_allowed or (asker is None and self.actor.is_administrator)
        new = reverse("gateway-new")
        context = {
            **self._head(request),
            "state": state,
            "rows": rows(gateways, known),
            "heads": state.heads(),
            "is_all": state.is_all,
            "shows": self._shows(state),
            "chips": state.chips(),
            "clear_url": state.address(**dict.fromkeys(state.filter.filters)),
            "notice": notice,
            "pager": self._pager(state, shown, size),
            "exports": [
                (name.upper(), f"{self._export_url()}{state.address(format=name)}")
                for name in FORMATS
            ],
            "may_add": may_add and not self._is_closed(),
            "why_not": "" if may_add else manage.sentence,
            "new_url": f"{new}?account={self.subject.account_id}" if self.subject else new,
            "ceiling": self._ceiling(ways, known),
            "caption": self._caption(state),
            "here": request.get_full_path(),
            "as_of": timezone.localtime(),
            "zone": timezone.get_current_timezone_name(),
        }
        status = 200 if state.is_valid else 422
        return render(request, "accounts/gateways/list.html", context, status=status)

    def _read(self, state: GatewayList, size: int) -> tuple[Page, str]:
        _name, key, descending = state.order
        cursor = state.parameters.get("cursor", "")
        try:
            found = page(state.matching, key, descending=descending, size=size, cursor=cursor)
        except BadCursor:
            found = page(state.matching, key, descending=descending, size=size)
            return found, _("That page cannot be found any more. This is the first page.")
        return found, ""

    def _size(self, request: HttpRequest) -> int:
        asked = request.GET.get("size", "")
        if asked.isascii() and asked.isdigit() and int(asked[:4]) in preferences.PAGE_SIZES:
            return int(asked)
        return preferences.page_size(request.user)  # type: ignore[arg-type]

    def _head(self, request: HttpRequest) -> dict[str, Any]:
        if self.subject is None:
            return {"account": None, "crumbs": [(_("Gateways"), "")]}
        return account_head(request, self.subject, current="gateways", page=_("Gateways"))

    def _shows(self, state: GatewayList) -> list[dict[str, Any]]:
        if self.subject is None or not self.subject.is_agent:
            return []
        return [
            {
                "label": _("Direct"),
                "url": state.address(show="direct", account=None),
                "current": not state.is_all,
                "count": self._count(is_all=False),
            },
            {
                "label": _("All"),
                "url": state.address(show="all"),
                "current": state.is_all,
                "count": self._count(is_all=True),
            },
        ]

    def _count(self, *, is_all: bool) -> str:
        return number_format(self.gateways(is_all=is_all).count(), force_grouping=True)

    def _is_closed(self) -> bool:
        return self.subject is not None and self.subject.status == Account.Status.CLOSED

    def _ceiling(self, ways: Any, known: Known) -> dict[str, Any] | None:
        """What bounds the gateways of the account, and where it is changed."""
        if self.subject is None:
            return None
        may = (
            decide(self.actor, Authorization.MODIFY_GATEWAY_CAPACITY, self.subject).is_allowed
            and self.subject.pk != self.actor.account_pk
            and not self._is_closed()
        )
        url = reverse("accounts:gateway-ceiling", args=[self.subject.account_id])
        words = ceiling_words(self.actor, ways[self.subject.pk], known.ceilings)
        return {"words": words, "url": url if may else ""}

    def _pager(self, state: GatewayList, shown: Page, size: int) -> dict[str, Any]:
        total = number_format(min(state.count, _COUNTED), force_grouping=True)
        if state.count > _COUNTED:
            total = _("more than %(count)s") % {"count": total}

        def at(cursor: str | None) -> str:
            return f"{state.address()}&{urlencode({'cursor': cursor})}" if cursor else ""

        return {
            "text": _("%(shown)s of %(total)s shown") % {"shown": len(shown.rows), "total": total},
            "newer_url": at(shown.before),
            "older_url": at(shown.after),
            "first_url": state.address(),
            "sizes": [(n, state.address(size=n), n == size) for n in preferences.PAGE_SIZES],
        }

    def _caption(self, state: GatewayList) -> str:
        if self.subject is None:
            return _("All gateways")
        if state.is_all:
            return _("Gateways of %(account)s and all below it") % {"account": self.subject}
        return _("Gateways of %(account)s") % {"account": self.subject}

    def _export_url(self) -> str:
        if self.subject is None:
            return reverse("gateways-export")
        return reverse("accounts:gateways-export", args=[self.subject.account_id])

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The list as a file: filters and order as on screen, at most MOST_ROWS; on record."""
        kind = kind_asked(request)
        state = GatewayList(self, request.GET)
        export_recorded(
            actor=self.actor,
            what="gateways",
            account=self.subject,
            filters={**state.active, "show": "all" if state.is_all else "direct"},
            rows=state.matching.order_by()[:MOST_ROWS].count(),
        )
        name = f"gateways-{self.subject.account_id}" if self.subject else "gateways"
        return download(kind, header(), self._lines(state), name)

    def _lines(self, state: GatewayList) -> Iterator[list[Any]]:
        _name, key, descending = state.order
        pks = ordered_pks(state.matching, key, descending=descending, limit=MOST_ROWS)
        for start in range(0, len(pks), _CHUNK):
            some = pks[start : start + _CHUNK]
            # Asked with the scope's own conditions again: what left it meanwhile is not written.
            found = {one.pk: one for one in state.matching.filter(pk__in=some)}
            gateways = [found[pk] for pk in some if pk in found]
            ways = chains(one.account_id for one in gateways)
            known = Known(self.actor, self.accounts, gateways, ways)
            yield from plain_rows(gateways, known)


class GatewaysView(GatewayListView):
    """Every gateway within the viewer's scope."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.list_page(request)


class GatewaysExportView(GatewayListView):
    """The same as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.export(request)


class AccountGatewaysView(GatewayListView):
    """The gateways of one account (Direct), or of it and everything below it (All)."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        self.subject = self.get_account(account_id)
        return self.list_page(request)


class AccountGatewaysExportView(GatewayListView):
    """The same as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponseBase:
        self.subject = self.get_account(account_id)
        return self.export(request)
