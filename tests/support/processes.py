"""Processes beside the one of the tests, on the same database.

They are forked from one that has loaded Django and the portal already, so that eight of them cost
no eight starts. They end with the process that began them, however that ends.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.core.management import execute_from_command_line
from django.db import connection

if not apps.ready:  # In the process the others are forked from.
    django.setup()

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        __name__,
        "accounts.management.commands.db_worker",
        *sorted(f"tests.support.{one.stem}" for one in Path(__file__).parent.glob("*_worker.py")),
    ]
)

Process = ForkServerProcess
ROOT = Path(__file__).resolve().parents[2]


def begin(work: Callable[..., None], *given: Any) -> Process:
    """A process that does `work(*given)`; what it prints is lost."""
    process = _FORKS.Process(target=_alone, args=(work, given), daemon=True)
    with _environment_of_this_database():
        process.start()
    return process


def managing(*command: str) -> Process:
    """A process that does what `manage.py` does with this command line."""
    return begin(execute_from_command_line, ["manage.py", *command])


def ended(process: Process, seconds: float = 60) -> int:
    """Wait for its end; what it ended with. Fails if it does not end."""
    process.join(seconds)
    assert process.exitcode is not None, "the process goes on and on"
    return process.exitcode


def killed(process: Process) -> None:
    """Kill it as the machine does when memory ends: it gets no word in."""
    process.kill()
    process.join()


def database_url() -> str:
    """The address of the database this test works on."""
    values: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    port = f":{values['PORT']}" if values["PORT"] else ""
    return f"postgres://{values['USER']}@{port}/{values['HOST']}/{values['NAME']}"


@contextmanager
def _environment_of_this_database() -> Iterator[None]:
    """The first process forked inside begins the one that all of them are forked from."""
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = database_url()
    try:
        yield
    finally:
        if before is None:
            del os.environ["DATABASE_URL"]
        else:
            os.environ["DATABASE_URL"] = before


def _alone(work: Callable[..., None], given: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(nowhere, output)
    work(*given)


def _end_with_parent() -> None:
    """A run that is killed takes nobody along by itself: who waits for its word would wait for
    ever.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
