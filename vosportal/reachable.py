"""Why something the settings name cannot be reached, in a sentence; "" where it can."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured


def why_no_database(connection: Any) -> str:
    """Ask for a new connection beside the present one, and say what comes of it."""
    fresh = connection.copy()
    try:
        fresh.ensure_connection()
    except ImproperlyConfigured as error:
        return str(error)
    except Exception as error:  # A driver fails in many ways with what it is given.
        return f"The database of DATABASE_URL cannot be reached: {_told(error)}"
    finally:
        fresh.close()
    return ""


def why_no_cache(cache: Any) -> str:
    """Read from the cache, and say what comes of it. Writing would wait for SQLite's writers."""
    try:
        cache.get("check")
    except Exception as error:
        return f"The cache cannot be read: {_told(error)}"
    return ""


def _told(error: Exception) -> str:
    """What the driver says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
