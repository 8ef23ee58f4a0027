"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection

# However busy the machine is: who waits so long waits for what never comes.
LONGEST = 120


def until(condition: Callable[[], Any]) -> None:
    """Look again and again, for `LONGEST` seconds at most."""
    end = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < end, "that never came"
        time.sleep(0.05)


def wait_until_alone() -> None:
    """The server notices a killed client only at its next word; its work stays open till then."""
    if connection.vendor != "postgresql":
        return
    until(_is_alone)


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            # Idle ones are kept by threads of this process, of an earlier live server.
            " AND state <> 'idle'"
        )
        return cursor.fetchone()[0] == 0


def waiting_for_locks() -> int:
    """How many wait for what somebody else holds; PostgreSQL alone can tell."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]
