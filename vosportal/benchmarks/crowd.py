"""Writers at once, each a process of its own with its own connection."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.errors import Busy
from accounts.tree.services.accounts import account_create


@dataclass(frozen=True)
class Throughput:
    """What all writers together made, and how often they were told to try again."""

    made: int
    busy: int


def throughput(agents: Sequence[Account], seconds: float) -> Throughput:
    """Let one process per entry create accounts below this agent for `seconds`."""
    # A connection must not be shared with a child; forked ones open their own, to the same place.
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(len(agents)) as pool:
        counts = pool.starmap(_write, [(agent, seconds) for agent in agents], chunksize=1)
    return Throughput(sum(made for made, _busy in counts), sum(busy for _made, busy in counts))


def _write(agent: Account, seconds: float) -> tuple[int, int]:
    """Create accounts below `agent` for `seconds`: (made, refused as busy)."""
    made = busy = 0
    mark = f"W{os.getpid():x}-{time.time_ns():x}"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            account_create(
                actor=SYSTEM, account_id=f"{mark}-{made}", name="Written at once", parent=agent
            )
            made += 1
        except Busy:
            busy += 1
    connections.close_all()
    return made, busy
