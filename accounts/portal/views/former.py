"""Addresses of the time when they held numbers: they lead on to the address with the key, whoever
may see the object.
"""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.portal.views.base import EVERYBODY, PortalView

SUFFIX = "-by-number"


class _FormerAddressView(PortalView):
    """Asks the page itself: who is refused by it, or finds nothing, gets its very answer."""

    abstract = True
    authorization = None
    http_method_names = ["get", "head", "options"]
    page: Callable[..., HttpResponseBase]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        match = request.resolver_match
        assert match is not None
        answer = self.page(request, **kwargs)
        if answer.status_code >= 400:
            return answer
        url = reverse(match.view_name.removesuffix(SUFFIX), kwargs=kwargs)
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{url}?{query}" if query else url)


def leading_on(page: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view of the former address of a page: for the same people, and as closed as the page to
    who looks as somebody else.
    """
    its = getattr(page, "view_class", None)
    named = {
        "authorization": None,
        "audience": getattr(its, "audience", EVERYBODY),
        "in_view_as": getattr(its, "in_view_as", False),
        "page": staticmethod(page),
    }
    view: Any = type("FormerAddressView", (_FormerAddressView,), named)
    return cast(Callable[..., HttpResponseBase], view.as_view())
