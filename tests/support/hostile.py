"""Values that only a driver, a calendar or a later step would refuse, and what takes them: every
parameter that a page reads, every field that it shows.
"""

import inspect
import re
import sys
from collections.abc import Iterable
from html import unescape
from typing import Any
from urllib.parse import quote
from zlib import crc32

from django.urls import resolve

from accounts.kit.object_keys import sealed
from tests.support.addresses import Route
from tests.support.answering import forms_shown
from tests.support.depth import offset
from tests.support.world import World

MEGABYTE = 2**20
NUL = "a%00b"
# A half of a pair, as UTF-8 spells none.
HALF = "a%ED%A0%80b"

# The same parameter, three times.
REPEATED = "repeated"

# What somebody may write into an address or a field, spelled as there. Each is whole text: it
# arrives where it is read.
VALUES = (
    "0001-01-01",
    "9999-12-31",
    "1999-12-31",
    quote("0001-01-01T00:00Z"),
    quote("9999-12-31T23:59:59.999999-12:00"),
    str(2**31),
    str(2**63),
    str(-(2**63) - 1),
    "1" + "0" * 400,
    "9" * 5000,  # more digits than Python reads at once
    "1e999999",
    "nan",
    "-inf",
    quote("[]"),
    quote("[" * 4000),
    quote('{"id": "\\ud800\\u0000", "response": {}}'),
    "forty",
    "--5",
    "0100" + "9" * 30,
    quote("²"),
    quote("٣"),
    quote("http://["),
    quote("q=\0&cursor=\0&since=0001-01-01&created_from=9999-12-31"),
    HALF,
    REPEATED,
)

# Cursors that are sealed as ours are, and hold what none of ours does.
TORN = (
    r'[0, "\ud800", 1]',
    r'[0, "\u0000", 1]',
    '[0, "0001-01-01T00:00:00+14:00", 1]',
    '[0, "9999-12-31T23:59:59.999999-12:00", 1]',
    '[1, "0001-01-01T00:00:00Z", 1]',
    f"[0, {2**63}, 1]",
    f'[0, "a", {2**63}]',
    f"[0, 1, {-(2**63) - 1}]",
    f"[0, {10**400}, 1]",
    "[0, 1e999, 1]",
    "[0, NaN, 1]",
    "[0, [], 1]",
    "[0, null, null]",
    "[[], 1, 1]",
    '{"a": 1}',
    "7",
    "[" * 1200,
)
CURSORS = {"cursor", "after"}

_OURS = ("accounts.", "billing.", "vosportal.")
# As views read parameters beside their forms and filters.
_READ = re.compile(
    r"""(?:GET|POST|parameters|sent|data)\.get(?:list)?\(\s*"([\w-]+)"
    |"([\w-]+)"\s(?:not\s)?in\s(?:self\.)?request\.(?:GET|POST)
    |_account_id\(\w+,\s"(\w+)"\)""",
    re.VERBOSE,
)
# As Django's admin reads them, on any of its pages.
_OF_ITS_PAGES = ("_to_field", "_popup", "next", "_changelist_filters")
_OF_ITS_LISTS = (
    *_OF_ITS_PAGES, "p", "q", "o", "e", "all", "term", "id__exact", "app_label", "model_name",
    "field_name",
)  # fmt: skip


def cursors() -> list[str]:
    return [sealed(one) for one in TORN]


def taking_turns(values: Iterable[str], whose: str, count: int) -> list[str]:
    """`count` of the values, others for each that asks and on each day, so that all of them meet
    many.
    """
    values = list(values)
    first = crc32(whose.encode()) + offset()
    return [values[(first + at * 7) % len(values)] for at in range(min(count, len(values)))]


class Page:
    """What one address takes from one person, read from its view and from what it shows."""

    def __init__(self, world: World, route: Route, role: str, variants: Iterable[str]) -> None:
        self.path = route.path(_values(world, route, role))
        self.view = resolve(self.path).func
        answers = [world.get(role, self.path + one) for one in dict.fromkeys(("", *variants))]
        shown = [one for one in answers if not getattr(one, "streaming", False)]
        body = "".join(one.content.decode(errors="replace") for one in shown)
        linked = re.findall(r"[?&]([\w-]+)=", unescape(body) + " ".join(variants))
        asked = re.findall(r'<form[^>]*method="get".*?</form>', body, re.DOTALL)
        names = re.findall(r'name="([\w-]+)"', " ".join(asked))
        self.queries = {*linked, *names, *_literals(self.view), "next", "page"}
        if self.path.startswith("/admin/"):
            is_list = route.name.endswith(("_changelist", ":autocomplete"))
            self.queries |= set(_OF_ITS_LISTS if is_list else _OF_ITS_PAGES)
        # A file has to be asked for in some format.
        self.start = "format=csv&" if "export" in route.name else ""
        # Every form that posts here: what it sends when nothing is touched, and all its fields.
        forms = [form for one in shown for form in forms_shown(one)]
        forms = [one for one in forms if one.action.partition("?")[0] in ("", self.path)]
        self.sent = {name: values for one in forms for name, values in one.sent.items()}
        self.fields = {name for one in forms for name in one.kinds} | set(self.sent)
        self.fields |= _literals(self.view) | {"confirmed"}
        self.fields -= {"csrfmiddlewaretoken"}
        self.sent.pop("csrfmiddlewaretoken", None)

    @property
    def reader(self) -> Any:
        """What reads the parameters: pages that share it read them alike."""
        view: Any = getattr(self.view, "view_class", None)
        return getattr(view, "filter_class", None) or getattr(view, "__module__", self.path)

    @property
    def takes_posts(self) -> bool:
        return hasattr(getattr(self.view, "view_class", None) or _Function, "post")

    def form(self, changes: dict[str, list[str]]) -> str:
        """The form as it is sent with these values, spelled as in VALUES, in place of others."""
        kept = {name: map(quote, some) for name, some in self.sent.items() if name not in changes}
        return "&".join(
            f"{quote(name)}={value}" for name, some in {**kept, **changes}.items() for value in some
        )


class _Function:
    """A view that is no class answers everything."""

    post = None


def _values(world: World, route: Route, role: str) -> dict[str, Any]:
    values = world.values(route, "customer", role)
    found = re.search(r"admin/(\w+)/(\w+)/", route.text)
    if "object_id" in values and found:
        from django.apps import apps

        if found[2] == "user":
            # Not who asks: they would be signed out.
            return {**values, "object_id": world.logins["customer"].pk}
        one = apps.get_model(found[1], found[2])._base_manager.order_by("pk").last()
        values["object_id"] = one.pk if one else 1
    return values


def _literals(view: Any) -> set[str]:
    """The parameters that the code of a view asks for by name, and those of its filters."""
    view = getattr(view, "view_class", None) or view
    names = {one.__module__ for one in getattr(view, "__mro__", [view])}
    sources = [inspect.getsource(sys.modules[one]) for one in names if one.startswith(_OURS)]
    found = {name for text in sources for groups in _READ.findall(text) for name in groups if name}
    return found | set(getattr(getattr(view, "filter_class", None), "base_filters", ()))
