"""The README's command for tests on a machine that has no PostgreSQL to start: it says why."""

import os
import subprocess
import sys

import pytest

from tests.support import databases
from tests.support.configuration import ROOT

pytestmark = pytest.mark.slow

RUN = """
import sys
import pytest
from tests.support import databases

def start():
    raise databases.NoServer("there is none, said the test")

databases.start = start
sys.exit(pytest.main(sys.argv[1:]))
"""


def test_every_test_of_it_is_skipped_with_the_reason() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", RUN, "-p", "no:cacheprovider", "tests/vosportal/test_health.py"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "TEST_DATABASE": "postgres",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "nothing of it can run: there is none, said the test" in answer.stdout
    assert "PostgreSQL: there is none, said the test" in answer.stdout
    assert "Error" not in answer.stdout + answer.stderr
    assert " passed" not in answer.stdout


def test_root_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_system_binaries", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(databases.NoServer, match="apt-get install postgresql"):
        databases.start()
