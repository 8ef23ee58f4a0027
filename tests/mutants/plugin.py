"""For `python -m tests.mutants`: collects and makes the database once, and tries each mutant in a
process forked from there.
"""

import json
import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.mutants import TRIED, TRUSTED, WRITTEN
from tests.mutants.mutant import Mutant
from tests.mutants.table import TABLE

GROUND = "tests/mutants/ground.py"
# A fault may go on for ever: so many times the seconds of the tests without it, and some more.
PATIENCE, AT_LEAST = 3, 120

failed: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        failed.append(report.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    if session.testsfailed:
        return None
    first = next(one for one in session.items if one.nodeid.startswith(GROUND))
    tried = [int(at) for at in os.environ[TRIED].split(",")]
    begins = tuple({test for at in tried for test in TABLE[at].tests})
    items = [one for one in session.items if one.nodeid.startswith(begins)]
    _run(first, next(iter(items), None))
    if failed:
        return True
    kept = _Database()
    seconds = 0.0
    if os.environ[TRUSTED]:
        _tell(None, "", seconds)
    else:
        seconds = _trial(kept, None, items, float("inf"))
    for at in tried:
        _trial(kept, at, _wanted(TABLE[at], items), max(AT_LEAST, PATIENCE * seconds))
    return True


def _wanted(mutant: Mutant, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Its tests, in its order: those that should find it soonest come first."""
    return [item for begin in mutant.tests for item in items if item.nodeid.startswith(begin)]


def _trial(
    kept: "_Database", at: int | None, items: Sequence[pytest.Item], patience: float
) -> float:
    """Run the tests with a mutant (None: as it is) up to the first that fails, in a process of its
    own; write what became of it, and return the seconds.
    """
    began = time.monotonic()
    pid = os.fork()
    if not pid:
        os.setsid()
        _tell(at, _found(None if at is None else TABLE[at], items), time.monotonic() - began)
        os._exit(0)
    while not os.waitpid(pid, os.WNOHANG)[0]:
        time.sleep(0.05)
        if time.monotonic() - began > patience:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            _tell(at, "it went on for ever", patience)
            break
    kept.restore()
    return time.monotonic() - began


def _found(mutant: Mutant | None, items: Sequence[pytest.Item]) -> str:
    """The first test that fails, "" where none does."""
    if mutant is not None:
        mutant.apply()
    for at, one in enumerate(items, 1):
        _run(one, next(iter(items[at : at + 1]), None))
        if failed:
            return failed[0]
    return ""


def _run(item: pytest.Item, following: pytest.Item | None) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _tell(at: int | None, found: str, seconds: float) -> None:
    with Path(os.environ[WRITTEN]).open("a") as report:
        report.write(json.dumps({"mutant": at, "found": found, "seconds": seconds}) + "\n")


class _Database:
    """That of the tests, as it was made: what a trial leaves in it is taken away."""

    def __init__(self) -> None:
        from django.db import connections

        # What is open is not shared with another process.
        connections.close_all()
        self._settings = connections["default"].settings_dict
        self._name = str(self._settings["NAME"])
        self._is_file = self._settings["ENGINE"].endswith("sqlite3")
        if self._is_file:
            shutil.copy(self._name, self._copy)
        else:
            self._server(f'CREATE DATABASE "{self._copy}" TEMPLATE "{self._name}"')

    @property
    def _copy(self) -> str:
        return f"{self._name}.kept"

    def restore(self) -> None:
        if self._is_file:
            for end in ("-wal", "-shm", "-journal"):
                Path(f"{self._name}{end}").unlink(missing_ok=True)
            shutil.copy(self._copy, self._name)
            return
        self._server(
            f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)',
            f'CREATE DATABASE "{self._name}" TEMPLATE "{self._copy}"',
        )

    def _server(self, *statements: Any) -> None:
        import psycopg

        own = self._settings
        with psycopg.connect(
            host=own["HOST"], port=own["PORT"], user=own["USER"], password=own["PASSWORD"],
            dbname="postgres", autocommit=True,
        ) as server:  # fmt: skip
            for one in statements:
                server.execute(one)
