"""Pages whose address lets somebody in: an invitation, a link for a new password."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.kit.secret_paths import without_secrets


class SecretAddressMiddleware:
    """What such a page loads, and where it leads, is not told its address: logs keep Referer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if without_secrets(request.path) != request.path:
            # The host alone: without any Referer browsers send no Origin that a form needs.
            response["Referrer-Policy"] = "strict-origin"
        return response
