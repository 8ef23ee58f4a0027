"""The demo's background worker: `manage.py db_worker`, the charger and the clock of calls,
housekeeping, the daily checks and the demo's own switch in a process of their own, which ends with
the server, however that ends.

On a real platform they are services of the system (docs/operations.md).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any, NoReturn

import django
import structlog
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils.module_loading import import_string

log = structlog.get_logger(__name__)

# Seconds between two rounds of housekeeping, and to let a job end before it is given back.
_HOUSEKEEPING = 30
_PATIENCE = 5
# Between two looks into the inbox of calls, and at those that run.
_CALLS = 1


@contextmanager
def worker() -> Iterator[None]:
    """Work jobs off beside what happens in here. SIGTERM ends it as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, _leave)
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", __name__],
        cwd=settings.BASE_DIR,
        # The system closes it with this process, even if that is killed; the worker reads it.
        stdin=subprocess.PIPE,
        # Ctrl-C in the terminal is for the server alone, which then ends the worker.
        start_new_session=True,
    )
    try:
        yield
    finally:
        # Asked once it ends its job; asked twice it gives it back.
        for _ in range(2):
            process.terminate()
            try:
                process.wait(timeout=_PATIENCE)
                break
            except subprocess.TimeoutExpired:
                pass
        else:
            process.kill()
        signal.signal(signal.SIGTERM, before)


def _leave(*_: Any) -> NoReturn:
    sys.exit(0)


def _end_with_the_server() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _keep_house() -> None:
    while True:
        try:
            call_command("housekeeping", stdout=StringIO(), stderr=StringIO())
            call_command("check_all", if_due=True, stdout=StringIO(), stderr=StringIO())
        except (CommandError, DatabaseError, InterfaceError) as error:
            # What it was is in the log; the next round is soon.
            log.warning("housekeeping", error=str(error))
        finally:
            connection.close()
        time.sleep(_HOUSEKEEPING)


def _charge_calls() -> None:
    _again_and_again("charge_calls")


def _watch_calls() -> None:
    _again_and_again("switch_clock")


def _carry_calls() -> None:
    """Play the switch of the demo; what cannot be done now is done in the next round."""
    # Its models are there once Django is set up, which this module does itself.
    switch = import_string("vosportal.demo.switch.DemoSwitch")()
    while True:
        try:
            switch.round()
        except (DatabaseError, InterfaceError) as error:
            log.warning("it is done later", command="the demo's switch", error=str(error))
        finally:
            connection.close()
        time.sleep(_CALLS)


def _again_and_again(command: str) -> None:
    """Round after round, for the signals of who goes on for ever are the main thread's."""
    while True:
        try:
            call_command(command, once=True, stdout=StringIO(), stderr=StringIO())
        except (DatabaseError, InterfaceError) as error:
            log.warning("it is done later", command=command, error=str(error))
        finally:
            connection.close()
        time.sleep(_CALLS)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vosportal.settings")
    django.setup()
    for task in (_end_with_the_server, _keep_house, _charge_calls, _watch_calls, _carry_calls):
        threading.Thread(target=task, daemon=True).start()
    while True:
        try:
            call_command("db_worker", reload=False)
        except OperationalError as error:
            # SQLite, locked for longer than one waits.
            log.warning("worker starts again", error=str(error))
            time.sleep(1)


if __name__ == "__main__":
    main()
