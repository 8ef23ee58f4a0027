"""Every parameter of every address × what no database, calendar or number can hold: an answer in
words, and nothing is written.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client

from tests.support.addresses import Route, routes, walked_by_turns
from tests.support.depth import is_night
from tests.support.gains import CASES, SUPERUSER, Scene
from tests.support.hostile import (
    CURSORS,
    HALF,
    MEGABYTE,
    NUL,
    REPEATED,
    VALUES,
    Page,
    cursors,
    taking_turns,
)
from tests.support.undoing import kept_for_a_module, undone
from tests.support.urls_kinds import Address, Audience
from tests.support.urls_registry import classified, is_former

pytestmark = [pytest.mark.django_db, pytest.mark.walk, pytest.mark.slow]

FORM = "application/x-www-form-urlencoded"
# So many of the values meet each parameter; over all of them, and over the days, every value meets
# many. At night every value meets every parameter.
PER_QUERY = PER_FIELD = len(VALUES) if is_night() else 1
ORDERS = ("", "-name", "account_id", "valid_until", "-created_at", "balance")
ROLES = {
    Audience.PUBLIC: ("anonymous",),
    Audience.SIGNED_IN: ("own agent",),
    Audience.PORTAL: ("administrator", "own agent"),
    Audience.ADMINISTRATORS: ("administrator",),
    Audience.STAFF: (SUPERUSER,),
}
# A form filled in as far as its deed, by the name of its address.
FILLED = {one.name: one.changes for one in CASES}


class Hostile(Scene):
    """The world, asked what nobody's browser asks."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pages: dict[tuple[str, str], Page] = {}
        self.seen: dict[Any, set[str]] = {}

    def page(self, route: Route, address: Address, role: str) -> Page:
        key = (route.text, role)
        if key not in self.pages:
            self.pages[key] = Page(self, route, role, address.variants)
        return self.pages[key]

    def get(self, role: str, path: str) -> Any:
        return self.send(role, "GET", path)

    def opened(self, route: Route, address: Address) -> tuple[str, Page]:
        """One of those who come to the address, and what it takes from them."""
        (role,) = taking_turns(ROLES[address.audience], route.text, 1)
        return role, self.page(route, address, role)

    def unread(self, what: str, page: Page, names: set[str]) -> list[str]:
        """Those of the parameters that no page of this run has read with the same code."""
        seen = self.seen.setdefault((what, page.reader), set())
        found = sorted(names - seen)
        seen |= names
        return found

    def filled(self, route: Route) -> dict[str, list[str]]:
        """What fills the form of the address in as far as its deed."""
        changes = FILLED[route.name](self) if route.name in FILLED else {}
        return {**{name: [quote(str(one))] for name, one in changes.items()}, "confirmed": ["1"]}

    def post(self, role: str, page: Page, changes: dict[str, list[str]]) -> Any:
        return self.send(role, "POST", page.path, data=page.form(changes), content_type=FORM)

    def send(self, role: str, method: str, path: str, **more: Any) -> Any:
        """A raw request, undone afterwards. Fails where the portal fails; of one that is refused,
        or only looks, where something was written.
        """
        browser = Client()
        browser.cookies.load({key: one.value for key, one in self.browsers[role].cookies.items()})
        with undone() as answered, time_machine.travel(self.now, tick=False):
            response = browser.generic(method, path, **more)
            is_file = getattr(response, "streaming", False)
            if is_file:
                b"".join(response.streaming_content)
            # A file leaves its record.
            looks = method == "GET" and not is_file and response.status_code == 200
            answered(400 if looks else response.status_code)
        assert response.status_code < 500, (role, method, path[:300])
        return response


EVERY_PAGE = [
    pytest.param(route, address, id=f"{route.name}-{route.text}")
    for route in routes()
    if (address := classified(route)) and not is_former(route)
]
PAGES = walked_by_turns(EVERY_PAGE)
# SQLite takes an empty character like any other: there some pages stand for all.
TAKING_NONE = walked_by_turns(EVERY_PAGE, mostly_on="postgres")
# What stands in an address as it was typed; keys and numbers are read by converters of ours.
TYPED = re.compile(r"<(?:str:|path:)?(\w+)>")
NAMED = [one for one in EVERY_PAGE if TYPED.search(one.values[0].text)]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Hostile]:
    with kept_for_a_module(django_db_blocker):
        yield Hostile()


@pytest.mark.parametrize(("route", "address"), TAKING_NONE)
def test_an_empty_character_is_answered(world: Hostile, route: Route, address: Address) -> None:
    """PostgreSQL takes none, in no parameter of any page."""
    role, page = world.opened(route, address)
    for name in world.unread("empty", page, {*page.queries, *address.queries}):
        world.get(role, f"{page.path}?{page.start}{name}={NUL}")
    for name in sorted(page.fields | set(address.fields)) if page.takes_posts else ():
        world.post(role, page, {**world.filled(route), name: [NUL]})


@pytest.mark.parametrize(("route", "address"), NAMED)
def test_what_no_object_is_called_is_answered(
    world: Hostile, route: Route, address: Address
) -> None:
    (role,) = taking_turns(ROLES[address.audience], route.text, 1)
    for name in TYPED.findall(route.text):
        for value in (NUL, HALF, str(2**63), "1" + "0" * 400, "9" * 5000, "9999-12-31"):
            path = route.path({**world.values(route, "customer", role), name: "MARK"})
            for method in ("GET", "POST"):
                world.send(role, method, path.replace("MARK", value))


@pytest.mark.parametrize(("route", "address"), PAGES)
def test_whatever_stands_in_a_query_is_answered(
    world: Hostile, route: Route, address: Address
) -> None:
    role, page = world.opened(route, address)
    for name in world.unread("query", page, {*page.queries, *address.queries}):
        for value in taking_turns(VALUES, f"{route.name}{name}", PER_QUERY):
            said = f"{name}={value}".replace(REPEATED, f"1&{name}=%5B%5D&{name}=")
            world.get(role, f"{page.path}?{page.start}{said}&show=all")


@pytest.mark.parametrize(("route", "address"), EVERY_PAGE)
def test_a_cursor_that_holds_what_none_of_ours_does_is_answered(
    world: Hostile, route: Route, address: Address
) -> None:
    role, page = world.opened(route, address)
    for name in world.unread("cursor", page, CURSORS & set(address.queries)):
        for cursor in cursors():
            for order in taking_turns(ORDERS, cursor, 2):
                world.get(role, f"{page.path}?{page.start}show=all&sort={order}&{name}={cursor}")


@pytest.mark.parametrize(("route", "address"), PAGES)
def test_whatever_stands_in_a_field_is_answered(
    world: Hostile, route: Route, address: Address
) -> None:
    role, page = world.opened(route, address)
    filled = world.filled(route)
    names = {*page.fields, *address.fields, *filled} if page.takes_posts else set()
    for name in sorted(names):
        for value in taking_turns(VALUES, f"{route.name}{name}", PER_FIELD):
            values = ["1", "%5B%5D", ""] if value == REPEATED else [value]
            world.post(role, page, {**filled, name: values})


@pytest.mark.parametrize(("route", "address"), PAGES)
def test_a_megabyte_is_answered(world: Hostile, route: Route, address: Address) -> None:
    role, page = world.opened(route, address)
    names = world.unread("megabyte", page, {*page.queries, *address.queries})
    if names:
        (letter,) = taking_turns(("x", "9", "(", "%20", "'", "%5B"), route.text, 1)
        each = letter * (MEGABYTE // len(letter) // len(names))
        world.get(role, f"{page.path}?{'&'.join(f'{name}={each}' for name in names)}")
    for name in {"q", "term"} & set(names):
        world.get(role, f"{page.path}?{name}={'x' * MEGABYTE}")
    names = sorted({*page.fields, *address.fields})
    if page.takes_posts and names:
        (text,) = taking_turns(("x", "9", "1%0A", "1-", "(", "%5B", "%20"), route.text, 1)
        each = text * (2 * MEGABYTE // len(text) // len(names))
        world.post(role, page, {name: [each] for name in names})
