"""`manage.py benchmark tree`: every figure beside what it is compared to, away from the real data."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.sqlite
def test_a_small_run_prints_every_figure_and_leaves_the_database_alone(tmp_path: Path) -> None:
    database = tmp_path / "real.sqlite3"
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    answer = subprocess.run(
        [sys.executable, "manage.py", "benchmark", "tree", "--accounts", "1200", "--seconds", "1"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    for figure in (
        "Load of 1,200 accounts", "New account in the big tree", "bare INSERT", "first page",
        "middle page", "Branch of the tree", "Global search", "8 writers at once",
    ):  # fmt: skip
        assert figure in answer.stdout
    assert "sound" in answer.stdout
    assert not database.exists() or database.stat().st_size == 0
