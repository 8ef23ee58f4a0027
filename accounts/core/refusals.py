"""What was refused is recorded as well: who tried what, in a short transaction of its own, after
the failed one.
"""

import hashlib
from typing import Any

import structlog
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import ChainLink
from accounts.core.record import record
from accounts.kit.outage import outage_of

PAGE, ADDRESS = "refused.page", "refused.address"

# The same attempt is written once in so many seconds, and so many attempts of one login at most in
# a minute: whoever tries addresses by the thousand fills no log that keeps everything.
_ONCE_IN = 60
_MOST_A_MINUTE = 30
_LONGEST = 150

log = structlog.get_logger(__name__)


def refusal_recorded(
    *,
    actor: Actor,
    method: str,
    path: str,
    code: str,
    message: Any = "",
    authorization: Authorization | None = None,
    account: Account | None = None,
) -> None:
    """Note that `actor` was refused `path`. Without `account`, which must lie in the actor's scope,
    it is noted at the actor's own account, where the levels above see it.

    Never raises: the refusal itself must reach the person.
    """
    if actor.user is None:
        return
    path = path.replace("\x00", "")
    try:
        if _is_repeated((actor.viewer or actor.user).pk, method, path):
            return
        on: Account | ChainLink | None = account or actor.own
        with transaction.atomic():
            record(
                actor=actor,
                action=ADDRESS if code == "not_in_scope" else PAGE,
                account=on,
                subject=path[:_LONGEST],
                after={
                    "method": method,
                    "code": code,
                    **({"message": str(message)} if message else {}),
                    **({"authorization": authorization} if authorization else {}),
                },
                is_refused=True,
            )
    except Exception as error:
        outage = outage_of(error)
        if outage:  # A database that takes no changes, a cache that is away.
            log.error("refusal not recorded", path=path, code=code, error=outage.error)
        else:
            log.exception("refusal not recorded", path=path, code=code)


def _is_repeated(login: int, method: str, path: str) -> bool:
    """Whether the same was written a moment ago, or too much of this login already."""
    digest = hashlib.sha256(f"{method} {path}".encode()).hexdigest()
    if not cache.add(f"refused:{login}:{digest}", 1, _ONCE_IN):
        return True
    counter = f"refused:{login}:{int(timezone.now().timestamp()) // 60}"
    count = cache.get(counter, 0)
    if count >= _MOST_A_MINUTE:
        return True
    cache.set(counter, count + 1, 2 * _ONCE_IN)
    return False
