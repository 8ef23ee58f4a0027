"""Whatever somebody writes into a setting, the portal starts, or says in a sentence why not."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from tests.support.configuration import GOOD, ROOT, names
from tests.support.examples import examples
from vosportal import environment

pytestmark = pytest.mark.wide

NAMES = [name for name in names() if name != "ENV_FILE"]
HOSTILE = [
    " ", "x", "-1", "0", "1_000", "1.5", "²", "99999999999999999999", "None", "nan", "true", ",,,",
    "*", "[", "é" * 44, "\udcff\udcfe", "\x1b[31m", "a\nb", "a" * 5000, "$PATH", "$SECRET_KEY",
    "$LOG_LEVEL", "{}", "%s%n", "://", "foo://bar", "http://[::1", "https://", "https://a b",
    "https://user@portal.example.com", "postgres://", "postgres://h:port/x", "postgres://h:70000/x",
    "postgres://h/x?foo=bar", "postgres://h/x?CONN_MAX_AGE=abc", "postgres://h/x?pool=1",
    "postgres://a,b:x/y", "sqlite://", "sqlite:////", "sqlite:////dev/null/x", "mysql://a/b",
    "redis://", "redis://h:port", "redis://h/abc?foo=bar", "smtp://", "smtp://h:port",
    "smtp://a..b:25", "smtp://h:25?EMAIL_USE_TLS=1", "<>", "a@b@c", '"', "/dev/null", "/dev/null/x",
]  # fmt: skip


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def read(name: str, value: str) -> str:
    """The settings made anew with this value: "" or the sentence that refuses it."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        runpy.run_path(str(ROOT / "vosportal" / "settings.py"))
    except ImproperlyConfigured as error:
        return str(error)
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
    return ""


def test_the_table_names_what_there_is() -> None:
    assert len(NAMES) > 20
    assert {"SECRET_KEY", "DEFAULT_FROM_EMAIL", "SECURE_HSTS_PRELOAD", "LOG_LEVEL"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_value_is_taken_or_refused_by_name(name: str) -> None:
    for value in HOSTILE:
        said = read(name, value)
        assert not said or name in said, (name, value, said)


@given(
    name=st.sampled_from(NAMES),
    value=st.text(st.characters(exclude_characters="\x00", codec="utf-8")),
)
@examples(200)
def test_so_is_any_other(name: str, value: str) -> None:
    said = read(name, value)
    assert not said or name in said


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORTAL_URL", "https://portal.example.com/voip", "under no path"),
        ("PORTAL_URL", "https://portal.example.com?x=1", "under no path"),
        ("PORTAL_URL", "https://me@portal.example.com", "must name the portal's host"),
        ("ALLOWED_HOSTS", "https://portal.example.com", "host names alone"),
        ("ALLOWED_HOSTS", "a.example.com, *", "not “*”"),
        ("DATABASE_URL", "mysql://a/b", "postgres:// or sqlite:///"),
        ("DATABASE_URL", "postgres://host:5432/", "names no database"),
        ("DATABASE_URL", "postgres://host/x?sslmood=require", "PostgreSQL does not know"),
        ("DATABASE_URL", "sqlite://", "names no file"),
        ("REDIS_URL", "memcached://localhost", "redis://"),
        ("EMAIL_URL", "smtp://", "names no mail server"),
        ("EMAIL_URL", "smtp://user:pa?ss@host:25", "percent-encode"),
        ("DEFAULT_FROM_EMAIL", "portal", "an address such as"),
        ("STATIC_ROOT", "/dev/null", "must name a folder"),
        ("TRUSTED_PROXIES", "one", "a whole number from 0 to 16"),
        ("DEBUG", "maybe", "`true` or `false`"),
        ("MAX_AGENT_DEPTH", "0", "from 1 to 64"),
        ("CALL_MONTHS", "0", "from 1 to 600"),
        ("GRANT_REVIEW_DAYS", "99999999", "from 1 to 3650"),
        ("LOG_LEVEL", "LOUD", "`DEBUG`, `INFO`"),
        ("CURRENCY", "1", "letters"),
        ("SECURE_HSTS_PRELOAD", "2", "`true` or `false`"),
    ],
)
def test_what_cannot_be_right_is_refused(name: str, value: str, sentence: str) -> None:
    assert sentence in read(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_URL", "https://portal.example.com/"),
        ("PORTAL_URL", "https://portal.example.com:8443"),
        ("ALLOWED_HOSTS", ".example.com, 10.0.0.1, [::1]"),
        ("DATABASE_URL", "postgres://me:p%2Fw@/%2Frun%2Fpostgresql/portal"),
        ("DATABASE_URL", "postgres://a:5432,b:5433/portal?target_session_attrs=read-write"),
        ("DATABASE_URL", "postgres://me@db.example.com/portal?sslmode=verify-full"),
        ("DATABASE_URL", "sqlite:////var/lib/portal/portal.sqlite3"),
        ("EMAIL_URL", "smtp+tls://user:p%3Fw@mail.example.com:587"),
        ("EMAIL_URL", "consolemail://"),
        ("DEFAULT_FROM_EMAIL", "VOS Portal <portal@example.com>"),
        ("REQUIRE_SECOND_FACTOR", "staff, high"),
        ("TRUSTED_PROXIES", ""),
    ],
)
def test_what_can_be_right_is_taken(name: str, value: str) -> None:
    assert read(name, value) == ""


def test_redis_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    assert "pip install -e '.[redis]'" in read("REDIS_URL", "redis://127.0.0.1:6379/0")


def test_a_dollar_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIP_REALM", "$PATH")
    assert environment.env.str("SIP_REALM") == "$PATH"


def test_nobody_is_shown_the_secret_that_is_refused() -> None:
    for name in ("DATABASE_URL", "EMAIL_URL", "REDIS_URL"):
        said = read(name, "foo://user:hunter2@host:port/x")
        assert said
        assert "hunter2" not in said


def run(*command: str, **values: str) -> subprocess.CompletedProcess[str]:
    """A command of the portal, in a process of its own."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "ENV_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=base | GOOD | values,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "name", "value", "sentence"),
    [
        ("check", "LOG_LEVEL", "LOUD", "LOG_LEVEL is"),
        ("migrate", "DATABASE_URL", "postgres://u:p@127.0.0.1:1/x", "cannot be reached"),
        ("migrate", "DATABASE_URL", "sqlite:////dev/null/x", "cannot be reached"),
        ("collectstatic", "STATIC_ROOT", "/proc/portal", "/proc/portal"),
        ("check", "ENV_FILE", "/no/such/file", "/no/such/file cannot be read"),
        ("check", "ENV_FILE", "/", "cannot be read"),
        ("check", "ENV_FILE", sys.executable, "no text in UTF-8"),
    ],
)
def test_a_command_says_one_sentence(command: str, name: str, value: str, sentence: str) -> None:
    answer = run("manage.py", command, *["--no-input"] * (command != "check"), **{name: value})
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_line_of_the_file_that_is_no_setting_is_named(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("# fine\nLOG_LEVEL=INFO\nsecret hunter2\n")
    answer = run("-c", "import vosportal.environment", ENV_FILE=str(file))
    assert "Line 3 of" in answer.stderr
    assert "hunter2" not in answer.stderr
