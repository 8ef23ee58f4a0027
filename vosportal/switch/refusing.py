"""Whoever is not let in at the door of the switches: counted, limited by address, and logged.

A key cannot be guessed, so nobody who has one is ever kept out by others at the same address: the
limit is asked about those alone who were refused anyway.
"""

import threading
import time
from collections import Counter

import structlog
from django.core.cache import cache
from django.http import HttpRequest

from accounts.portal.allauth_doors import ratelimit
from accounts.switches.models import DoorRefusal
from accounts.switches.services.refusals import door_refused
from accounts.switches.sources import neighbourhood

_log = structlog.get_logger("portal.security")
_APP = "allauth.account"
_ACTION = "switch_door"
# Those who go on after they were slowed down are written once in so many seconds.
_EVERY = 1.0
_MOST = 1_000
Why = DoorRefusal.Why


def refused(request: HttpRequest, address: str, why: Why, *, switch: str = "") -> int:
    """Note that somebody was refused; after how many seconds it may try again, where there were
    too many tries from there, else 0. Raises Away where nobody can count them.
    """
    where = neighbourhood(address)
    seconds = _seconds_left(request, where)
    if not seconds and not ratelimit.consume(
        request, app=_APP, action=_ACTION, key=where, limit_get=True
    ):
        seconds = max(_seconds_left(request, where), 1)
    if seconds:
        _crowd.note(where)
        return seconds
    _log.warning("refused at the door of the switches", why=why.value, at_switch=switch)
    door_refused(address=where, why=why.value, switch=switch)
    return 0


def _seconds_left(request: HttpRequest, where: str) -> int:
    """How long until somebody there may try again: one read, and nobody waits for others in it."""
    now = time.time()
    waits = [0.0]
    for rate in ratelimit.get_rates(app=_APP, action=_ACTION):
        name = ratelimit.get_cache_key(request, app=_APP, action=_ACTION, rate=rate, key=where)
        hits = [hit for hit in cache.get(name, []) if hit > now - rate.duration]
        if len(hits) >= rate.amount:
            waits.append(hits[rate.amount - 1] + rate.duration - now)
    return -(-int(max(waits) * 1000) // 1000)


class _Crowd:
    """Counts those that are slowed down already, and writes them together now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._written = -_EVERY

    def note(self, where: str) -> None:
        with self._lock:
            if where not in self._counts and len(self._counts) >= _MOST:
                where = ""
            self._counts[where] += 1
            if time.monotonic() - self._written < _EVERY:
                return
            counts, self._counts = self._counts, Counter()
            self._written = time.monotonic()
        for one, times in counts.items():
            _log.warning("slowed down at the door of the switches", where=one, times=times)
            door_refused(address=one, why=Why.LIMITED.value, times=times)


_crowd = _Crowd()
