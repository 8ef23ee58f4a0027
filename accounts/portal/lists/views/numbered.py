"""Lists whose pages have numbers."""

from collections.abc import Collection, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.kit.pagination import Page
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListView


class NumberedPages(ListView):
    """A list whose order no single key tells, or that never grows long: pages have numbers."""

    abstract = True

    def ordered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        raise NotImplementedError

    def read(self, state: ListState, names: Collection[str]) -> tuple[Page, str]:
        rows = self.ordered(self.read_with(state.matching, names))
        shown = Paginator(rows, self.size(state)).get_page(state.parameters.get("page"))
        before = str(shown.number - 1) if shown.has_previous() else None
        after = str(shown.number + 1) if shown.has_next() else None
        self.place = (shown.start_index(), shown.end_index(), shown.paginator.count)
        return Page(list(shown), before, after), ""

    def pager_text(self, state: ListState, found: Page) -> str:
        first, last, count = self.place
        words = {"first": first, "last": last, "count": count}
        return _("%(first)s–%(last)s of %(count)s") % words

    def pager(self, state: ListState, found: Page) -> dict[str, Any]:
        def at(number: str | None) -> str:
            return state.address(page=number) if number else ""

        urls = {"newer_url": at(found.before), "older_url": at(found.after), "first_url": ""}
        return {**super().pager(state, found), **urls}

    def keys(self, state: ListState, most: int) -> Sequence[int]:
        return list(self.ordered(state.matching).values_list("pk", flat=True)[:most])
