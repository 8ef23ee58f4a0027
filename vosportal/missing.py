"""The portal's own page for what does not exist, in development mode as well."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

from vosportal.views.errors import not_found


class NotFoundMiddleware:
    """Django answers a view's Http404 with a page for developers while DEBUG is on. Whoever looks
    at the demo as an agent is to see what an agent sees: one page, for unknown and foreign alike.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return not_found(request) if isinstance(error, Http404) else None
