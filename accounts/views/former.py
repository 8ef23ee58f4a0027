"""Addresses of the time when they held numbers: they lead on to the address with the key, whoever
may see the object.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.views.base import EVERYBODY, PortalView

SUFFIX = "-by-number"


class FormerAddressView(PortalView):
    """Asks the page itself: who is refused by it, or finds nothing, gets its very answer."""

    authorization = None
    audience = EVERYBODY
    http_method_names = ["get", "head", "options"]
    # The page does.
    records_refusals = False
    view: Callable[..., HttpResponseBase] | None = None

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        match = request.resolver_match
        assert match is not None
        assert self.view is not None
        answer = self.view(request, **kwargs)
        if answer.status_code >= 400:
            return answer
        url = reverse(match.view_name.removesuffix(SUFFIX), kwargs=kwargs)
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{url}?{query}" if query else url)
