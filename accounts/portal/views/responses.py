"""Answers that several pages give."""

from typing import Any

from django.http import HttpResponseRedirect
from django.shortcuts import resolve_url


class SeeOther(HttpResponseRedirect):
    """303: the deed is done, here is the page to look at; reloading that one repeats nothing."""

    status_code = 303

    def __init__(self, to: Any, *args: Any) -> None:
        super().__init__(resolve_url(to, *args))
