"""Headers and cookies that are no text are refused before anything is read for them."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from vosportal.wsgi_door import with_legible_kind

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true", "HX-Current-URL": "http://["},
        {"Referer": "http://["},
        {"Origin": "http://["},
        {"User-Agent": "a\x00b"},
        {"Accept-Language": "\x00"},
        {"X-Forwarded-For": "\x00"},
    ],
)
def test_headers_that_nobody_can_read_are_refused(headers: dict[str, str]) -> None:
    """Signed out: pages then lead to the sign-in, and remember where they come from."""
    assert Client().get("/search/", headers=headers).status_code == 400


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "django_language", "messages"])
@pytest.mark.parametrize("value", [r'"a\000b12345678"', r'"\000"'])
def test_a_cookie_that_holds_no_text_is_passed_over(name: str, value: str) -> None:
    """A browser sends it for ever: an error would shut its owner out."""
    answer = Client().get("/accounts/login/", headers={"Cookie": f"{name}={value}"}, follow=True)
    assert answer.status_code == 200


def door(kind: str) -> tuple[str, bytes]:
    """What the server's door answers to a request of this kind."""
    said = ["asked"]
    portal = with_legible_kind(lambda environ, start: [b"fine"])
    body = portal({"CONTENT_TYPE": kind}, lambda status, headers: said.append(status))
    return said[-1], b"".join(body)


@pytest.mark.parametrize("kind", ["text/plain", FORM, "multipart/form-data; boundary=x"])
@pytest.mark.parametrize(
    "more",
    ["charset=unicode_escape", "charset=utf-16", "charset=hex", "charset=idna", "charset=latin-1",
     "charset=nonsense", "x*=nonsense''y"],
)  # fmt: skip
def test_a_kind_of_request_that_django_would_fail_on_never_reaches_it(kind: str, more: str) -> None:
    status, body = door(f"{kind}; {more}")
    assert status == "400 Bad Request"
    assert b"send UTF-8" in body


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "multipart/form-data; boundary=x", f"{FORM}; charset=UTF-8",
     "text/plain; charset=us-ascii"],
)  # fmt: skip
def test_any_other_kind_of_request_goes_on(kind: str) -> None:
    assert door(kind) == ("asked", b"fine")


def test_production_stands_behind_that_door() -> None:
    assert (
        "with_legible_kind(get_wsgi_application())"
        in (settings.BASE_DIR / "vosportal/wsgi.py").read_text()
    )


@pytest.mark.parametrize("kind", ["", "x*=nonsense''y", "text/plain; charset=utf-16", "\x00"])
def test_what_switches_post_is_json_whatever_it_is_said_to_be(kind: str) -> None:
    asked: list[str] = []

    def portal(environ: Any, start: Any) -> list[bytes]:
        asked.append(environ["CONTENT_TYPE"])
        return [b"fine"]

    environ = {"CONTENT_TYPE": kind, "PATH_INFO": "/switch/v1/cdr"}
    assert b"".join(with_legible_kind(portal)(environ, lambda *_said: None)) == b"fine"
    assert asked == ["application/json"]
