"""What the settings are read from: the environment, or `.env` beside manage.py."""

import os
from collections.abc import Callable
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# Of several files the first that has a name wins: one with what only some of the processes know
# stands before the one that all of them read.
for _file in env.str("ENV_FILE", str(BASE_DIR / ".env")).split(os.pathsep):
    environ.Env.read_env(_file)


def required(name: str, why: str) -> str:
    """A value that production needs. Raises ImproperlyConfigured."""
    value = env.str(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment: {why}")
    return value


def secret(name: str, why: str = "") -> str:
    """A value that production needs and nobody may guess. Raises ImproperlyConfigured."""
    value = required(name, f"a secret of at least 50 random characters{why}.")
    if len(value) < 50 or len(set(value)) < 5 or value.startswith("django-insecure"):
        raise ImproperlyConfigured(
            f"{name} is too easy to guess: use at least 50 random characters."
        )
    return value


def development_key(name: str, make: Callable[[], str]) -> str:
    """A key of this machine's development, made once; the files are git-ignored."""
    file = BASE_DIR / name
    if not file.exists():
        file.write_text(make())
        file.chmod(0o600)
    return file.read_text().strip()
