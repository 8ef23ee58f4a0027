"""How gunicorn serves the portal: `gunicorn --config python:vosportal.server vosportal.wsgi`. What
its command line says wins. Each time-out is shorter than the one outside it (docs/operations.md,
Time-outs).
"""

from typing import Any

from vosportal.places import places

worker_class = "gthread"
# Of each process. Two are kept free, one for whoever asks whether the portal is ready, one for
# what needs no database; the others may wait for it.
threads = 8
timeout = 30
graceful_timeout = 30


def post_worker_init(worker: Any) -> None:
    """Gunicorn calls it in every process, before its first request."""
    count = worker.cfg.threads
    places.limit(max(count - 2, 1) if count > 1 else 0)
