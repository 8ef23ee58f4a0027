"""What the checks of the stored data found last, for administrators."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.portal.breadcrumbs import Crumb
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.upkeep.dashboard import notes
from accounts.upkeep.queries import checked


class ChecksView(PortalView):
    """Each check with its latest result, and what stands against the platform itself."""

    authorization = None
    audience = ADMINISTRATORS

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "crumbs": [Crumb(_("Checks of the stored data"))],
            "checks": checked(),
            "notes": [one for one in notes() if one.kind],
            "zone": timezone.get_current_timezone_name(),
        }
        return render(request, "accounts/upkeep/checks.html", context)
