"""A worker. Replaces the command of the same name of django-tasks-db: it looks after the queue of
mails as well, says every minute that it is there, and outlives its database: when that restarts, it
connects again and goes on.
"""

import os
import time
from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connections
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV
from django_tasks_db.management.commands import db_worker

from accounts.jobs.services.beat import Beat
from accounts.kit.commands import PortalCommand

log = structlog.get_logger(__name__)

QUEUES = "default,mail"
# How long a worker waits before it asks a database again that went away, in seconds.
PAUSE = 2.0


class Command(PortalCommand, db_worker.Command):
    """What it was at when the database went away is given back or, if the database stays away,
    taken from it by housekeeping (accounts.jobs).
    """

    help = "Do what waits: send mails, do jobs. One thing at a time; run several for more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(queue_name=QUEUES)

    def handle(self, *, worker_id: str, queue_name: str, reload: bool, **options: Any) -> None:
        # Who only watches for changed files starts the worker anew, and is none itself.
        is_watcher = reload and os.environ.get(DJANGO_AUTORELOAD_ENV) != "true"
        with nullcontext() if is_watcher else Beat(worker_id, queue_name):
            while True:
                try:
                    super().handle(
                        worker_id=worker_id, queue_name=queue_name, reload=reload, **options
                    )
                except (OperationalError, InterfaceError) as error:
                    # Who waits for the queue to be empty is told that it is not.
                    if options["batch"]:
                        raise
                    log.warning("worker without database", error=str(error))
                else:
                    return
                # What is broken is only replaced once it is closed.
                connections.close_all()
                time.sleep(PAUSE)
