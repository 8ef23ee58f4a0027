"""A worker. Replaces the command of the same name of django-tasks-db: it looks after the queue of
mails as well, and sends them while it is at a job; it says every minute that it is there, and
outlives its database: when that restarts, it connects again and goes on.
"""

import os
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connections
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV
from django_tasks_db.management.commands import db_worker

from accounts.jobs.services.beat import Beat
from accounts.kit.commands import PortalCommand
from accounts.mail.services.beside import MailsBeside
from accounts.mail.services.sending import QUEUE as MAILS

log = structlog.get_logger(__name__)

QUEUES = "default,mail"
# How long a worker waits before it asks a database again that went away, in seconds.
PAUSE = 2.0


class Command(PortalCommand, db_worker.Command):
    """What it was at when the database went away is given back or, if the database stays away,
    taken from it by housekeeping (accounts.jobs).
    """

    help = (
        "Do what waits: jobs, one at a time, and mails beside them, which wait for no job. "
        "Run several for more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(queue_name=QUEUES)

    def handle(self, *, worker_id: str, reload: bool, **options: Any) -> None:
        # Who only watches for changed files starts the worker anew, and is none itself.
        is_watcher = reload and os.environ.get(DJANGO_AUTORELOAD_ENV) != "true"
        with ExitStack() as stack:
            if not is_watcher:
                stack.enter_context(Beat(worker_id, options["queue_name"]))
                others = _queues_but_mails(options)
                if others:
                    mails = MailsBeside(worker_id, options["interval"], options["backend_name"])
                    stack.enter_context(mails)
                    options |= others
            while True:
                try:
                    super().handle(worker_id=worker_id, reload=reload, **options)
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


def _queues_but_mails(options: dict[str, Any]) -> dict[str, str]:
    """The options that leave the mails to a thread beside; none for who looks after nothing else,
    or ends after a while.
    """
    if options["batch"] or options["max_tasks"] is not None:
        return {}
    queues = options["queue_name"].split(",")
    if "*" in queues:
        without = [one for one in options["exclude_queues"].split(",") if one]
        return {} if MAILS in without else {"exclude_queues": ",".join([*without, MAILS])}
    others = [one for one in queues if one != MAILS]
    return {"queue_name": ",".join(others)} if MAILS in queues and others else {}
