"""The history of payments: of one account, of everything below it, of the whole scope.

It needs no authorization: what moved within one's own hierarchy is always visible.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.scope import Scope
from accounts.kit.moments import day_end
from accounts.kit.pagination import BY_KEY, Page, cursor_behind, page
from accounts.portal.forms.days import DayField
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Button, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.registry import registry
from billing.ledger.filters import EntryFilter
from billing.ledger.models import Entry
from billing.ledger.queries.entries import (
    COUNTED,
    Nearest,
    Totals,
    entries_of,
    entries_of_account,
    entries_still_of,
    newest_key,
    newest_keys,
    page_nearest,
    totals,
)
from billing.ledger.queries.folding import folded, runs
from billing.ledger.queries.settlements import may_have_former_transfers
from billing.ledger.queries.whole import page_of_own, totals_of_all
from billing.ledger.tables import COLUMNS, FileRow, Known, attributes_of, day_of, file_rows, rows
from billing.money import shown, signed

_CHUNK = 1000
# Filters that leave the movements of a day together.
_FOLDED_BY = frozenset({"since", "until", "account"})


class HistoryList(ListView):
    """Entries of wallets, the newest first, under the days they belong to."""

    abstract = True
    what = "payments"
    heading = gettext_lazy("Payments")
    tab = "payments"
    columns = COLUMNS
    filter_class = EntryFilter
    views = (
        ProductView(gettext_lazy("All but calls"), {"kind": "payments"}),
        ProductView(gettext_lazy("Recharges"), {"kind": "recharge"}),
        ProductView(gettext_lazy("Reversals"), {"kind": "reversal"}),
    )
    first_order = ("", BY_KEY, True)
    passing = ("day", "totals")
    is_newest_first = True
    has_groups = True
    _summed: Totals | None = None
    _is_folded = False
    words = Words(
        search=gettext_lazy("Filter these payments"),
        every=gettext_lazy("All movements"),
        file=gettext_lazy("%(kind)s, these payments"),
        no_match=gettext_lazy("No movement matches these filters"),
        no_match_text=gettext_lazy("Clear the filters to see the whole history."),
    )

    def base(self, is_all: bool) -> QuerySet[Entry]:
        if self.subject is None:
            return entries_of(self.actor)
        return entries_of_account(self.subject, is_all=is_all)

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"accounts": lambda: self.accounts, "with_account": is_all}

    def rows(self, objects: Sequence[Entry], names: Collection[str]) -> Sequence[dict[str, Any]]:
        known = Known(self.actor, objects)
        found = runs(objects, self.zone) if self._is_folded else {}
        return rows(objects, known, _balances(objects), found)

    def file_rows(self, objects: Sequence[Entry], names: Collection[str]) -> Sequence[FileRow]:
        known = Known(self.actor, objects)
        return file_rows(objects, known, _balances(objects))

    def key(self, row: Mapping[str, Any]) -> str:
        return ""

    def attributes(self, row: Mapping[str, Any]) -> Mapping[str, str]:
        return attributes_of(row)

    def group(self, row: Mapping[str, Any]) -> str:
        return day_of(row)

    def nearest(self, state: ListState) -> Nearest | None:
        """What finds the entries of a hierarchy; those of everybody or of one account need none."""
        scope = self._scope
        if not state.is_all or scope.everything or "account" in state.active:
            return None
        if not state.is_valid:
            return Nearest(scope, _none)
        return Nearest(scope, state.filter.filter_queryset if state.active else None)

    @property
    def _scope(self) -> Scope:
        """Of the account whose history it is, or the viewer's."""
        return Scope.of(self.subject.pk) if self.subject else self.actor.scope

    @property
    def zone(self) -> tzinfo:
        return timezone.get_current_timezone()

    def page_at(self, state: ListState, names: Collection[str], size: int, cursor: str) -> Page:
        """Lines: what is asked for by more than days and accounts is shown movement by movement."""
        nearest = self.nearest(state)
        self._is_folded = state.is_valid and state.active.keys() <= _FOLDED_BY
        if nearest is not None:
            nearest = replace(nearest, folds=self.zone) if self._is_folded else nearest
            return page_nearest(nearest, size=size, cursor=cursor)
        if state.is_plain:
            return page_of_own(self._scope, self.zone, size=size, cursor=cursor)
        rows = folded(state.matching, self.zone) if self._is_folded else state.matching
        return page(rows, BY_KEY, descending=True, size=size, cursor=cursor)

    def keys(self, state: ListState, most: int) -> Sequence[int]:
        return newest_keys(state.matching, self.nearest(state), most)

    def chunks(self, state: ListState, keys: Sequence[int]) -> Iterator[Sequence[Entry]]:
        nearest = self.nearest(state)
        if nearest is None:
            yield from super().chunks(state, keys)
            return
        for start in range(0, len(keys), _CHUNK):
            yield entries_still_of(nearest.scope, keys[start : start + _CHUNK])

    def list_page(self, request: HttpRequest, status: int = 200) -> HttpResponseBase:
        if request.GET.get("day"):
            state = self.state_of(request.GET)
            if state.is_valid:
                return self._jump(state)
        return super().list_page(request, status)

    def _jump(self, state: ListState) -> HttpResponseBase:
        """To the page that begins with the last movement of a day, or the one before it."""
        field = DayField(required=False)
        try:
            day = field.clean(state.parameters["day"])
        except forms.ValidationError:
            day = None
        if day is None:
            return HttpResponseRedirect(self.request.path + state.address())
        pk = newest_key(*self._until(state, day_end(day)))
        cursor = cursor_behind(0 if pk is None else pk + 1)
        return HttpResponseRedirect(self.request.path + state.address(cursor=cursor))

    def _until(self, state: ListState, end: datetime) -> tuple[QuerySet[Entry], Nearest | None]:
        """What matches of before `end`, as rows and as what finds them."""
        nearest = self.nearest(state)
        if nearest is None:
            return state.matching.filter(at__lt=end), None
        narrowed = nearest.narrowed

        def until(entries: QuerySet[Entry]) -> QuerySet[Entry]:
            return (narrowed(entries) if narrowed else entries).filter(at__lt=end)

        return state.matching, Nearest(nearest.scope, until)

    def pager_text(self, state: ListState, found: Page) -> str:
        words = _("%(shown)s of %(total)s shown, newest first")
        if self._is_folded:
            words = _("%(shown)s lines of %(total)s, newest first")
        return words % {"shown": len(found.rows), "total": self.count_text(state)}

    def may_widen(self, state: ListState, shows: Sequence[Any]) -> bool:
        return False

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        buttons = []
        if self.actor.is_administrator and may_have_former_transfers():
            url = reverse("billing:settlements")
            buttons.append(Button(_("Former transfers"), url, "undo"))
        deeds = [one for one in registry.module_actions if one.module == "payments"]
        mine = [one for one in deeds if one.is_for(self.actor)]
        # The first is what most people come for.
        buttons += [Button(one.label, one.url(), one.icon) for one in mine[1:]]
        buttons += [Button(one.label, one.url(), one.icon, is_primary=True) for one in mine[:1]]
        return buttons

    def tools(self, state: ListState) -> Sequence[Button]:
        if self.subject is None:
            return ()
        url = reverse("billing:statement", args=[self.subject.account_id])
        return [Button(_("Statement"), url, "report")]

    def first_use(self, state: ListState) -> Empty:
        if state.parameters.get("cursor"):
            title = _("Nothing moved on that day or before it")
            return Empty(title, "", state.address(), _("Show the newest"))
        text = _(
            "Recharges, deductions and transfers appear here, the newest first. Nothing is ever"
            " edited or removed."
        )
        return Empty(_("No payments yet"), text, art=True)

    def more(self, state: ListState) -> dict[str, Any]:
        found = self._totals(state)
        return {
            "totals": found,
            "totals_url": state.address(totals=1),
            "counted": number_format(COUNTED, force_grouping=True),
            "currency": settings.CURRENCY,
            "toolbar_extra": "billing/ledger/_day.html",
            "above": "billing/ledger/_sums.html",
            "asof": "billing/ledger/_asof.html",
        }

    def count(self, state: ListState) -> int:
        return self._counted(state).count

    def _counted(self, state: ListState) -> Totals:
        """Count and sums in one statement; exact as far as COUNTED, unless all are asked for."""
        if self._summed is None:
            most = None if "totals" in state.parameters else COUNTED + 1
            if most is not None and state.is_plain:
                below = state.is_all
                self._summed = totals_of_all(self._scope, with_below=below, most=most)
            else:
                self._summed = totals(state.matching, most=most)
        return self._summed

    def _totals(self, state: ListState) -> dict[str, Any] | None:
        """What the filtered entries add up to; of very many only when asked for."""
        found = self._counted(state)
        if found.count > COUNTED and "totals" not in state.parameters:
            return None
        return {
            "count": number_format(found.count, force_grouping=True),
            "incoming": signed(found.incoming),
            "outgoing": shown(found.outgoing),
            "net": signed(found.net),
        }

    def title(self, state: ListState) -> Any:
        if self.subject is None:
            return self.heading
        return _("Payments of %(account)s") % {"account": self.subject.account_id}

    def caption(self, state: ListState) -> str:
        if self.subject is None:
            return _("Movements of every account, newest first")
        if state.is_all:
            return _("Movements of %(account)s and all below it, newest first") % {
                "account": self.subject
            }
        return _("Movements of %(account)s, newest first") % {"account": self.subject}

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("billing:payments-export")
        return reverse("billing:account-payments-export", args=[self.subject.account_id])


def _none(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    return entries.none()


def _balances(entries: Sequence[Entry]) -> list[Decimal]:
    """Of entries of wallets, which all have one."""
    return [one.balance_after for one in entries if one.balance_after is not None]


class PaymentsView(ListPage, HistoryList):
    """Everything that moved within the viewer's scope; what moved on one account (Direct), or on it
    and everything below it (All).
    """

    authorization = None


class PaymentsExportView(ListExport, HistoryList):
    """The same as a file."""

    authorization = None
