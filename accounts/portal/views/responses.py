"""Answers that several pages give."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

# Characters of an address that somebody is led to; Django leads to no longer one.
_LONGEST = 2000


class SeeOther(HttpResponseRedirect):
    """303: the deed is done, here is the page to look at; reloading that one repeats nothing. A
    list whose filters are too long to lead there is shown whole.
    """

    status_code = 303

    def __init__(self, to: Any, *args: Any) -> None:
        url = resolve_url(to, *args)
        super().__init__(url if len(url) <= _LONGEST else url.partition("?")[0])


def way_back(request: HttpRequest, asked: str, otherwise: str) -> str:
    """Where somebody goes on: to the address that their browser names, where it is one of ours, or
    `otherwise`.
    """
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
    return asked if is_ours and "/" in asked and len(asked) <= _LONGEST else otherwise


def came_from(request: HttpRequest) -> str:
    """The page of ours that a deed leads back to: the one the address names, else the one that led
    here. What is brought into a page that stands was led to by none: "".
    """
    named = way_back(request, request.GET.get("back", ""), "")
    is_brought = bool(request.htmx)  # type: ignore[attr-defined]
    return named or ("" if is_brought else page_before(request))


def page_before(request: HttpRequest) -> str:
    """The page of ours that led here, with what it was asked; "" where the browser names none."""
    came = urlsplit(request.headers.get("Referer", ""))
    if came.netloc != request.get_host():
        return ""
    return way_back(request, came._replace(scheme="", netloc="", fragment="").geturl(), "")
