"""How gunicorn serves the portal: `--config python:vosportal.gunicorn_conf` names this module.

Its own lines are written as all others are, and wrong settings end it with a sentence.
"""

import logging
import sys
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from vosportal.observability import Repeated, line_formatter


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


def post_fork(server: Any, worker: Any) -> None:
    """Load the portal where gunicorn would meet what is wrong with its settings by a traceback.

    In the worker, so that a reload reads the code and the settings anew.
    """
    try:
        import_module("vosportal.wsgi")
    except ImproperlyConfigured as error:
        server.log.critical("%s", error)
        sys.exit(Arbiter.APP_LOAD_ERROR)
