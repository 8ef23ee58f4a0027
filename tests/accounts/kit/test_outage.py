"""What is away, and what is a fault of the portal."""

import sqlite3

import psycopg
import pytest
from django import db
from django.db.transaction import TransactionManagementError

from accounts.kit.outage import Away, Outage, outage_of


def from_postgresql(state: str, kind: type[Exception] = db.OperationalError) -> Exception:
    error = kind("what the server says\nDETAIL: with a value")
    error.__cause__ = psycopg.errors.lookup(state)("what the server says")
    return error


def from_sqlite(code: int, kind: type[Exception] = db.OperationalError) -> Exception:
    error, told = kind("what SQLite says"), sqlite3.OperationalError("what SQLite says")
    told.sqlite_errorcode = code
    error.__cause__ = told
    return error


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("57014", db.OperationalError),  # cancelled by statement_timeout
        ("55P03", db.OperationalError),  # a lock that did not come
        ("40P01", db.OperationalError),  # deadlock
        ("53100", db.OperationalError),  # disk full
        ("53300", db.OperationalError),  # too many connections
        ("57P01", db.OperationalError),  # shut down
        ("57P03", db.OperationalError),  # starting
        ("08006", db.OperationalError),  # connection failure
        ("58030", db.OperationalError),  # the disk does not read or write
        ("25006", db.InternalError),  # a standby
        ("25P03", db.InternalError),  # idle in a transaction for too long
    ],
)
def test_postgresql_is_away(state: str, kind: type[Exception]) -> None:
    outage = outage_of(from_postgresql(state, kind))
    assert outage is not None
    assert outage.part == "database"
    assert state in outage.error


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("42P01", db.ProgrammingError),  # no such table
        ("42501", db.ProgrammingError),  # no privilege
        ("23505", db.IntegrityError),
        ("25P02", db.InternalError),  # goes on after an error
        ("54001", db.OperationalError),  # too complex
    ],
)
def test_postgresql_found_a_fault(state: str, kind: type[Exception]) -> None:
    assert outage_of(from_postgresql(state, kind)) is None


# Busy, locked, read-only, the disk, full, cannot be opened; with a finer code in the upper bits.
@pytest.mark.parametrize("code", [5, 6, 8, 10, 13, 14, 5 | 2 << 8, 8 | 4 << 8])
def test_sqlite_is_away(code: int) -> None:
    assert outage_of(from_sqlite(code)) is not None


@pytest.mark.parametrize("code", [1, 1 | 1 << 8, 19])  # a mistake in a statement; a constraint
def test_sqlite_found_a_fault(code: int) -> None:
    assert outage_of(from_sqlite(code)) is None


@pytest.mark.parametrize(
    "error",
    [db.OperationalError("connection refused"), db.InterfaceError("the connection is closed")],
)
def test_whoever_has_no_connection_tells_no_state(error: Exception) -> None:
    assert outage_of(error) is not None


@pytest.mark.parametrize("error", [None, ValueError("x"), db.DatabaseError("x"), OSError("x")])
def test_everything_else_is_a_fault(error: Exception | None) -> None:
    assert outage_of(error) is None


def test_what_follows_from_an_outage_is_one() -> None:
    error = TransactionManagementError("the transaction is broken")
    error.__cause__ = from_postgresql("57014")
    assert outage_of(error) is not None


def test_a_guard_that_cannot_decide_is_named() -> None:
    error = Away("cache", "login_failed")
    error.__cause__ = from_postgresql("25006", db.InternalError)
    assert outage_of(error) == Outage(
        "cache", "InternalError 25006 what the server says", "login_failed"
    )


def test_whatever_a_cache_fails_with_is_an_outage_of_it() -> None:
    error = Away("cache", "reset_password")
    error.__cause__ = ConnectionError("refused")
    assert outage_of(error) == Outage("cache", "ConnectionError refused", "reset_password")


def test_only_the_first_line_goes_to_the_log() -> None:
    outage = outage_of(from_postgresql("53100"))
    assert outage is not None
    assert "value" not in outage.error
