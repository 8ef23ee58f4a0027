"""Every address of the portal as the URL resolver knows it."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver
from django.urls.converters import get_converters

from accounts.core.authorizations import Authorization
from tests.support.depth import sampled

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Route:
    """One pattern: its name with the namespaces before it ("" when it has none), its text, and the
    authorization its view states.
    """

    name: str
    text: str
    authorization: Authorization | None = None
    # What its view asks for on the own account instead.
    own_authorization: Authorization | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(one or two for _kind, one, two in _PARAMETER.findall(self.text))

    def path(self, values: Mapping[str, Any]) -> str:
        """The address with these values in the places of the parameters."""

        def written(match: re.Match[str]) -> str:
            value = values[match[2] or match[3]]
            return str(get_converters()[match[1]].to_url(value) if match[1] else value)

        filled = _PARAMETER.sub(written, self.text)
        return "/" + filled.replace("^", "").replace("$", "").replace("\\Z", "")


def walked(pages: list[Any], *, wholly_on: str = "sqlite") -> list[Any]:
    """Those of `pages` that a test of every address walks in this run: all of them on one database,
    a tenth on the other, each day another one. Usually SQLite has all; the queries behind the pages
    have tests of their own on PostgreSQL. At night both have all.
    """
    whole = os.environ.get("TEST_DATABASE", "sqlite") == wholly_on
    return pages if whole else sampled(pages, 10)


def walked_by_turns(pages: list[Any], *, mostly_on: str = "sqlite") -> list[Any]:
    """Those of `pages` that a test about the shape of what comes in walks in this run: what takes
    it is the same code for most of them. A tenth on one database, a twentieth on the other, each
    day others; at night both have all.
    """
    is_here = os.environ.get("TEST_DATABASE", "sqlite") == mostly_on
    return sampled(pages, 10 if is_here else 20)


def routes() -> list[Route]:
    """All of them, in the order in which the resolver tries them."""
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: Any, namespace: str, before: str) -> Iterator[Route]:
    for one in resolver.url_patterns:
        text = before + str(one.pattern)
        if isinstance(one, URLPattern):
            view: Any = getattr(one.callback, "view_class", None)
            stated = getattr(view, "authorization", None)
            own = getattr(view, "own_authorization", None)
            yield Route(namespace + (one.name or ""), text, stated, own)
        else:
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _walk(one, inner, text)
