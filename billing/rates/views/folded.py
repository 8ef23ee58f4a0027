"""The list of a group's rates folded by country: a line for each calling code, one of them open.

A group of 200,000 rates is a page of a few hundred lines then. One is open at a time, so that a
page reads one stretch of an index, whatever was opened before. What is sought, filtered or sorted
otherwise stands unfolded, and so does what fits on one page anyway.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.kit.markup import format_html, joined
from accounts.kit.pagination import Page
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Switch
from accounts.portal.lists.state import ListState
from accounts.portal.lists.tables import Table
from accounts.portal.lists.views.list import ListView
from billing.rates.filters import under
from billing.rates.folding import Fold, Folds, nested
from billing.rates.models import Rate
from billing.rates.queries import folds_of
from billing.rates.tables import figure, fold_row, in_place
from billing.wallets.models import RateGroup

BY_COUNTRY, BY_PREFIX = "country", "prefix"


class FoldedList(ListView):
    """A list of rates of one group that may stand folded."""

    abstract = True
    group_shown: RateGroup
    # Beside these a list may stand folded.
    folded_with = ("when",)
    # The heads, where the list stands folded, and which of them is open.
    folds: Folds | None = None
    fold: Fold | None = None
    # Where the pages before and after the shown one of the open country are.
    pages: Mapping[str, Any] = MappingProxyType({})

    def state_of(self, parameters: QueryDict) -> ListState:
        state = super().state_of(parameters)
        asked = parameters.get("by", "")
        if asked != BY_PREFIX and self._may_fold(state):
            which = state.active.get("when", "current")
            found = folds_of(self.group_shown, state.matching, which, timezone.now())
            if asked == BY_COUNTRY or found.rates > self.size(state):
                self.folds, self.fold = found, _opened(found, parameters.get("open"))
        return state

    def _may_fold(self, state: ListState) -> bool:
        is_by_prefix = state.order[0] == self.first_order[0]
        return state.is_valid and is_by_prefix and not {*state.active} - {*self.folded_with}

    def paged(self, state: ListState) -> QuerySet[Rate]:
        if self.folds is None:
            return super().paged(state)
        return state.matching.filter(under(self.fold)) if self.fold else state.matching.none()

    def pager_text(self, state: ListState, found: Page) -> str:
        if self.folds is None:
            return super().pager_text(state, found)
        count = len(self.folds.all)
        words = ngettext(
            "%(count)s country, %(rates)s rates", "%(count)s countries, %(rates)s rates", count
        )
        return words % {"count": figure(count), "rates": figure(self.folds.rates)}

    def pager(self, state: ListState, found: Page) -> dict[str, Any]:
        pager = super().pager(state, found)
        if self.folds is None:
            return pager
        # Pages are turned below the rows of the open country, and the foot lies below all others.
        self.pages = pager
        return {"text": pager["text"], "sizes": pager["sizes"] if self.fold else []}

    def nest(self, rows: Sequence[dict[str, Any]]) -> None:
        """Say of each row of the open country how deep it stands, and below which prefix."""
        if self.fold is not None:
            places = nested((one["prefix"] for one in rows), self.fold.code)
            for row, (depth, above) in zip(rows, places, strict=True):
                row.update(depth=depth, above=above)

    def list_context(
        self, request: HttpRequest, state: ListState, *, makes_fields: bool = True
    ) -> dict[str, Any]:
        context = super().list_context(request, state, makes_fields=makes_fields)
        if self._may_fold(state):
            context["switches"] = [self._view_switch(state), *context["switches"]]
        if self.folds is not None and self.folds.all:
            context["table"] = self._in_folds(state, context["table"], bool(context["bulk"]))
            context |= {"has_rows": True, "empty": None}
        return context

    def _view_switch(self, state: ListState) -> Switch:
        asked = state.parameters.get("by", "")
        items = [
            {
                "label": label,
                "url": state.address(by=name, open=None),
                "current": (name == BY_COUNTRY) == (self.folds is not None),
            }
            for name, label in ((BY_COUNTRY, _("By country")), (BY_PREFIX, _("All rates")))
        ]
        return Switch("by", _("View"), asked if asked in (BY_COUNTRY, BY_PREFIX) else "", items)

    def _in_folds(self, state: ListState, table: Table, ticks: bool) -> Table:
        """The rows between the heads of the countries."""
        assert self.folds is not None
        columns = self.shown_columns(state)
        heads = [(one, self._head(state, one, columns, ticks)) for one in self.folds.all]
        if self.fold is None:
            return replace(table, body=_body(head for _one, head in heads))
        at = self.folds.all.index(self.fold) + 1
        above, below = heads[:at], heads[at:]
        parts = [
            _body(head for _one, head in above),
            table.body,
            self._turning(self.fold, len(table.columns)),
        ]
        return replace(table, body=joined([*parts, _body(head for _one, head in below)]))

    def _turning(self, fold: Fold, width: int) -> Any:
        """The links to the other pages of the open country."""
        turns = (
            ("newer_url", "prev", _("Previous page")),
            ("older_url", "next", _("Next page")),
        )
        links = [
            format_html(
                '<a class="btn btn-quiet btn-sm" id="fold-{}" rel="{}" {}>{}</a>',
                rel, rel, in_place(self.pages[name], fold.code), label,
            )
            for name, rel, label in turns
            if self.pages[name]
        ]  # fmt: skip
        if not links:
            return ""
        cell = format_html('<td colspan="{}" class="card-wide">{}</td>', width, joined(links))
        return _body([format_html('<tr class="fold-turn">{}</tr>', cell)])

    def _head(self, state: ListState, one: Fold, columns: Sequence[Column], ticks: bool) -> Any:
        is_open = one is self.fold
        url = state.address(open="" if is_open else one.code)
        return fold_row(one, columns, url, is_open=is_open, ticks=ticks)


def _opened(folds: Folds, asked: str | None) -> Fold | None:
    """The country that is asked for; the only one where nobody asks for any."""
    if asked is None and len(folds.all) == 1:
        return folds.all[0]
    return folds.named(asked or "")


def _body(rows: Iterable[Any]) -> SafeString:
    return format_html("<tbody>{}</tbody>", joined(rows))
