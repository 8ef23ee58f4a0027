"""How gunicorn serves the portal: `gunicorn --config python:vosportal.server vosportal.wsgi`. What
its command line says wins. Each time-out is shorter than the one outside it (docs/operations.md,
Time-outs). Its own lines are written as all others are, and wrong settings end it with a sentence.
"""

import logging
import sys
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from vosportal.observability import Repeated, line_formatter
from vosportal.places import places

worker_class = "gthread"
# Of each process. Two are kept free, one for whoever asks whether the portal is ready, one for
# what needs no database; the others may wait for it.
threads = 8
timeout = 30
graceful_timeout = 30


class JsonLogger(Logger):
    """One JSON object a line, without secrets of addresses. Requests are logged by the portal."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        how = line_formatter(json=True)
        formatter = how.pop("()")(**how)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            if isinstance(handler, logging.StreamHandler):
                handler.setFormatter(formatter)
                handler.addFilter(Repeated())


logger_class = JsonLogger

# Seconds after which a thread that computes makes way for one that has its answer of the database.
# What a switch asks waits for a dozen such answers: at Python's own 5 ms each, for 60 ms behind one
# page that is being made.
_TURN = 0.0005


def post_fork(server: Any, worker: Any) -> None:
    """Load the portal where gunicorn would meet what is wrong with its settings by a traceback.

    In the worker, so that a reload reads the code and the settings anew.
    """
    try:
        import_module("vosportal.wsgi")
    except ImproperlyConfigured as error:
        server.log.critical("%s", error)
        sys.exit(Arbiter.APP_LOAD_ERROR)


def post_worker_init(worker: Any) -> None:
    """Gunicorn calls it in every process, before its first request."""
    sys.setswitchinterval(_TURN)
    count = worker.cfg.threads
    places.limit(max(count - 2, 1) if count > 1 else 0)
