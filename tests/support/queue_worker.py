"""One of many processes that hold SQLite's one place for writers for a moment each, again and
again, and wait for it no longer than a switch does. Run by `tests.support.crowd`.
"""

import random
import time

from django.db import connection, transaction

from vosportal.patience import at_most

# Seconds: what a switch's question may wait, and how long a writer takes.
PATIENCE, WRITES = 1.0, 0.004


class QueueWorker:
    expected: frozenset[str] = frozenset()

    def __init__(self, seed: int, below: int | None) -> None:
        self.dice = random.Random(seed)

    def some(self) -> None:
        connection.ensure_connection()

    def act(self) -> str:
        with at_most(PATIENCE), transaction.atomic():
            time.sleep(WRITES)
        time.sleep(self.dice.uniform(0, 2 * WRITES))
        return "wrote"
