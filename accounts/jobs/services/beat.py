"""A worker says every minute that it is there; pages, checks and probes hear of it."""

import socket
import threading
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from accounts.jobs.models import Worker

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=60)
# A worker that is gone is remembered so long.
_KEPT = timedelta(days=7)
# An end does not wait longer for a database that does not answer.
_PATIENCE = 5


class Beat(AbstractContextManager["Beat"]):
    """As long as it is open, a thread with a connection of its own says that this worker is there.

    What it says is that the process lives, however long the work takes that it is at. A database
    that is away is no reason to end: the next beat may succeed.
    """

    def __init__(self, name: str, queues: str) -> None:
        self.name = name
        self.queues = queues
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="worker-beat", daemon=True)

    def __enter__(self) -> "Beat":
        self._thread.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self._over.set()
        self._thread.join(_PATIENCE)

    def _go_on(self) -> None:
        started = timezone.now()
        try:
            while True:
                try:
                    worker_seen(self.name, self.queues, started_at=started)
                except (DatabaseError, InterfaceError) as error:
                    log.warning("worker not noted", worker=self.name, error=str(error))
                    connection.close()
                if self._over.wait(EVERY.total_seconds()):
                    return
        finally:
            connection.close()


def worker_seen(name: str, queues: str, **values: Any) -> None:
    """Note that a worker of this name is there and looks after these queues, commas between."""
    now = timezone.now()
    values |= {"queues": queues[:200], "host": socket.gethostname()[:100], "seen_at": now}
    if not Worker.objects.filter(pk=name).update(**values):
        Worker.objects.create(name=name, **values)


def purge_workers() -> int:
    """Forget workers that were not seen for long; return how many."""
    deleted, _each = Worker.objects.filter(seen_at__lt=timezone.now() - _KEPT).delete()
    return deleted
