"""Starts processes that change the test database all at once, and is what they do."""

import multiprocessing
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from accounts.kit.errors import DomainError
from tests.support import processes

# Seconds after which a worker ends, however few deeds it did.
LONGEST = 60


class Worker(Protocol):
    """One process of a crowd, made in that process with its number."""

    # What its deeds may rightly be refused with; everything else is an error.
    expected: Any

    def __init__(self, seed: int, below: int | None) -> None: ...

    def some(self) -> Any:
        """Read the database for the first time."""

    def act(self) -> str:
        """One deed; returns its name. Raises what the service raises."""


@dataclass(frozen=True)
class Task:
    """Wait for the file `go`, then work for so many seconds and do at least so many deeds, or until
    the file is gone.
    """

    go: Path
    seconds: float
    least: int
    below: int | None


@dataclass
class Crowd:
    """Running workers, which wait until `start`."""

    processes: list[processes.Process]
    voices: list[Connection]
    go: Path

    def start(self) -> None:
        """Let all of them begin at the same moment, once every one has read the database."""
        for voice in self.voices:
            assert voice.recv() == "ready", "a worker did not come up"
        self.go.touch()

    def stop(self) -> None:
        """Let all of them end with the deed they are at."""
        self.go.unlink()

    def finish(self) -> tuple[Counter[str], list[str]]:
        """Wait for all of them. Returns what was done, and every error other than a refusal."""
        done: Counter[str] = Counter()
        errors: list[str] = []
        for voice in self.voices:
            assert voice.poll(120), "a worker goes on and on"
            did, failed = voice.recv()
            done.update(did)
            errors += failed
        return done, errors


@contextmanager
def crowd(
    size: int,
    worker: type[Worker],
    *,
    seconds: float,
    least: int = 0,
    below: int | None = None,
) -> Iterator[Crowd]:
    """`size` workers on the database of this test; whatever still runs at the end is killed."""
    with tempfile.TemporaryDirectory() as folder:
        task = Task(Path(folder) / "go", seconds, least, below)
        found = Crowd([], [], task.go)
        for seed in range(size):
            voice, theirs = multiprocessing.Pipe(duplex=False)
            found.processes.append(processes.begin(_work, worker, seed, task, theirs))
            found.voices.append(voice)
            theirs.close()
        try:
            yield found
        finally:
            for process in found.processes:
                processes.killed(process)


def _work(kind: type[Worker], seed: int, task: Task, voice: Connection) -> None:
    done: Counter[str] = Counter()
    errors: list[str] = []
    worker = kind(seed, task.below)
    worker.some()
    voice.send("ready")
    while not task.go.exists():
        time.sleep(0.02)
    start, tries = time.monotonic(), 0
    # On a busy machine the seconds alone would not say that the processes did meet.
    while task.go.exists() and (
        (gone := time.monotonic() - start) < task.seconds or (tries < task.least and gone < LONGEST)
    ):
        tries += 1
        try:
            done[worker.act()] += 1
        except DomainError as error:
            done[error.code] += 1
            if error.code not in worker.expected:
                errors.append(repr(error))
        except Exception:  # Whatever it is, the test must hear of it.
            errors.append(traceback.format_exc())
    voice.send((done, errors))
