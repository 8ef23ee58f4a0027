"""What is used of django-allauth beyond what it promises: a new version may take it away.

It stands here and nowhere else; `tests/architecture/test_private_doors.py` names every door and
finds out when one is gone.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.account.internal.flows.login import (
    get_authentication_records,
    perform_login,
    record_authentication,
)
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import (
    deserialize_request,
    get_client_ip,
    serialize_request,
)

from accounts.kit.caches import guard_of
from accounts.kit.outage import Away

__all__ = [
    "STATE_SESSION_KEY",
    "clear_login",
    "deserialize_request",
    "get_authentication_records",
    "get_client_ip",
    "perform_login",
    "ratelimit",
    "record_authentication",
    "serialize_request",
]

_locked = ratelimit.cache_lock


@contextmanager
def _locked_or_away(cache_key: str) -> Iterator[bool]:
    """A counter that cannot be locked was left so by a process or a database that died, or many are
    at it at once. allauth takes it for a full one, and would accuse people of too many attempts.
    """
    with _locked(cache_key) as is_locked:
        if not is_locked:
            held = TimeoutError("somebody else is at this counter")
            raise Away("cache", guard_of(cache_key)) from held
        yield True


ratelimit.cache_lock = _locked_or_away
