"""Re-rating (docs/domain.md 7) is done by administrators: it moves the money of every level."""

from typing import Any

from accounts.core.actor import SYSTEM, Actor
from billing.charging.models import Rerating
from billing.charging.queries.legs import Wanted
from billing.charging.queries.reratings import digest_of
from billing.charging.services.reratings import rerating_again, rerating_new, rerating_post
from tests.contracts.contract import ADMINISTRATORS, NOBODY, Contract
from tests.contracts.ground import Ground
from tests.support.world_calls import wrongly_charged

_RERATINGS = "billing.charging.services.reratings"
_OF_RERATINGS: dict[str, Any] = {"needs": ADMINISTRATORS, "reach": NOBODY}


def _wanted(_on: Ground) -> Wanted:
    return wrongly_charged()


def _new(actor: Actor, wanted: Wanted) -> Rerating:
    return rerating_new(actor=actor, wanted=wanted, zone="UTC", reason="Why")


def _previewed(on: Ground) -> Rerating:
    return _new(SYSTEM, _wanted(on))


CONTRACTS = [
    Contract(
        service=f"{_RERATINGS}.rerating_new",
        make=_wanted,
        call=lambda actor, _on, it: _new(actor, it),
        entries=0,
        why="a preview changes nothing",
        **_OF_RERATINGS,
    ),
    Contract(
        service=f"{_RERATINGS}.rerating_again",
        make=_previewed,
        call=lambda actor, _on, it: rerating_again(actor=actor, rerating=it),
        ghost=lambda it: Rerating(pk=it.pk + 1000),
        entries=0,
        why="a preview changes nothing",
        **_OF_RERATINGS,
    ),
    Contract(
        service=f"{_RERATINGS}.rerating_post",
        make=_previewed,
        call=lambda actor, _on, it: rerating_post(actor=actor, rerating=it, expected=digest_of(it)),
        stale=lambda actor, _on, it: rerating_post(
            actor=actor, rerating=it, expected="of another preview"
        ),
        ghost=lambda it: Rerating(pk=it.pk + 1000),
        **_OF_RERATINGS,
    ),
]
