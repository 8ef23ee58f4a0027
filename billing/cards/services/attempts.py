"""How often somebody may name a PIN that is none: a few times, then wait.

Counted in the cache that all workers share, in places that are taken one by one: many requests at
once take no more of them than one after the other would. A right PIN gives its place back.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import structlog
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.kit.errors import Refused
from accounts.kit.outage import Away

MINUTES = 10
# Wrong PINs in that time: of a login, and of all logins of an account together.
MOST, MOST_OF_ACCOUNT = 10, 30
# Of all who call by one phone or gateway: a trunk brings the callers of a whole town.
MOST_OF_CALLS = 100

log = structlog.get_logger(__name__)


class WrongPin(Refused):
    """No card within the actor's reach has this PIN: unknown and foreign alike."""


class TooManyAttempts(Refused):
    """Too many wrong PINs lately."""

    status = 429


def pin_attempt(actor: Actor) -> AbstractContextManager[None]:
    """Around whatever looks a PIN up, outside of any transaction. WrongPin that is raised inside
    counts, everything else does not.

    Raises TooManyAttempts before anything is looked at, and Away where nothing can be counted.
    """
    return pin_counted(_limits(actor))


def pin_called(came_by: str, caller: str) -> AbstractContextManager[None]:
    """As `pin_attempt`, of somebody who calls with a number by a phone or gateway: of the number
    there, and of all numbers there together.
    """
    return pin_counted([(f"call-{came_by}-{caller}", MOST), (f"calls-{came_by}", MOST_OF_CALLS)])


@contextmanager
def pin_counted(limits: Sequence[tuple[str, int]]) -> Iterator[None]:
    """As `pin_attempt`, of whom and how often: (who, most)."""
    taken: list[str] = []
    is_wrong = False
    try:
        for who, most in limits:
            taken.append(_take(who, most))
        yield
    except WrongPin:
        is_wrong = True
        raise
    finally:
        if not is_wrong:
            _give_back(taken)


def _give_back(taken: list[str]) -> None:
    try:
        cache.delete_many(taken)
    except Away as error:
        # What was done is done, and nobody is told otherwise: so many attempts fewer are left.
        log.warning("places for PINs not given back", guard=error.guard, error=str(error.__cause__))


def _limits(actor: Actor) -> list[tuple[str, int]]:
    found = [(f"login-{actor.user.pk if actor.user else 0}", MOST)]
    if actor.account_pk is not None:
        found.append((f"account-{actor.account_pk}", MOST_OF_ACCOUNT))
    return found


def _take(who: str, most: int) -> str:
    for place in range(most):
        key = f"card-attempt:{who}:{place}"
        if cache.add(key, 1, MINUTES * 60):
            return key
    raise TooManyAttempts(
        _("Too many wrong PINs. Wait %(minutes)s minutes and try again.") % {"minutes": MINUTES},
        code="too_many_attempts",
        field="pin",
    )


def wrong_pin(field: str = "pin") -> WrongPin:
    """The one answer to any PIN that is not found, for whatever reason."""
    return WrongPin(_("No card within your reach has this PIN."), code="wrong_pin", field=field)
