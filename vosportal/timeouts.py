"""Whether the database ends what takes too long: `manage.py check --deploy` and /healthz/ready say
where nobody told it to (docs/operations.md, Time-outs).
"""

from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import DEFAULT_DB_ALIAS, connections

_WORDS = (
    "the role {role} has no statement_timeout: a statement that hangs holds a thread of the portal"
    " for as long as it likes"
)


def advice() -> str:
    """What to say about the role of this process; "" where its statements end in time."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        # `reset_val`: what the session began with, whatever is set for a moment.
        cursor.execute(
            "SELECT current_user, reset_val FROM pg_settings WHERE name = 'statement_timeout'"
        )
        role, value = cursor.fetchone()
    return _WORDS.format(role=role) if value == "0" else ""


def check_time_outs(**_: Any) -> list[CheckMessage]:
    """A warning for a role without time-outs. What keeps it from asking is told by other checks."""
    try:
        words = advice()
    except Exception:
        return []
    if not words:
        return []
    return [
        Warning(
            words[0].upper() + words[1:] + ".",
            hint="See “Time-outs” in docs/operations.md: ALTER ROLE … SET statement_timeout.",
            id="vosportal.W006",
        )
    ]
