"""What a list says of itself: what it is about, its columns, its words."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from accounts.core.models import Account
from accounts.kit.pagination import BY_KEY, SortKey
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column, for_files, for_pages
from accounts.portal.lists.parts import Bulk, Button, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView

# The lists that people keep views of, by name.
lists_named: "dict[str, type[DeclaredList]]" = {}


class DeclaredList(PortalView):
    """A list. `subject` is the account whose list it is; None: all the viewer reaches.

    Rows are read by `base`, narrowed by `filter_class`, prepared by `rows` and written by
    `columns`.
    """

    abstract = True
    subject: Account | None = None
    columns: ClassVar[Sequence[Column]] = ()
    words: ClassVar[Words] = Words()
    filter_class: ClassVar[Any] = None
    # Its name: people's views are kept under it, the audit log calls an export so, and a file's
    # name begins with it.
    what: ClassVar[str] = ""
    heading: ClassVar[Any] = ""
    # The tab of the account's pages it stands under.
    tab: ClassVar[str] = ""
    template: ClassVar[str] = "accounts/portal/lists/page.html"
    # How it is sorted where nobody asks for another order: name of a column, key, descending.
    first_order: ClassVar[tuple[str, SortKey, bool]] = ("", BY_KEY, False)
    # Parameters that mean one page only, beside those of every list.
    passing: ClassVar[Collection[str]] = ()
    # Filters that are offered as a few links, by name: what they are called.
    switches: ClassVar[Mapping[str, Any]] = {}
    # The views of it that come with the product, beside the list without filters.
    views: ClassVar[Sequence[ProductView]] = ()
    # Whether the list without filters is work to be done, as `ProductView.is_work` of a view.
    is_work: ClassVar[bool] = False
    # The name under which ticked rows are posted; "" where nothing is done with several.
    tick_name: ClassVar[str] = ""
    # Rows per page where people do not choose.
    fixed_size: ClassVar[int] = 0
    is_newest_first: ClassVar[bool] = False
    # Whether it is told as of when it is.
    has_asof: ClassVar[bool] = False
    # Further classes of the table; whether it scrolls inside the window.
    table_css: ClassVar[str] = ""
    # A heading of the table's own, where the list is a part of a page.
    table_title: ClassVar[Any] = ""
    is_page: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        said = cls.words.search and cls.words.no_match
        if cls.filter_class is not None and not said:
            raise ImproperlyConfigured(
                f"{cls.__qualname__} must say `words`: what is searched, and that nothing matches."
            )
        if cls.filter_class is not None and cls.what:
            lists_named.setdefault(cls.what, cls)

    def base(self, is_all: bool) -> QuerySet[Any]:
        """What the list is about, before any filter: within the viewer's scope."""
        raise NotImplementedError

    def base_for(self, asks: Mapping[str, str], is_all: bool) -> QuerySet[Any]:
        """The same for another address of the list, where `base` follows from the address."""
        return self.base(is_all)

    def rows(self, objects: Sequence[Any], names: Collection[str]) -> Sequence[Any]:
        """What the columns of these names are written from."""
        return objects

    def file_rows(self, objects: Sequence[Any], names: Collection[str]) -> Sequence[Any]:
        """The same for a file."""
        return self.rows(objects, names)

    def read_with(self, rows: QuerySet[Any], names: Collection[str]) -> QuerySet[Any]:
        """The rows together with what the columns of these names need; none: those of a file."""
        return rows

    def key(self, row: Any) -> str:
        """What a row is ticked by and known by."""
        return str(row.pk)

    def attributes(self, row: Any) -> Mapping[str, str]:
        return {}

    def group(self, row: Any) -> Any:
        """The heading the row stands under, where `has_groups`."""
        return ""

    has_groups: ClassVar[bool] = False

    def acts(self, row: Any) -> Any:
        """What can be done with the row, where `has_acts`."""
        return ""

    has_acts: ClassVar[bool] = False

    def all_columns(self) -> Sequence[Column]:
        return self.columns

    def shown_columns(self, state: ListState) -> Sequence[Column]:
        return for_pages(self.all_columns(), is_all=state.is_all)

    def file_columns(self, state: ListState) -> Sequence[Column]:
        return for_files(self.all_columns())

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        """What the filter set needs to know beside the rows."""
        return {}

    def narrow(self, parameters: QueryDict, is_all: bool) -> Any:
        """The filter set bound to the address; None where there are no filters. It is given the
        rows when it is asked for some: few addresses hold a filter.
        """
        if self.filter_class is None:
            return None
        nothing: QuerySet[Any] = QuerySet(self.filter_class._meta.model).none()
        return self.filter_class(parameters, queryset=nothing, **self.filter_options(is_all))

    def order(self, is_all: bool) -> tuple[str, SortKey, bool]:
        return self.first_order

    def order_words(self, state: ListState) -> str:
        """In which order rows of several accounts stand."""
        if self.is_newest_first:
            return _("Newest first")
        column = state.columns.get(state.order[0].removeprefix("-"))
        return _("By %(column)s") % {"column": column.label} if column is not None else ""

    def caption(self, state: ListState) -> Any:
        return self.heading

    def title(self, state: ListState) -> Any:
        return self.caption(state)

    def product_views(self) -> Sequence[ProductView]:
        return self.views

    def bulk(self, state: ListState) -> Bulk | None:
        return None

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        """Beside the heading of the list of everything."""
        return ()

    def tools(self, state: ListState) -> Sequence[Button]:
        """At the end of the toolbar."""
        return ()

    def page_head(self, request: HttpRequest, state: ListState) -> dict[str, Any]:
        """The context of the page's heading."""
        if self.subject is None:
            return {"account": None, "crumbs": [Crumb(self.heading)]}
        more = {"page": self.heading, **self.head_more(state)}
        return account_head(request, self.subject, current=self.tab, **more)

    def head_more(self, state: ListState) -> dict[str, Any]:
        """What the heading of an account's page is told in addition."""
        return {}

    def first_use(self, state: ListState) -> Empty:
        """What stands there when there is nothing yet, whatever the filters."""
        raise NotImplementedError

    def export_url(self) -> str:
        """Where the list is a file; "" where it is none."""
        return ""

    def recorded_on(self) -> Account | None:
        """The account the record of the export stands under."""
        return self.subject

    def recorded(self, state: ListState) -> dict[str, Any]:
        """What the record of an export says was exported."""
        show = "all" if state.is_all else "direct"
        return {"show": show, **state.active, "sort": state.order[0]}

    def file_name(self) -> str:
        return f"{self.what}-{self.subject.account_id}" if self.subject else self.what

    def more(self, state: ListState) -> dict[str, Any]:
        """What the list's own template shows in addition."""
        return {}
