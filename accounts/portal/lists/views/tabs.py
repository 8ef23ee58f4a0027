"""The tabs above a list: the views of it that come with the product, and the viewer's own."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.models import User
from accounts.kit.counting import count_each
from accounts.kit.object_keys import object_number
from accounts.logins.models import SavedView
from accounts.logins.queries import opening_view_of, saved_view_of, saved_views_of
from accounts.portal.filters import first_found
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.state import KEPT, PLAIN, ListState
from accounts.portal.lists.views.declared import DeclaredList, lists_named

# What tabs count is counted no further.
MOST_COUNTED = 99


class TabbedList(DeclaredList):
    """A list with tabs. The own ones are read by one query, whatever they hold; what is to be done
    is counted by another, for all tabs that say it.
    """

    abstract = True

    def state_of(self, parameters: QueryDict) -> ListState:
        raise NotImplementedError

    @property
    def has_views(self) -> bool:
        return self.what in lists_named

    @property
    def _login(self) -> User | None:
        """Whose views these are; nobody's, where somebody looks as somebody else."""
        return None if self.actor.read_only else cast(User, self.request.user)

    def kept_in_view(self, state: ListState) -> dict[str, str]:
        """What a view of the list as it is now keeps."""
        return state.asked

    def tabs(self, state: ListState) -> dict[str, Any]:
        """The context of accounts/portal/lists/_views.html."""
        if not self.has_views:
            return {"views": []}
        own = saved_views_of(self._login, self.what) if self._login is not None else []
        asked = self.kept_in_view(state)
        found = [
            {
                "label": one.name,
                "url": f"?view={one.key}",
                "current": _shows(one.asks, asked, state.filter.filters),
                "opens": one.pk == self.opening,
            }
            for one in own
        ]
        is_own = any(one["current"] for one in found)
        is_saved = self._login is not None
        return {
            "views": [*self._product_tabs(state, is_own), *found],
            "save_url": reverse("view-save", args=[self.what]) if is_saved else "",
            "views_url": reverse("views", args=[self.what]) if own else "",
            "view_asks": urlencode(asked),
            "list_path": self.request.path,
        }

    def _product_tabs(self, state: ListState, is_own: bool) -> list[dict[str, Any]]:
        known = state.filter.filters
        views = [
            one
            for one in self.product_views()
            if all(name in known or name in KEPT for name in one.asks)
        ]
        counts = self._tab_counts(views, state.is_all)
        # Neither order nor columns make another view of what comes with the product.
        asked = state.active
        tabs = [
            {
                "label": one.label,
                "url": state.cleared(**{"sort": None, "columns": None, **one.asks}),
                "current": not is_own
                and asked == {name: value for name, value in one.asks.items() if name in known},
                "count": counts.get(f"view_{at}", ""),
            }
            for at, one in enumerate(views)
        ]
        everything = {
            "label": self.words.every,
            "url": state.cleared(sort=None, columns=None),
            "current": not asked and not is_own,
            "count": counts.get("every", ""),
        }
        return [everything, *tabs]

    def _tab_counts(self, views: Sequence[ProductView], is_all: bool) -> dict[str, str]:
        """How much is to be done, by tab; nothing is not said. One query, or none."""
        work = {f"view_{at}": one for at, one in enumerate(views) if one.is_work}
        if self.is_work:
            work["every"] = ProductView(self.words.every, {})
        if not work:
            return {}
        counts = self.counted(work, is_all, MOST_COUNTED + 1)
        return {
            name: f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
            for name, count in counts.items()
            if count
        }

    def counted(
        self, views: Mapping[str, ProductView], is_all: bool, most: int
    ) -> Mapping[str, int]:
        """How much each of these holds, counted as far as that. One query."""
        return count_each(
            **{
                name: first_found(
                    self.narrow(_query(one.asks), is_all),
                    self.base_for(one.asks, is_all),
                    one.asks,
                    most,
                )
                for name, one in views.items()
            }
        )

    @cached_property
    def opening(self) -> int | None:
        """The number of the viewer's own view that the list opens with. No query."""
        if not self.has_views or self._login is None:
            return None
        return opening_view_of(self._login, self.what)

    def first_view(self) -> SavedView | None:
        """The viewer's own view that an empty address opens."""
        if self.opening is None or self._login is None or self.request.method == "POST":
            return None
        return saved_view_of(self._login, self.opening, self.what)

    def open_view(self, request: HttpRequest, view: SavedView) -> HttpResponseBase:
        """Lead to the list as one of the viewer's own views shows it. What the list does not know
        any more is left out, and said.
        """
        # Lists that look at the address themselves see what is opened.
        request.GET = _query(view.asks)  # type: ignore[assignment]
        known, unknown = self.state_of(request.GET).known()
        if unknown:
            words = _("Left out of “%(view)s”, as this list does not have it any more: %(what)s.")
            messages.warning(
                request, words % {"view": view.name, "what": ", ".join(sorted(unknown))}
            )
        return HttpResponseRedirect(f"{request.path}?{urlencode(known) or PLAIN}")

    def own_view(self, key: str) -> SavedView:
        """The viewer's own view of this key; raises Http404."""
        number = object_number(SavedView.key_kind, key)
        view = None
        if self.has_views and self._login is not None and number is not None:
            view = saved_view_of(self._login, number, self.what)
        if view is None:
            raise Http404
        return view


def _shows(view: Mapping[str, str], asked: Mapping[str, str], filters: Collection[str]) -> bool:
    """Whether a list that is asked for this is what the view keeps. An order, scope or columns that
    it does not keep may be any, unless the list has a filter of that name.
    """
    free = [name for name in KEPT if name not in view and name not in filters]
    return {name: value for name, value in asked.items() if name not in free} == dict(view)


def _query(asks: Mapping[str, str]) -> QueryDict:
    return QueryDict(urlencode(asks))
