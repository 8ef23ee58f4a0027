"""What `manage.py check --deploy` says of workers."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.db import Error

from accounts.jobs.queries import queues_without_worker


@register(deploy=True)
def workers_seen(**_options: Any) -> list[CheckMessage]:
    """Warn where mails and jobs would wait for ever. Says nothing before the tables are there, or
    where the database is away: that is for others to say.
    """
    try:
        gone = queues_without_worker()
    except Error:
        return []
    if not gone:
        return []
    return [
        Warning(
            f"No worker was seen for five minutes that looks after: {', '.join(gone)}. No mail is "
            "sent and no job is done without one.",
            hint="Start `manage.py db_worker` (docs/operations.md, systemd).",
            id="portal.W101",
        )
    ]
