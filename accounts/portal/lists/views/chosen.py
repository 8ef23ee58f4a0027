"""Lists whose columns people choose for themselves."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.portal.lists.columns import Column, by_name, chosen, for_pages
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListView


class ChosenColumns(ListView):
    """The columns of a list as the person keeps them under `columns_key`, or as a view has them,
    `?columns=`. What can be chosen is made when it is opened: `?panel=columns`.
    """

    abstract = True
    columns_key: ClassVar[str] = ""

    def default_columns(self, is_all: bool) -> Sequence[str]:
        """What who never chose sees."""
        raise NotImplementedError

    def columns_url(self) -> str:
        """Where a choice is kept."""
        raise NotImplementedError

    def kept(self) -> Any:
        return self.request.user.preferences.get(self.columns_key)  # type: ignore[union-attr]

    def shown_columns(self, state: ListState) -> Sequence[Column]:
        known = by_name(for_pages(self.all_columns(), is_all=True))
        asked = state.parameters.get("columns", "").split(",")
        of_view = [name for name in asked if name in known]
        names = chosen(known, of_view or self.kept(), self.default_columns(state.is_all))
        return [known[name] for name in names if state.is_all or not known[name].only_all]

    def kept_in_view(self, state: ListState) -> dict[str, str]:
        shown = ",".join(one.name for one in self.shown_columns(state))
        return {**super().kept_in_view(state), "columns": shown}

    def list_page(self, request: HttpRequest, status: int = 200) -> HttpResponseBase:
        if request.GET.get("panel") != "columns" or not request.headers.get("HX-Request"):
            return super().list_page(request, status)
        context = self.choice(self.state_of(request.GET))
        return render(request, "accounts/portal/lists/_columns.html", context)

    def more(self, state: ListState) -> dict[str, Any]:
        is_open = state.parameters.get("panel") == "columns"
        known = for_pages(self.all_columns(), is_all=state.is_all)
        found: dict[str, Any] = {
            **super().more(state),
            "columns_url": self.columns_url(),
            "back_to_list": self.request.path
            + state.address(cursor=state.parameters.get("cursor"), columns=None),
            "panel_url": state.address(panel="columns"),
            "panel_open": is_open,
            # Says that there are more.
            "columns_shown": _("%(shown)s of %(count)s")
            % {"shown": len(self.shown_columns(state)), "count": len(known)},
        }
        return {**found, **self.choice(state)} if is_open else found

    def choice(self, state: ListState) -> dict[str, Any]:
        """What can be chosen, the shown ones first. The first column is always there."""
        first, *known = for_pages(self.all_columns(), is_all=True)
        shown = [one.name for one in self.shown_columns(state)]
        shown += [one for one in self.kept() or () if one not in shown]
        place = {name: at for at, name in enumerate(shown)}
        known.sort(key=lambda one: place.get(one.name, len(place)))
        return {
            "always": first.label,
            "choices": [(one, one.name in place) for one in known],
        }
