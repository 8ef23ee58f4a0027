"""How much somebody may hand out at once, as far as it may know (docs/domain.md 6)."""

from dataclasses import dataclass
from decimal import Decimal

from accounts.core.actor import Actor
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.queries.policies import effective_policy, paid_today
from billing.wallets.models import Funding


@dataclass(frozen=True)
class Room:
    """None: no bound. `free` is what its own account has free under *covered*, for the accounts
    directly below it; `today` what limits of the day leave for all of them. What levels above its
    own have set is no figure of it.
    """

    free: Decimal | None = None
    today: Decimal | None = None


def room_of(actor: Actor) -> Room:
    """Of administrators there is no bound. A number of queries that grows with the limits along the
    chain alone.
    """
    if actor.own is None:
        return Room()
    policy = effective_policy(actor.chain)
    visible = {link.pk for link in actor.visible_part(actor.chain)}
    left = [limit - paid_today(link) for link, limit in policy.day_limits if link.pk in visible]
    is_covered = policy.funding is Funding.COVERED
    return Room(
        free=cover_of(actor.own.pk).free if is_covered else None,
        today=min(left, default=None),
    )
