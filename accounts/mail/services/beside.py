"""Mails beside jobs: a worker that looks after both sends mails from a thread of its own, so that
none waits for a job, however long that takes.
"""

import threading
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connections
from django_tasks_db.management.commands.db_worker import Worker

from accounts.mail.services.sending import QUEUE

log = structlog.get_logger(__name__)

# How long a worker that ends waits for the mail it is at: as long as its server may take.
_PATIENCE = 30
# How long it waits before it goes on after a failure, in seconds.
PAUSE = 2.0


class MailsBeside(AbstractContextManager["MailsBeside"]):
    """As long as it is open mails are sent: their queue is looked at every `interval` seconds,
    under the name of the worker. At its end it ends the mail it is at.
    """

    def __init__(self, name: str, interval: float, backend: str) -> None:
        self._worker = Worker(
            queue_names=[QUEUE],
            interval=interval,
            batch=False,
            backend_name=backend,
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
            excluded_queue_names=[],
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="mails", daemon=True)

    def __enter__(self) -> "MailsBeside":
        self._thread.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self._over.set()
        self._worker.running = False
        self._thread.join(_PATIENCE)

    def _go_on(self) -> None:
        while not self._over.is_set():
            try:
                self._worker.run()
            except (OperationalError, InterfaceError) as error:
                # The database went away, or SQLite was locked for longer than one waits.
                log.warning("mails wait", error=str(error))
            except Exception:
                log.exception("mails wait")
            finally:
                # What is broken is only replaced once it is closed.
                connections.close_all()
            self._over.wait(PAUSE)
