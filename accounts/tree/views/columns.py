"""Which columns lists show, kept for each person."""

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from accounts.logins.services import preferences
from accounts.portal.views.answers import check_answered
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import way_back
from accounts.tree.columns import all_columns
from accounts.tree.views.list import COLUMNS_KEPT


class ColumnsView(PortalView):
    """Save the ticked columns in their order; `up` and `down` move one of them by a place."""

    authorization = None

    def post(self, request: HttpRequest) -> HttpResponseBase:
        check_answered(request, boxes="column")
        known = {one.name for one in all_columns()}
        names = [name for name in dict.fromkeys(request.POST.getlist("column")) if name in known]
        self._move(names, request.POST.get("up", ""), -1)
        self._move(names, request.POST.get("down", ""), 1)
        kept = [] if "standard" in request.POST else names
        preferences.preference_remember(actor=self.actor, key=COLUMNS_KEPT, value=kept)
        asked = request.POST.get("next", "")
        return HttpResponseRedirect(way_back(request, asked, reverse("accounts:list")))

    @staticmethod
    def _move(names: list[str], name: str, by: int) -> None:
        if name in names:
            at = names.index(name)
            names.insert(max(0, at + by), names.pop(at))
