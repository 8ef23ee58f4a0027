"""Reports of browsers about broken pages end in the log, and cannot flood it."""

import json
import logging
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

pytestmark = pytest.mark.django_db
REPORT = {
    "document-uri": "https://portal.example.com/security/invitation/hunter2/",
    "effective-directive": "script-src",
    "blocked-uri": "inline",
    "original-policy": "default-src 'none'",
}


def send(body: object) -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Client(enforce_csrf_checks=True).post(
        "/csp-report/", content, "application/csp-report"
    )
    return answer.status_code


def test_a_report_becomes_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "portal.security"):
        assert send({"csp-report": REPORT}) == 204
    (line,) = caplog.records
    assert line.msg["effective_directive"] == "script-src"
    assert "hunter2" not in str(line.msg)
    assert "original_policy" not in line.msg


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b"{}",
        b'{"csp-report": 1}',
        b"\xff\xfe",
        b"x" * 20_000,
        b"[" * 16_000,
        b'{"csp-report": {"blocked-uri": "\\ud800"}}',
    ],
)
def test_what_is_no_report_is_refused(body: bytes) -> None:
    assert send(body) == 400


@pytest.mark.wide
def test_a_flood_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING, "portal.security"),
        time_machine.travel(datetime(2026, 12, 1, 10, 0, 30, tzinfo=UTC), tick=False),
    ):
        assert {send({"csp-report": REPORT}) for _ in range(70)} == {204}
    assert len(caplog.records) == 60
