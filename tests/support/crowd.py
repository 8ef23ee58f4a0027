"""Starts processes that change the test database all at once."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Crowd:
    """Running workers, which wait until `start`."""

    processes: list["subprocess.Popen[str]"]
    go: Path

    def start(self) -> None:
        """Let all of them begin at the same moment, once every one has read the database."""
        for process in self.processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", "a worker did not come up"
        self.go.touch()

    def stop(self) -> None:
        """Let all of them end with the deed they are at."""
        self.go.unlink()

    def finish(self) -> tuple[Counter[str], list[str]]:
        """Wait for all of them. Returns what was done, and every error other than a refusal."""
        done: Counter[str] = Counter()
        errors: list[str] = []
        for process in self.processes:
            output, trouble = process.communicate(timeout=120)
            if process.returncode:
                errors.append(f"ended with {process.returncode}: {trouble[-2000:]}")
            else:
                result = json.loads(output)
                done.update(result["done"])
                errors += result["errors"]
        return done, errors


@contextmanager
def crowd(
    size: int,
    *,
    seconds: float,
    least: int = 0,
    below: int | None = None,
    worker: str = "tree_worker",
) -> Iterator[Crowd]:
    """`size` workers on the database of this test; whatever still runs at the end is killed.

    Each works for so many seconds, and does `least` deeds at least. `worker` is the module of
    `tests.support` that it runs.
    """
    with tempfile.TemporaryDirectory() as folder:
        go = Path(folder) / "go"
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", f"tests.support.{worker}", json.dumps(task)],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": database_url()},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for task in (
                {"seed": seed, "go": str(go), "seconds": seconds, "least": least, "below": below}
                for seed in range(size)
            )
        ]
        try:
            yield Crowd(processes, go)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def database_url() -> str:
    """The address of the database this test works on."""
    values: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    port = f":{values['PORT']}" if values["PORT"] else ""
    return f"postgres://{values['USER']}@{port}/{values['HOST']}/{values['NAME']}"
