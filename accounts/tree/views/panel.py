"""One account at a glance: the panel beside list and tree, or a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.portal.breadcrumbs import breadcrumb, way_and_grants
from accounts.portal.panel import Glance, parts_of
from accounts.portal.registry import registry
from accounts.portal.standing import standing
from accounts.portal.views.base import PortalView


class PanelView(PortalView):
    """What packages show of the account. A script gets the panel alone."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        way, grants = way_and_grants(request, account.pk)
        glance = Glance(self.actor, account, way, grants, request.GET)
        visible = self.actor.visible_part(way)
        context = {
            "account": account,
            "standing": standing(self.actor, way),
            "level": len(visible),
            "agent": visible[-2].account_id if len(visible) > 1 else "",
            "parts": parts_of(registry.panel_parts, glance),
        }
        if request.headers.get("HX-Request"):
            return render(request, "accounts/tree/_panel.html", context)
        context["crumbs"] = breadcrumb(request, account, _("At a glance"))
        return render(request, "accounts/tree/panel.html", context)
