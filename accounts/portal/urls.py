"""For packages whose addresses once held the numbers of objects."""

import re
from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from accounts.portal.views.former import SUFFIX, leading_on

_KIND = re.compile(r"<\w+:pk>")


def with_former(route: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    """The address with a key (`<kind:pk>`), and the former one with the number, which leads on."""
    return [
        path(route, view, name=name),
        path(_KIND.sub("<former:pk>", route), leading_on(view), name=f"{name}{SUFFIX}"),
    ]
