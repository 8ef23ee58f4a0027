"""Which columns lists show, kept for each person."""

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.logins.services import preferences
from accounts.portal.views.answers import check_answered
from accounts.portal.views.base import PortalView
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
        back = request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
            back = reverse("accounts:list")
        return HttpResponseRedirect(back)

    @staticmethod
    def _move(names: list[str], name: str, by: int) -> None:
        if name in names:
            at = names.index(name)
            names.insert(max(0, at + by), names.pop(at))
