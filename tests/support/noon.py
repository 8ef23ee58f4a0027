"""Days that do not end while a test runs that is about one of them."""

from datetime import UTC, datetime


def noon_of_today() -> datetime:
    """Noon of the day it is, in UTC, where accounts are that say nothing else."""
    return datetime.now(UTC).replace(hour=12)


def zone_at_noon() -> str:
    """A time zone in which it is about noon now: for tests that start processes, whose clocks
    nobody moves.
    """
    ahead = 12 - datetime.now(UTC).hour
    # These names say how far behind they are.
    return f"Etc/GMT{-ahead:+d}"
