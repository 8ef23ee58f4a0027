"""What each kind of user sees first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.views.base import PortalView


class DashboardView(PortalView):
    """The start page."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "base.html")
