"""What every answer carries for the browser's safety."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.core.models import User
from tests.support.pages import markup_of

pytestmark = pytest.mark.django_db


def test_the_policy_forbids_everything_but_our_own_files(client: Client) -> None:
    policy = client.get("/login/").headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ],
)
def test_security_headers(client: Client, header: str, value: str) -> None:
    assert client.get("/login/").headers[header] == value


@pytest.mark.parametrize("path", ["/", "/tree/", "/security/", "/no/such/page/"])
def test_pages_of_somebody_are_kept_by_nobody(
    administrator: User, client_of: Callable[[User], Client], path: str
) -> None:
    answer = client_of(administrator).get(path)
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_door_is_not_kept_either(client: Client) -> None:
    assert "no-store" in client.get("/login/").headers["Cache-Control"]


def test_a_well_formed_request_id_of_the_proxy_is_kept(client: Client) -> None:
    answer = client.get("/healthz/live", headers={"X-Request-ID": "abc-123-def-456"})
    assert answer.headers["X-Request-ID"] == "abc-123-def-456"


def test_a_request_id_with_line_breaks_is_replaced(client: Client) -> None:
    answer = client.get("/healthz/live", headers={"X-Request-ID": "abc\nSet-Cookie: x"})
    assert len(answer.headers["X-Request-ID"]) == 32


def test_an_unknown_page_asks_strangers_to_sign_in_or_is_not_found(client: Client) -> None:
    assert client.get("/no/such/page/").status_code == 404


def test_a_missing_token_is_explained(administrator: object) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/login/", {"login": "x", "password": "y"})
    assert "Traceback" not in markup_of(answer, 403)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/security/invitation/hunter2/", "strict-origin"),
        ("/security/password/reset/4f-hunter2/", "strict-origin"),
        ("/security/password/reset/sent/", "same-origin"),
        ("/login/", "same-origin"),
    ],
)
def test_an_address_that_lets_in_is_told_to_nothing_it_leads_to(
    client: Client, path: str, policy: str
) -> None:
    assert client.get(path).headers["Referrer-Policy"] == policy
