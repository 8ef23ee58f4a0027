"""gunicorn as the documented unit starts it: every line is JSON, wrong settings are a sentence."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.configuration import GOOD, ROOT

pytestmark = pytest.mark.slow

CONFIG = ("--config", "python:vosportal.server", "vosportal.wsgi")


def serve(folder: Path, **values: str) -> "subprocess.Popen[str]":
    """The server on a socket of its own, with production settings."""
    own = {"ALLOWED_HOSTS": "127.0.0.1", "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3"}
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "ENV_FILE": os.devnull}
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", *CONFIG],
        cwd=ROOT,
        env=env | GOOD | own | values,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(process: "subprocess.Popen[str]", word: str) -> list[dict[str, Any]]:
    """Lines up to the one that holds `word`; each must be JSON."""
    assert process.stderr
    lines = []
    for line in process.stderr:
        lines.append(json.loads(line))
        if word in line:
            break
    return lines


def test_every_line_is_json_and_none_holds_a_token(tmp_path: Path) -> None:
    process = serve(tmp_path)
    try:
        lines = until(process, "Listening at")
        address = lines[-1]["event"].split()[2]
        lines += until(process, "Booting worker")
        ask = urllib.request.Request(
            f"{address}/security/invitation/hunter2/",
            headers={"X-Forwarded-Proto": "https"},
        )
        for _ in range(2):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(ask)  # nothing is migrated: an outage
        lines += until(process, "portal.access") + until(process, "portal.access")
        process.send_signal(signal.SIGTERM)
        lines += until(process, "nothing holds this: up to the end")
    finally:
        process.kill()
    assert "hunter2" not in json.dumps(lines)
    told = [one for one in lines if one["logger"] == "portal.access"]
    assert [one["path"] for one in told] == ["/security/invitation/…/"] * 2
    assert [one["address"] for one in told] == ["127.0.0.1"] * 2
    assert sum("exception" in one for one in lines) == 1
    assert any("Shutting down" in one["event"] for one in lines)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL is"),
        ("PORTAL_URL", "https://portal.example.com/voip", "under no path"),
        ("SECRET_KEY", "", "This is development mode"),
    ],
)
def test_wrong_settings_end_it_with_a_sentence(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    process = serve(tmp_path, **{name: value})
    try:
        _out, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 4
    assert "Traceback" not in told
    lines = [json.loads(line) for line in told.splitlines()]
    assert any(sentence in one["event"] and one["level"] == "critical" for one in lines)
