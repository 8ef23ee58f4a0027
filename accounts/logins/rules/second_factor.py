"""Who must sign in with a second factor (REQUIRE_SECOND_FACTOR), and whether they have one."""

from typing import Any

from django.conf import settings

from accounts.core.actor import Actor
from accounts.core.authorizations import Risk
from accounts.logins.queries import factors_of

#: What REQUIRE_SECOND_FACTOR may name: platform staff, and holders of a High authorization.
STAFF, HIGH = "staff", "high"


def needs_second_factor(actor: Actor) -> bool:
    """Whether this person must have a second factor."""
    demanded = settings.REQUIRE_SECOND_FACTOR
    if actor.user is None:
        return False
    if STAFF in demanded and actor.user.is_platform_staff:
        return True
    return HIGH in demanded and holds_high_authorization(actor)


def holds_high_authorization(actor: Actor) -> bool:
    """Whether the actor may do anything of risk High: administrators, and logins whose account
    holds such an authorization, whether it counts at present or not.
    """
    held = actor.grants.get(actor.account_pk or 0, frozenset())
    return actor.is_administrator or any(one.risk is Risk.HIGH for one in held)


def has_second_factor(user: Any) -> bool:
    """Whether the login has an authenticator app or a passkey. Recovery codes alone are none."""
    if hasattr(user, "has_second_factor"):  # read together with the session's login
        return bool(user.has_second_factor)
    return factors_of(user).exists()
