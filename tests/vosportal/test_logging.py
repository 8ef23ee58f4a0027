"""Every line of the log carries the request's id, and none a secret."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.test import Client

from vosportal.observability import REQUEST_ID, hide_secrets, logging_config


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What production writes for machines, one JSON object per line."""
    root, access = logging.getLogger(), logging.getLogger("portal.access")
    before = root.level, access.level
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    config = logging_config(json=True, level="INFO")["formatters"]["line"]
    handler.setFormatter(config["()"](**{k: v for k, v in config.items() if k != "()"}))
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
