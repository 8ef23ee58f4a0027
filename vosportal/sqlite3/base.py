"""Django's SQLite backend, with writers that wait for each other in fairness. Loaded by its name,
which `vosportal.database` gives to the settings.
"""

import random
import time
from sqlite3 import SQLITE_BUSY
from sqlite3 import OperationalError as SQLiteError
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite

# Seconds between two tries to begin: at first, and at least.
_FIRST, _LEAST = 0.006, 0.0003
# After how many seconds of waiting it is half of the first.
_HALF = 0.025


class DatabaseWrapper(SQLite):
    """SQLite has one writer at a time. Who waits for it asks again less and less often, at last
    ten times a second: beside writers that come and go it is always somebody new who finds the door
    open, and who waits longest is told that it is busy. Here one asks the more often the longer one
    waits.
    """

    def _start_transaction_under_autocommit(self) -> None:
        """Raises OperationalError if the others do not come to an end for as long as this
        connection waits (its `busy_timeout`).
        """
        raw: Any = self.connection
        (milliseconds,) = raw.execute("PRAGMA busy_timeout").fetchone()
        since = time.monotonic()
        raw.execute("PRAGMA busy_timeout = 0")
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except OperationalError as error:
            if not _is_busy(error.__cause__):
                raise
            while not self._has_begun(raw):
                waited = time.monotonic() - since
                if waited * 1000 >= milliseconds:
                    raise
                # By chance, so that two do not keep step.
                pause = max(_LEAST, _FIRST / (1 + waited / _HALF))
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        finally:
            raw.execute(f"PRAGMA busy_timeout = {milliseconds}")

    def _has_begun(self, raw: Any) -> bool:
        """One more try, without what Django does around a statement: who waits asks often."""
        try:
            raw.execute(f"BEGIN {self.transaction_mode}")  # type: ignore[attr-defined]
        except SQLiteError as error:
            if _is_busy(error):
                return False
            raise
        return True


def _is_busy(error: BaseException | None) -> bool:
    # The lowest byte of a code is its kind.
    return bool(getattr(error, "sqlite_errorcode", 0) & 0xFF == SQLITE_BUSY)
