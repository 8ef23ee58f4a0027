"""Every line of the log carries the request's id, and none a secret."""

import io
import json
import logging
import logging.config
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.test import Client

from tests.factories import PASSWORD, UserFactory
from tests.support.signing_in import sign_in
from vosportal.observability import REQUEST_ID, Repeated, hide_secrets, logging_config
from vosportal.views import health
from vosportal.wsgi_door import with_legible_kind


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What production writes for machines, one JSON object per line."""
    root, access = logging.getLogger(), logging.getLogger("portal.access")
    before = root.level, access.level
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    config = logging_config(json=True, level="INFO")["formatters"]["line"]
    handler.setFormatter(config["()"](**{k: v for k, v in config.items() if k != "()"}))
    handler.addFilter(Repeated())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    access.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before[0])
    access.setLevel(before[1])


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_carries_the_id_of_its_request(client: Client, lines: io.StringIO) -> None:
    answer = client.get("/healthz/live")
    (line,) = [one for one in read(lines) if one["logger"] == "portal.access"]
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/healthz/live", 200)
    assert line["timestamp"].endswith("Z")


def test_lines_of_libraries_carry_it_too(lines: io.StringIO) -> None:
    token = REQUEST_ID.set("abc-123-def")
    logging.getLogger("some.library").warning("%s happened", "it")
    REQUEST_ID.reset(token)
    (line,) = read(lines)
    assert (line["event"], line["request_id"]) == ("it happened", "abc-123-def")


@pytest.mark.parametrize(
    "name",
    ["password", "new_password1", "PIN", "card_pin", "token", "csrfmiddlewaretoken", "secret_key",
     "totp", "code", "recovery_codes", "Authorization", "session_cookie", "sessionid"],
)  # fmt: skip
def test_secrets_are_hidden_by_name_at_any_depth(lines: io.StringIO, name: str) -> None:
    structlog.get_logger("test").warning(
        "x", **{name: "hunter2"}, form={"inner": {name: "hunter2"}}
    )
    assert "hunter2" not in lines.getvalue()
    assert "[hidden]" in lines.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2 given",
        "{'password': 'hunter2'}",
        '"api_token": "hunter2"',
        "Authorization: Bearer hunter2",
        "card_pin: hunter2, next",
        "/security/invitation/hunter2/",
        "/security/password/reset/4f-hunter2/",
        "/security/invitation/hunter2",
        "GET /security/invitation/hunter2 HTTP/1.1",
        "Referer https://portal.example.com/security/invitation/hunter2?x=1 is foreign",
        "/login/?next=%2Fsecurity%2Fpassword%2Freset%2F4f-hunter2%2F",
    ],
)
def test_secrets_are_hidden_in_running_text(lines: io.StringIO, text: str) -> None:
    logging.getLogger("some.library").warning(text)
    assert "hunter2" not in lines.getvalue()


def test_secrets_in_a_traceback_are_hidden(lines: io.StringIO) -> None:
    try:
        raise ValueError("password='hunter2' does not fit")
    except ValueError:
        logging.getLogger("some.library").exception("failed")
    (line,) = read(lines)
    assert "ValueError" in line["exception"]
    assert "hunter2" not in lines.getvalue()


@pytest.mark.parametrize("name", ["status_code", "spinning", "shipping", "opinion"])
def test_harmless_names_stay_readable(name: str) -> None:
    assert hide_secrets(None, "", {name: "403"}) == {name: "403"}


@pytest.mark.django_db
def test_the_query_string_is_not_logged(client: Client, lines: io.StringIO) -> None:
    client.get("/no/such/page/?q=somebody@example.com")
    assert "/no/such/page/" in lines.getvalue()
    assert "somebody@example.com" not in lines.getvalue()
    assert all("request_id" in line for line in read(lines))


@pytest.mark.django_db
class TestWho:
    def test_a_line_has_the_address_behind_our_proxies_and_the_login(
        self, lines: io.StringIO, settings: Any, client_of: Any
    ) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        client = client_of(UserFactory(username="karim"))
        client.get("/security/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
        line = access(lines)[-1]
        assert (line["address"], line["login"]) == ("203.0.113.9", "karim")

    def test_nobody_is_named_where_nobody_is_signed_in(
        self, client: Client, lines: io.StringIO, client_of: Any
    ) -> None:
        client_of(UserFactory(username="karim")).get("/security/")
        client.get("/login/")
        assert "login" not in access(lines)[-1]

    def test_signing_in_names_the_login(self, lines: io.StringIO) -> None:
        UserFactory(username="karim")
        sign_in("karim", PASSWORD)
        assert [one["login"] for one in read(lines) if one["event"] == "signed in"] == ["karim"]
        assert access(lines)[-1]["login"] == "karim"

    @pytest.mark.parametrize("typed", ["karim", "KARIM", "karim@x.example"])
    def test_a_failed_sign_in_names_both(self, lines: io.StringIO, typed: str) -> None:
        UserFactory(username="karim", email="karim@x.example")
        sign_in(typed, "wrong-password")
        (line,) = [one for one in read(lines) if one["event"] == "sign-in failed"]
        assert (line["login"], line["address"]) == ("karim", "127.0.0.1")
        assert "wrong-password" not in lines.getvalue()

    def test_a_login_that_is_none_is_named_as_typed(self, lines: io.StringIO) -> None:
        sign_in("root", "wrong-password")
        (line,) = [one for one in read(lines) if one["event"] == "sign-in failed"]
        assert line["login"] == "root"

    @pytest.mark.parametrize(
        "typed", ["x" * 500, "a b", "Hunter2!Hunter2!", "\x1b[2J", "a\u2028b", "the-password-2"]
    )
    def test_what_could_be_no_login_is_not_repeated(self, lines: io.StringIO, typed: str) -> None:
        sign_in(typed, "the-password-2")
        failed = [one for one in read(lines) if one["event"] == "sign-in failed"]
        assert all(one["login"] == "[no user name]" for one in failed)
        assert json.dumps(typed)[1:-1] not in lines.getvalue()

    def test_a_wrong_second_proof_names_both(self, lines: io.StringIO, client_of: Any) -> None:
        client = client_of(UserFactory(username="karim"))
        client.post("/security/reauthenticate/", {"password": "wrong-password"})
        (line,) = [one for one in read(lines) if one["event"] == "proof failed"]
        assert (line["login"], line["address"]) == ("karim", "127.0.0.1")

    def test_more_proxies_than_there_are_keep_nobody_out(self, settings: Any) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 3
        UserFactory(username="karim")
        client = Client(headers={"X-Forwarded-For": "203.0.113.9"})
        assert sign_in("karim", PASSWORD, client).status_code == 302


class TestOnce:
    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("method", "path", "headers", "status", "reason"),
        [
            ("get", "/no/such/page/", {}, 404, None),
            ("post", "/login/", {}, 403, "CSRF cookie not set"),
            ("get", "/login/", {"Host": "evil.example"}, 400, "evil.example"),
        ],
    )
    def test_what_is_refused_is_one_line_with_the_reason(
        self, lines: io.StringIO, method: str, path: str, headers: Any, status: int, reason: Any
    ) -> None:
        client = Client(enforce_csrf_checks=True)
        getattr(client, method)(path, headers=headers)
        (line,) = read(lines)
        assert (line["logger"], line["status"]) == ("portal.access", status)
        assert line["level"] == "warning"
        assert "exception" not in line
        assert (reason or "") in line.get("reason", "")

    def test_what_becomes_no_request_has_a_line_too(self, lines: io.StringIO) -> None:
        door = with_legible_kind(lambda *_: [])
        asked = {"CONTENT_TYPE": "text/plain; charset=utf-7", "PATH_INFO": "/login/"}
        door(asked | {"REQUEST_METHOD": "POST", "REMOTE_ADDR": "203.0.113.9"}, lambda *_: None)
        (line,) = access(lines)
        assert (line["path"], line["status"]) == ("/login/", 400)
        assert line["address"] == "203.0.113.9"

    def test_a_failure_is_one_line_a_request_and_one_traceback(
        self, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "JsonResponse", broken)
        client = Client(raise_request_exception=False)
        for _ in range(20):
            client.get("/healthz/live")
        told = access(lines)
        assert len(told) == 20
        assert {one["status"] for one in told} == {500}
        assert {one["level"] for one in told} == {"error"}
        assert {one["reason"] for one in told} == {"RuntimeError: server closed"}
        assert lines.getvalue().count("Traceback") == 1
        assert len(read(lines)) == 21

    def test_the_traceback_comes_again_after_a_minute(
        self, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "JsonResponse", broken)
        client = Client(raise_request_exception=False)
        client.get("/healthz/live")
        later = time.monotonic() + 61
        monkeypatch.setattr("vosportal.observability.time.monotonic", lambda: later)
        client.get("/healthz/live")
        assert lines.getvalue().count("Traceback") == 2

    @pytest.mark.parametrize("logger", [logging.getLogger("x"), structlog.get_logger("x")])
    def test_lines_of_others_name_the_error_the_second_time(
        self, lines: io.StringIO, logger: Any
    ) -> None:
        for _ in range(3):
            try:
                broken()
            except RuntimeError:
                logger.warning("mail not sent", exc_info=True)
        first, *rest = read(lines)
        assert "Traceback" in first["exception"]
        assert [one["error"] for one in rest] == ["RuntimeError: server closed"] * 2
        assert "exception" not in rest[0]

    def test_two_errors_have_two_tracebacks(self, lines: io.StringIO) -> None:
        for error in (ValueError("x"), KeyError("y")):
            try:
                raise error
            except (ValueError, KeyError):
                logging.getLogger("x").exception("failed")
        assert lines.getvalue().count("Traceback") == 2


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("server closed")


def access(lines: io.StringIO) -> list[dict[str, Any]]:
    return [one for one in read(lines) if one["logger"] == "portal.access"]
