"""Whatever somebody types or forges: an error in words, never a failure or a half deed."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from zlib import crc32

import pytest
import time_machine
from django.test import Client

from tests.support.addresses import Route, routes, walked_by_turns
from tests.support.undoing import kept_for_a_module, undone
from tests.support.urls_kinds import Address, Audience
from tests.support.urls_registry import classified
from tests.support.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

PAGES = walked_by_turns(
    [
        pytest.param(route, address, id=f"{route.name}-{route.text}")
        for route in routes()
        if (address := classified(route))
        and address.audience in (Audience.PORTAL, Audience.ADMINISTRATORS, Audience.SIGNED_IN)
    ]
)
OBJECT_PAGES = [one for one in PAGES if one.values[1].names in ("account", "login")]

NAMES_OF_NOTHING = [
    "%00", "a%00b", "..", ".%2e", "%2e%2e%2fetc", "a" * 33, "a" * 5000, "%F0%9F%98%80", "%ff%fe",
    "<b>", "%22%27", "' OR 1=1 --", "%0d%0aSet-Cookie:x", "%E2%84%AAelvin", "-1", "null", "{}",
]  # fmt: skip
HOSTILE = [
    "", "\x00", "a\x00b", "-1", "0", "99999999999999999999", "1e309", "NaN", "٣", "²", "\u202e",
    "\ud800", "<script>alert(1)</script>", "%", "_", "\\", "'\"", "a" * 3000, "[]", "{}", "null",
    "../..", "2026-13-45", "T", "a|b", "1:2:3", "Customer-001:99999", "é" * 200,
    "=cmd|'/C calc'!A0",
]  # fmt: skip
# Beside those a page itself uses, found by looking into it.
COMMON = {"after", "agent", "columns", "cursor", "next", "page", "q", "show", "size", "sort"}
# Buttons without a form: what else is sent is never looked at.
READS_NOTHING = {
    "view-as-end", "job-cancel", "job-retry",
    # Of a job that is something else.
    "phones-import-checked", "phones-import-passwords",
    # Its address says all of it.
    "billing:call-record-again", "billing:call-queue-again",
}  # fmt: skip
# 422: the page has something to say before it looks into the form.
REFUSED = (302, 400, 403, 405, 413, 422)
TEN_MEGABYTES = 10 * 1024 * 1024


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once; every request undoes itself."""
    with kept_for_a_module(django_db_blocker):
        yield World()


def send(world: World, method: str, path: str, role: str = "administrator", **more: Any) -> Any:
    """A raw request, undone afterwards. Fails the test when the portal fails, or refuses and yet
    changes something.
    """
    browser = Client(raise_request_exception=False)
    browser.cookies.load({key: one.value for key, one in world.browsers[role].cookies.items()})
    with undone() as answered, time_machine.travel(world.now, tick=False):
        response = browser.generic(method, path, **more)
        if getattr(response, "streaming", False):
            b"".join(response.streaming_content)
        answered(response.status_code)
    assert response.status_code < 500, (method, path[:200], more)
    return response


def names_used_by(world: World, path: str) -> set[str]:
    """Parameters that the page's own forms and links carry."""
    if path not in world.names:
        body = world.ask("administrator", "GET", path).body
        found = re.findall(r"\bname=\"([\w-]+)\"", body) + re.findall(r"[?&;](\w+)=", body)
        world.names[path] = COMMON | set(found) - {"csrfmiddlewaretoken"}
    return world.names[path]


def taking_turns(texts: list[str], route: Route, one_in: int) -> list[str]:
    """Some of the texts, others for each address, so that all of them meet many addresses."""
    at = crc32(route.text.encode()) % one_in
    return texts[at::one_in]


def texts(route: Route, address: Address) -> list[str]:
    """Half of them for what reads its query; other pages have less to lose."""
    return taking_turns(HOSTILE, route, 2 if address.queries else 6)


def spelled(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


def assert_escaped(answer: Any) -> None:
    if not answer.streaming and "html" in answer.headers.get("Content-Type", ""):
        assert b"<script>alert(1)" not in answer.content


@pytest.mark.parametrize(("route", "address"), OBJECT_PAGES)
def test_a_malformed_object_in_an_address_does_not_exist(
    world: World, route: Route, address: Address
) -> None:
    assert route.parameters
    for name in route.parameters:
        some = taking_turns(NAMES_OF_NOTHING, route, 4)
        assert some
        for text in some:
            values = {**world.values(route, "customer"), name: "MARK"}
            path = route.path(values).replace("MARK", text)
            answer = send(world, "GET", path)
            assert answer.status_code in (301, 302, 400, 403, 404, 405), path[:100]
        answer = send(world, "POST", path)
        assert answer.status_code in (301, 302, 400, 403, 404, 405), path[:100]


@pytest.mark.parametrize(("route", "address"), PAGES)
def test_hostile_queries_are_answered(world: World, route: Route, address: Address) -> None:
    path = route.path(world.values(route, "customer", "administrator"))
    names = sorted(names_used_by(world, path) | set(address.queries))
    some = texts(route, address)
    assert some
    for text in some:
        query = "&".join(f"{name}={spelled(text)}" for name in [*names, names[0]])
        assert_escaped(send(world, "GET", f"{path}?{query}"))
    for name in address.queries:
        for text in ("\x00", "99999999999999999999", "é" * 200):
            send(world, "GET", f"{path}?{name}={spelled(text)}")


@pytest.mark.parametrize(("route", "address"), PAGES)
def test_hostile_forms_are_answered(world: World, route: Route, address: Address) -> None:
    path = route.path(world.values(route, "customer", "administrator"))
    names = sorted(names_used_by(world, path) | set(address.fields))
    form = "application/x-www-form-urlencoded"
    one_in = 4 if address.audience is not Audience.SIGNED_IN else 8
    some = taking_turns(HOSTILE, route, one_in)
    assert some
    for text in some:
        body = "&".join(f"{name}={spelled(text)}" for name in names)
        assert_escaped(send(world, "POST", path, data=body, content_type=form))
    send(world, "POST", path, data="", content_type=form)
    send(world, "POST", path, data="a=%ff%fe&b=%zz&=&&", content_type=form)
    send(world, "POST", path, data="{}", content_type="application/json")
    send(world, "POST", path, data="[1", content_type="application/json")
    send(world, "POST", path, data="--x\r\nno form", content_type="multipart/form-data; boundary=x")
    send(world, "POST", path, data="x", content_type="multipart/form-data")
    send(world, "POST", path, data="x", content_type="text/plain; charset=nonsense")


@pytest.mark.parametrize(("route", "address"), PAGES)
def test_too_much_is_refused_before_it_is_read(
    world: World, route: Route, address: Address
) -> None:
    path = route.path(world.values(route, "customer", "administrator"))
    allowed = (303,) if route.name in READS_NOTHING else REFUSED
    big = "name=" + "x" * TEN_MEGABYTES
    answer = send(world, "POST", path, data=big, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in allowed, answer.status_code
    many = "&".join(f"a{n}=1" for n in range(6000))
    answer = send(world, "POST", path, data=many, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in allowed, answer.status_code


@pytest.mark.parametrize(("route", "address"), PAGES)
def test_wrong_methods_are_refused(world: World, route: Route, address: Address) -> None:
    path = route.path(world.values(route, "customer", "administrator"))
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "NONSENSE"):
        answer = send(world, method, path)
        # Forms of others take PUT like POST.
        more = (200, 303, 422) if method == "PUT" else ()
        assert answer.status_code in (302, 400, 403, 404, 405, *more), answer.status_code
    send(world, "OPTIONS", path)
    send(world, "HEAD", path)
