"""Which columns a list shows, kept for each person."""

from collections.abc import Collection
from typing import ClassVar

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from accounts.logins.services import preferences
from accounts.portal.views.answers import check_answered
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import way_back


class KeepColumnsView(PortalView):
    """Save the ticked columns in their order; `up` and `down` move one of them by a place."""

    abstract = True
    columns_key: ClassVar[str] = ""

    def known(self) -> Collection[str]:
        """The names that can be chosen."""
        raise NotImplementedError

    def back(self) -> str:
        """Where it leads to whom nothing else is asked."""
        raise NotImplementedError

    def post(self, request: HttpRequest) -> HttpResponseBase:
        check_answered(request, boxes="column")
        known = self.known()
        names = [name for name in dict.fromkeys(request.POST.getlist("column")) if name in known]
        self._move(names, request.POST.get("up", ""), -1)
        self._move(names, request.POST.get("down", ""), 1)
        kept = [] if "standard" in request.POST else names
        preferences.preference_remember(actor=self.actor, key=self.columns_key, value=kept)
        return HttpResponseRedirect(way_back(request, request.POST.get("next", ""), self.back()))

    @staticmethod
    def _move(names: list[str], name: str, by: int) -> None:
        if name in names:
            at = names.index(name)
            names.insert(max(0, at + by), names.pop(at))
