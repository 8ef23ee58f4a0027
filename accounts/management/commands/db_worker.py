"""A worker. Replaces the command of the same name of django-tasks-db: it looks after the queue of
mails as well, and says every minute that it is there.
"""

import os
from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.utils.autoreload import DJANGO_AUTORELOAD_ENV
from django_tasks_db.management.commands import db_worker

from accounts.jobs.services.beat import Beat

QUEUES = "default,mail"


class Command(db_worker.Command):
    help = "Do what waits: send mails, do jobs. One thing at a time; run several for more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(queue_name=QUEUES)

    def handle(self, *, worker_id: str, queue_name: str, reload: bool, **options: Any) -> None:
        # Who only watches for changed files starts the worker anew, and is none itself.
        is_watcher = reload and os.environ.get(DJANGO_AUTORELOAD_ENV) != "true"
        beat = nullcontext() if is_watcher else Beat(worker_id, queue_name)
        with beat:
            super().handle(worker_id=worker_id, queue_name=queue_name, reload=reload, **options)
