"""What comes beside the address and the form, and is read for every page: headers and cookies that
are no text are refused or passed over before anything looks into them (`accounts.kit.legible`).
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from accounts.kit.text import can_be_stored
from vosportal.views.errors import bad_request

# Headers that hold addresses, and that somebody here takes apart.
_ADDRESSES = ("Referer", "Origin", "HX-Current-URL")


class LegibleRequestMiddleware:
    """400 for headers that nobody can read. A cookie that is no text is as if it had not come: the
    browser would send it for ever. Stands before whatever looks for a session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not all(map(can_be_stored, request.headers.values())) or not all(
            _is_address(request.headers.get(name, "")) for name in _ADDRESSES
        ):
            return bad_request(request)
        for name, value in list(request.COOKIES.items()):
            if not (can_be_stored(name) and can_be_stored(value)):
                del request.COOKIES[name]
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True
