"""Tells who lost the ground that something of theirs stands on: packages that keep what waits hear
of it (`registry.ground_lost`) and end what has lost its ground.

Call it under the tree's lock, in the transaction of the deed.
"""

from collections.abc import Sequence

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.deeds import LostGround
from accounts.portal.registry import registry


def ground_lost(actor: Actor, account: Account, why: str, *, as_actor: bool = False) -> None:
    """The account, and everything below it. `as_actor`: it can no longer act; what others do to it
    stands.
    """
    _tell(actor, LostGround(why, account=account, as_actor=as_actor))


def ground_of_logins_lost(actor: Actor, logins: Sequence[int], why: str) -> None:
    """The logins with these keys."""
    _tell(actor, LostGround(why, logins=logins))


def _tell(actor: Actor, lost: LostGround) -> None:
    for hear in registry.ground_lost:
        hear(actor, lost)
