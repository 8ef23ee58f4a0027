"""Processes that tests begin leave nothing behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.holding_worker import is_free
from tests.support.processes import ROOT
from tests.support.waiting import until

# What a test run does that is killed while one of its processes waits.
RUN = """
import sys, time
from tests.support import processes
from tests.support.holding_worker import hold
processes.begin(hold, sys.argv[1])
time.sleep(600)
"""


@pytest.mark.race
def test_what_a_killed_run_has_begun_ends_with_it(tmp_path: Path) -> None:
    held = tmp_path / "held"
    with subprocess.Popen([sys.executable, "-c", RUN, str(held)], cwd=ROOT) as run:
        try:
            until(lambda: held.exists() and held.read_text() == "held")
            assert not is_free(held)
        finally:
            run.kill()
    until(lambda: is_free(held))
