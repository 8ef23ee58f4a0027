"""The worker, which outlives its database: when that restarts, it connects again and goes on."""

import time
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connections
from django_tasks_db.management.commands import db_worker

log = structlog.get_logger(__name__)

# How long a worker waits before it asks a database again that went away, in seconds.
PAUSE = 2.0


class Command(db_worker.Command):
    """Does jobs, one at a time. What it was at when the database went away is given back or, if the
    database stays away, taken from it by housekeeping (accounts.jobs).
    """

    def handle(self, **options: Any) -> None:
        while True:
            try:
                return super().handle(**options)
            except (OperationalError, InterfaceError) as error:
                # Who waits for the queue to be empty is told that it is not.
                if options["batch"]:
                    raise
                log.warning("worker without database", error=str(error))
            # What is broken is only replaced once it is closed.
            connections.close_all()
            time.sleep(PAUSE)
