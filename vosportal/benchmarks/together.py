"""Any work done by several processes at once, each with its own connection."""

import multiprocessing
import time
from collections.abc import Callable

from django.db import connections

# What the forked processes do; set before they are forked, for functions do not travel.
_WORK: list[Callable[[int, int], object]] = []


def per_second(work: Callable[[int, int], object], *, processes: int, seconds: float) -> float:
    """How often all processes together did `work(process, number)` in a second."""
    # A connection must not be shared with a child; forked ones open their own, to the same place.
    connections.close_all()
    _WORK[:] = [work]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        counts = pool.starmap(
            _repeat, [(number, seconds) for number in range(processes)], chunksize=1
        )
    return sum(counts) / seconds


def _repeat(process: int, seconds: float) -> int:
    number = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _WORK[0](process, number)
        number += 1
    connections.close_all()
    return number
