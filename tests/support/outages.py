"""Databases that answer no longer, or not as they should: planted, and taken back."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def read_only() -> Iterator[None]:
    """Like a standby: everything can be read, nothing written."""
    on, off = (
        ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
        if connection.vendor == "postgresql"
        else ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
    )
    _run(on)
    try:
        yield
    finally:
        _run(off)


@contextmanager
def written_by_another(table: str) -> Iterator[None]:
    """Somebody else holds `table`, and who waits gives up after a moment: PostgreSQL by the
    statement_timeout of its role, SQLite by its own. SQLite has one lock for all tables.
    """
    if connection.vendor == "postgresql":
        _run("SET statement_timeout = '300ms'")
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        try:
            yield
        finally:
            other.close()
            _run("RESET statement_timeout")
        return
    _run("PRAGMA busy_timeout = 100")
    writer = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        writer.close()
        _run(f"PRAGMA busy_timeout = {connection.settings_dict['OPTIONS']['timeout'] * 1000}")


@contextmanager
def mute_server() -> Iterator[None]:
    """The server's process for this connection stands still: the network says nothing is wrong."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = cursor.fetchone()[0]
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
