"""The two modes: development without any environment, production that refuses what is unsafe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.configuration import GOOD, ROOT

pytestmark = pytest.mark.wide


def start(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python process with this environment alone."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "vosportal.settings",
            "ENV_FILE": os.devnull,
        }
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )


READ = "from django.conf import settings as s; print(s.DEBUG, s.ALLOWED_HOSTS)"


def test_without_environment_it_is_development_on_loopback() -> None:
    answer = start(READ)
    assert answer.stdout.startswith("True ['localhost', '127.0.0.1'")


def test_of_several_files_the_first_that_has_a_name_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("DATABASE_CONN_MAX_AGE=7\n")
    lines = [f"{name}={value}" for name, value in GOOD.items()]
    second.write_text("\n".join([*lines, "DATABASE_CONN_MAX_AGE=9", ""]))
    code = (
        "from django.conf import settings as s;"
        " print(s.DEBUG, s.DATABASES['default']['CONN_MAX_AGE'])"
    )
    answer = start(code, ENV_FILE=f"{first}{os.pathsep}{second}")
    assert answer.stdout == "False 7\n", answer.stderr


def test_with_a_secret_key_it_is_production() -> None:
    answer = start(READ, **GOOD)
    assert answer.stdout == "False ['portal.example.com']\n", answer.stderr


@pytest.mark.parametrize(
    "missing",
    ["ENCRYPTION_KEYS", "OBJECT_KEY_SECRET", "ALLOWED_HOSTS", "PORTAL_URL", "DATABASE_URL"],
)
def test_a_missing_production_value_is_named(missing: str) -> None:
    answer = start(READ, **{name: value for name, value in GOOD.items() if name != missing})
    assert f"Set {missing} in the environment" in answer.stderr


def test_debug_off_without_a_key_is_refused() -> None:
    assert "Set SECRET_KEY in the environment" in start(READ, DEBUG="false").stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY is too easy to guess"),
        ("SECRET_KEY", "a" * 80, "SECRET_KEY is too easy to guess"),
        ("ENCRYPTION_KEYS", "too-short", "ENCRYPTION_KEYS holds what is no Fernet key"),
        ("OBJECT_KEY_SECRET", "short", "OBJECT_KEY_SECRET is too easy to guess"),
        ("OBJECT_KEY_SECRET", "a" * 80, "OBJECT_KEY_SECRET is too easy to guess"),
        ("OBJECT_KEY_SECRET", GOOD["SECRET_KEY"], "OBJECT_KEY_SECRET must not be SECRET_KEY"),
        ("ALLOWED_HOSTS", "*", "must name the portal's hosts"),
        ("PORTAL_URL", "http://portal.example.com", "must begin with https://"),
        ("REQUIRE_SECOND_FACTOR", "everybody", "REQUIRE_SECOND_FACTOR"),
    ],
)
def test_an_unsafe_production_value_is_refused(name: str, value: str, sentence: str) -> None:
    assert sentence in start(READ, **{**GOOD, name: value}).stderr


def test_development_is_never_served_to_the_network() -> None:
    assert "This is development mode" in start("import vosportal.wsgi").stderr
