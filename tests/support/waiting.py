"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection


def until(condition: Callable[[], Any]) -> None:
    """Look again and again, for half a minute at most."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("that never came")


def wait_until_alone() -> None:
    """The server notices a killed client only at its next word; its work stays open till then."""
    if connection.vendor != "postgresql":
        return
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                # Idle ones are kept by threads of this process, of an earlier live server.
                " AND state <> 'idle'"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.1)
    raise AssertionError("connections of killed processes stay open")


def waiting_for_locks() -> int:
    """How many wait for what somebody else holds; PostgreSQL alone can tell."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]
