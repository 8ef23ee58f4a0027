"""How long a request may wait for the database, and how many may at once.

The server ends a statement that takes too long (docs/operations.md, Time-outs). A server that fell
silent ends nothing: then the connection is cut from here, and the request is answered all the same.
Whoever needs no database, probes and assets, always finds a thread of the process free.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import FileResponse, HttpRequest, HttpResponse

from accounts.kit.outage import Outage
from vosportal.places import places
from vosportal.views.errors import unavailable

#: Seconds for a whole request: longer than a statement, shorter than the proxy waits.
LONGEST = 20.0
# How often it is looked who waits too long.
_EVERY = 0.25


class _Waiting:
    """A request, or a part of one, and the connection of its thread."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.wrapper: Any = connections[DEFAULT_DB_ALIAS]
        self.raw: Any = None


class _Watch:
    """Cuts the connections of those who wait too long, from a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[_Waiting] = set()
        self._thread: threading.Thread | None = None

    def add(self, waiting: _Waiting) -> None:
        with self._lock:
            self._open.add(waiting)
            # A process that was forked has none yet.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._go_on, name="patience", daemon=True)
                self._thread.start()

    def discard(self, waiting: _Waiting) -> None:
        with self._lock:
            self._open.discard(waiting)

    def _go_on(self) -> None:
        while True:
            time.sleep(_EVERY)
            with self._lock:
                now = time.monotonic()
                for one in self._open:
                    if one.until <= now:
                        _cut(one)


def _cut(waiting: _Waiting) -> None:
    """Shut the socket, once for each connection: whoever reads from it is told that it ended."""
    raw = waiting.wrapper.connection
    if raw is None or raw is waiting.raw:
        return
    waiting.raw = raw
    with contextlib.suppress(Exception):  # It ended by itself just now.
        own = socket.socket(fileno=os.dup(raw.fileno()))
        try:
            own.shutdown(socket.SHUT_RDWR)
        finally:
            own.close()


_watch = _Watch()


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Around what this thread asks PostgreSQL: after so many seconds it fails with
    OperationalError, whether the server answers or not.
    """
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        yield  # SQLite waits for nobody but writers, and for those not for ever.
        return
    waiting = _Waiting(seconds)
    _watch.add(waiting)
    try:
        yield
    finally:
        _watch.discard(waiting)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Around what this thread asks the database: it waits so long in all, on PostgreSQL for any
    answer, on SQLite for other writers.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    usual = float(connection.settings_dict["OPTIONS"].get("timeout", 5))
    if connection.vendor == "postgresql" or seconds >= usual:
        with patience(seconds):
            yield
        return
    _wait_for_writers(seconds)
    try:
        yield
    finally:
        with contextlib.suppress(Exception):  # Not even open.
            _wait_for_writers(usual)


def statements_end(seconds: float) -> None:
    """For this transaction: PostgreSQL itself ends a statement that takes longer, or waits longer
    for a lock. A pooler between may give the connection to others afterwards.
    """
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        return
    limit = f"{round(seconds * 1000)}ms"
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true),"
            " set_config('lock_timeout', %s, true)",
            [limit, limit],
        )


def _wait_for_writers(seconds: float) -> None:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


class PatienceMiddleware:
    """Everything inside may wait for the database; everything outside does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not places.take():
            return unavailable(request, Outage("threads", "all of them wait"))
        try:
            with patience(LONGEST):
                response = self.get_response(request)
        finally:
            places.give_back()
        outage = getattr(request, "outage", None)
        if outage is not None and response.status_code == 500:
            # Development mode has a page for developers there; the demo is for others too.
            return unavailable(request, outage)
        if response.streaming and not isinstance(response, FileResponse):
            response.streaming_content = _patiently(response.streaming_content)  # type: ignore[attr-defined]
        return response


def _patiently(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A file may take as long as it likes, each part of it may not."""
    parts = iter(chunks)
    while True:
        with patience(LONGEST):
            part = next(parts, None)
        if part is None:
            return
        yield part
