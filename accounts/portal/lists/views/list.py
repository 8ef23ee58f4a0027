"""The one list of the portal: a page of rows, narrowed, sorted and kept in its address."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.kit.pagination import BadCursor, Page, ordered_pks, page
from accounts.kit.sheets_out import IN_REQUEST, offered
from accounts.logins.services import preferences
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Bulk, Empty, Switch
from accounts.portal.lists.state import COUNTED, PLAIN, ListState
from accounts.portal.lists.tables import RowStyle, Table, write_table
from accounts.portal.lists.views.tabs import TabbedList

_CHUNK = 1000
# So many filters stand before the others.
FIRST = 5


class ListView(TabbedList):
    """Shows a list that is declared. What it is made of can be shown in another page as well:
    `state_of`, then `list_context`.
    """

    abstract = True

    def state_of(self, parameters: QueryDict) -> ListState:
        is_all = self.is_all(parameters)
        return ListState(
            parameters,
            is_all=is_all,
            base=lambda: self.base(is_all),
            narrowed=self.narrow(parameters, is_all),
            columns=self.all_columns(),
            first_order=self.order(is_all),
            passing=self.passing,
            plain=PLAIN if self.opening else "",
        )

    def list_page(self, request: HttpRequest, status: int = 200) -> HttpResponseBase:
        """The whole page; the fields of its filters are made when they are opened,
        `?panel=filters`, or one of them is, `&add=` its name. `?view=` opens one of the viewer's
        own; so does an empty address, if one is to (`?view=` alone: none). `status`: of an answer
        to something else than the list.
        """
        if request.GET.get("view"):
            return self.open_view(request, self.own_view(request.GET["view"]))
        if not request.GET and (first := self.first_view()):
            return self.open_view(request, first)
        state = self.state_of(request.GET)
        asks_filters = request.GET.get("panel") == "filters"
        if asks_filters and request.headers.get("HX-Request"):
            fields = self.filter_fields(state)
            name = "_filter.html" if fields["added"] else "_filters.html"
            return render(request, f"accounts/portal/lists/{name}", fields)
        opens = asks_filters or not state.is_valid
        context = self.list_context(request, state, makes_fields=opens)
        # Afterwards: the rows have read the way to the account already.
        context = {**self.page_head(request, state), **context, **self.tabs(state)}
        context |= self.more(state)
        context["filters_open"] = opens
        status = status if state.is_valid else 422
        return render(request, self.template, context, status=status)

    def filter_fields(self, state: ListState) -> dict[str, Any]:
        """The context of accounts/portal/lists/_filters.html."""
        names = self._filter_names(state)
        fields, more = (
            [state.filter.form[name] for name in some] for some in (names[:FIRST], names[FIRST:])
        )
        asked = state.parameters.get("add", "")
        added = next((one for one in (*fields, *more) if one.name == asked), None)
        if added is not None:
            # The cursor stands in what was asked for, which may stand in the page a second time.
            added.field.widget.attrs["autofocus"] = True
            state.filter.form.auto_id = "one_%s"
        return {
            "fields": fields,
            "more_fields": more,
            "opens_more": any(one.name in state.active or one.name == asked for one in more),
            "added": added,
            "others": state.others(asked),
            "has_pills": bool(state.active),
            "clear_url": state.cleared(),
        }

    def list_context(
        self, request: HttpRequest, state: ListState, *, makes_fields: bool = True
    ) -> dict[str, Any]:
        """The context of accounts/portal/lists/_list.html. `makes_fields`: the fields of the
        filters stand in the page, and are not fetched from `?panel=filters`.
        """
        columns = self.shown_columns(state)
        names = [one.name for one in columns]
        found, notice = self.read(state, names)
        rows = self.rows(found.rows, names)
        bulk = self.bulk(state)
        pager = self.pager(state, found)
        shows = self.shows(state)
        export = self.export_url()
        table = self._table(state, rows, columns, pager, bulk)
        return {
            "state": state,
            "words": self.words,
            "title": self.title(state),
            "heading": self.heading,
            "notice": notice,
            "shows": shows,
            "is_all": state.is_all,
            "order_words": self.order_words(state) if shows and state.is_all else "",
            "find": state.box("q") if self._has_find(state) else None,
            "switches": self._switches(state),
            "has_filters": bool(self._filter_names(state)),
            **self._filters(state, makes_fields),
            "pills": state.pills(),
            # Where the fields stand in the page already, they are the way.
            "addable": [] if makes_fields else self._addable(state),
            "clear_url": state.cleared(),
            "tools": self.tools(state),
            "head_buttons": self.head_buttons(state),
            "exports": self.exports(state, export) if export else [],
            "export_note": _("Files of more than %(most)s rows are made in the background.")
            % {"most": number_format(IN_REQUEST, force_grouping=True)},
            "table": table,
            "has_rows": bool(rows),
            "empty": None if rows else self._nothing(state, shows),
            "pager": pager,
            "days": table.groups,
            "bulk": bulk,
            "has_asof": self.has_asof,
            "as_of": timezone.localtime(),
            "zone": timezone.get_current_timezone_name(),
        }

    def read(self, state: ListState, names: Collection[str]) -> tuple[Page, str]:
        """The page of the address, and what is said where there is none (any more)."""
        size, cursor = self.size(state), state.parameters.get("cursor", "")
        try:
            return self.page_at(state, names, size, cursor), ""
        except BadCursor:
            return self.page_at(state, names, size, ""), self.page_gone()

    def page_at(self, state: ListState, names: Collection[str], size: int, cursor: str) -> Page:
        """The page that begins at the cursor. Raises BadCursor."""
        rows = self.read_with(self.paged(state), names)
        _name, key, descending = state.order
        return page(rows, key, descending=descending, size=size, cursor=cursor)

    def paged(self, state: ListState) -> QuerySet[Any]:
        """Of what matches, the part that pages are made of."""
        return state.matching

    def page_gone(self) -> str:
        return _("That page cannot be found any more. This is the first page.")

    def size(self, state: ListState) -> int:
        if self.fixed_size:
            return self.fixed_size
        asked = state.parameters.get("size", "")
        if asked in map(str, preferences.PAGE_SIZES):
            return int(asked)
        return preferences.page_size(self.request.user)  # type: ignore[arg-type]

    def count(self, state: ListState) -> int:
        """How many match, as far as that is told."""
        return state.count

    def count_text(self, state: ListState) -> str:
        count = self.count(state)
        text = number_format(min(count, COUNTED), force_grouping=True)
        return _("more than %(count)s") % {"count": text} if count > COUNTED else text

    def pager_text(self, state: ListState, found: Page) -> str:
        return _("%(shown)s of %(total)s shown") % {
            "shown": len(found.rows),
            "total": self.count_text(state),
        }

    def pager(self, state: ListState, found: Page) -> dict[str, Any]:
        def at(cursor: str | None) -> str:
            return f"{state.address()}&{urlencode({'cursor': cursor})}" if cursor else ""

        size = self.size(state)
        sizes = [] if self.fixed_size else preferences.PAGE_SIZES
        names = (_("Newer"), _("Older")) if self.is_newest_first else ("", "")
        return {
            "text": self.pager_text(state, found),
            "newer_url": at(found.before),
            "older_url": at(found.after),
            "newer_label": names[0],
            "older_label": names[1],
            "first_url": state.address(),
            "sizes": [(n, state.address(size=n), n == size) for n in sizes],
        }

    def exports(self, state: ListState, url: str) -> list[tuple[str, str]]:
        """(words, address) of each kind of file."""
        return offered(lambda kind: f"{url}{state.address(format=kind)}", self.words.file)

    def _has_find(self, state: ListState) -> bool:
        return state.filter is not None and "q" in state.filter.filters

    def _filter_names(self, state: ListState) -> list[str]:
        """The filters of the panel."""
        known = [] if state.filter is None else state.filter.filters
        return [one for one in known if one not in ("q", *self.switches)]

    def _filters(self, state: ListState, makes_fields: bool) -> dict[str, Any]:
        """The fields, or where they are and what they hold until then."""
        if makes_fields:
            return self.filter_fields(state)
        names = self._filter_names(state)
        return {
            "filters_url": state.address(panel="filters"),
            "filters_set": [(one, state.active[one]) for one in names if one in state.active],
        }

    def _addable(self, state: ListState) -> list[tuple[Any, str]]:
        """The filters of the panel that are off: (words, where one is set)."""
        return [
            (state.filter.filters[name].label, state.address(panel="filters", add=name))
            for name in self._filter_names(state)
            if name not in state.active
        ]

    def _switches(self, state: ListState) -> list[Switch]:
        return [
            Switch(name, label, state.active.get(name, ""), self.switch_items(state, name))
            for name, label in self.switches.items()
        ]

    def switch_items(self, state: ListState, name: str) -> list[dict[str, Any]]:
        """The choices of a filter as links; its own word for "any" comes first."""
        value_set = state.active.get(name, "")
        return [
            {
                "label": label,
                "url": state.address(**{name: value or None}),
                "current": str(value) == value_set,
            }
            for value, label in state.choices(name)
        ]

    def _table(
        self,
        state: ListState,
        rows: Sequence[Any],
        columns: Sequence[Column],
        pager: Mapping[str, Any],
        bulk: Bulk | None,
    ) -> Table:
        asked, _key, descending = state.order
        style = RowStyle(
            self.key,
            self.attributes,
            self.acts if self.has_acts else None,
            self.group if self.has_groups else None,
            self.tick_name if bulk else "",
            self.words.tick,
            "bulk",
        )
        return write_table(
            rows,
            columns,
            style,
            order=(asked.removeprefix("-"), descending),
            sort_url=lambda name: state.address(sort=name),
            caption=self.caption(state),
            pager=pager,
            css=self.table_css,
            is_page=self.is_page,
            title=self.table_title,
        )

    def _nothing(self, state: ListState, shows: Sequence[Any]) -> Empty:
        if not state.active:
            return self.first_use(state)
        words = self.words
        if not self.may_widen(state, shows):
            return Empty(words.no_match, words.no_match_text, state.cleared(), words.clear)
        return Empty(
            words.no_match,
            words.widen_text,
            state.cleared(),
            words.clear,
            secondary_url=state.cleared(show="all", q=state.active.get("q")),
            secondary=_("Search in All"),
        )

    def is_all(self, parameters: QueryDict) -> bool:
        return self.subject is None or parameters.get("show") == "all"

    def shows(self, state: ListState) -> list[dict[str, Any]]:
        """Direct and All; nothing for an account that has nothing below it."""
        if self.subject is None or not self.subject.is_agent:
            return []
        return self.both(state)

    def both(
        self, state: ListState, direct: int | None = None, whole: int | None = None
    ) -> list[dict[str, Any]]:
        """The two links, with how much lies behind each where that is known."""

        words = self.words

        def link(
            label: str, hint: Any, show: str, current: bool, count: int | None, **off: None
        ) -> Any:
            figure = "" if count is None else number_format(count, force_grouping=True)
            url = state.address(show=show, sort=None, **off)
            return {
                "label": label,
                "url": url,
                "current": current,
                "count": figure,
                "hint": hint,
            }

        return [
            link(_("Direct"), words.direct, "direct", not state.is_all, direct, account=None),
            link(_("All"), words.all, "all", state.is_all, whole),
        ]

    def may_widen(self, state: ListState, shows: Sequence[Any]) -> bool:
        """Whether All may hold what Direct does not."""
        return bool(shows) and not state.is_all

    def keys(self, state: ListState, most: int) -> Sequence[int]:
        """What matches, in order, as of one moment: primary keys."""
        _name, key, descending = state.order
        return ordered_pks(state.matching, key, descending=descending, limit=most)

    def chunks(self, state: ListState, keys: Sequence[int]) -> Iterator[Sequence[Any]]:
        """The rows of these keys, in their order. Asked with the scope's own conditions again: what
        has left it is not written.
        """
        rows = self.read_with(state.matching, ())
        for start in range(0, len(keys), _CHUNK):
            some = keys[start : start + _CHUNK]
            found = {one.pk: one for one in rows.filter(pk__in=some)}
            yield [found[pk] for pk in some if pk in found]


class ListPage(ListView):
    """The page of a list: `class PhonesView(ListPage, PhonesList)`."""

    abstract = True

    def get(self, request: HttpRequest, account_id: str = "") -> HttpResponseBase:
        if account_id:
            self.subject = self.get_account(account_id)
        return self.list_page(request)
