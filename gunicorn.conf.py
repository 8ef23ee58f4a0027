"""How gunicorn serves the portal; it reads this file by itself in the folder of the checkout, and
its command line wins over it. Each time-out is shorter than the one outside it
(docs/operations.md, Time-outs).
"""

from typing import Any

worker_class = "gthread"
# Of each process: two are kept free for probes and assets, the others may wait for the database.
threads = 8
timeout = 30
graceful_timeout = 30


def post_worker_init(worker: Any) -> None:
    """Tell the portal how many threads this process has."""
    from vosportal.patience import limit_to

    limit_to(worker.cfg.threads if worker.cfg.worker_class_str == "gthread" else 1)
