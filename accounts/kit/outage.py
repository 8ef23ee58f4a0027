"""What is not a fault of the portal: a database or a cache that does not answer, is full, takes no
changes or keeps others waiting for too long.

Such a failure is said as what it is, in one place (`vosportal.views.errors`). No guard turns it
into a verdict of its own: neither "too many attempts" nor "permitted".
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest

#: Seconds after which whoever was told that something is away may ask again.
ASK_AGAIN = 30

# PostgreSQL's states by their first two characters: no connection, no permission to connect, no
# such database, no space or memory or connection left, cancelled or shut down, the machine itself.
_CLASSES = ("08", "28", "3D", "53", "57", "58")
# Takes no changes (a standby), idle or at it for too long, serialization, deadlock, a lock that did
# not come.
_STATES = ("25006", "25P03", "25P04", "40001", "40P01", "55P03")
# SQLite's: busy, locked, no memory, read-only, interrupted, the disk, damaged, full, cannot open,
# the locks of its log, not a database.
_CODES = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})


class Away(Exception):
    """A part of the platform does not answer. `guard` names what could not decide without it."""

    def __init__(self, part: str, guard: str = "") -> None:
        super().__init__(f"{part} is away")
        self.part = part
        self.guard = guard


@dataclass(frozen=True)
class Outage:
    """What does not answer, and its own words about it, for the log alone."""

    part: str
    error: str
    guard: str = ""


def outage_of(error: BaseException | None) -> Outage | None:
    """What is away when `error` ends a request; None where the portal itself failed."""
    guarded: Away | None = None
    for one in _causes(error):
        if isinstance(one, Away):
            guarded = one
        if isinstance(one, (OperationalError, InterfaceError, DatabaseError)) and _is_away(one):
            part, guard = (guarded.part, guarded.guard) if guarded else ("database", "")
            return Outage(part, _words(one), guard)
    return Outage(guarded.part, _words(guarded.__cause__), guarded.guard) if guarded else None


def note_outage(request: HttpRequest | None = None, **_: Any) -> None:
    """Receives Django's `got_request_exception`: `request.outage` is what the failure was, if it
    was none of the portal's own.
    """
    if request is not None:
        request.outage = outage_of(sys.exception())  # type: ignore[attr-defined]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def _is_away(error: DatabaseError | InterfaceError) -> bool:
    # Django's errors tell what the driver's told.
    told = error.__cause__
    code = getattr(told, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _CODES
    state = getattr(told, "sqlstate", None)
    if state is not None:
        return state.startswith(_CLASSES) or state in _STATES
    # What failed before there was a connection, or with it, has no state.
    return isinstance(error, (OperationalError, InterfaceError))


def _words(error: BaseException | None) -> str:
    """The first line: details may hold values."""
    if error is None:
        return ""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    first = str(error).strip().partition("\n")[0][:200]
    return " ".join(part for part in (type(error).__name__, state, first) if part)
