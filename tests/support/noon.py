"""Days in tests whose clock nobody moves: those that start processes."""

from datetime import UTC, datetime


def zone_at_noon() -> str:
    """A time zone in which it is about noon now: no day of it ends while a test runs."""
    ahead = 12 - datetime.now(UTC).hour
    # These names say how far behind they are.
    return f"Etc/GMT{-ahead:+d}"
