"""Switches (docs/domain.md 8) are looked after by administrators alone."""

from typing import Any

from accounts.switches.models import Switch
from accounts.switches.services.switches import (
    key_made,
    switch_changed,
    switch_new,
    switch_removed,
)
from tests.contracts.contract import ADMINISTRATORS, NOBODY, Contract
from tests.contracts.ground import Ground
from tests.factories.switches import new_switch

_SWITCHES = "accounts.switches.services.switches"
_OF_SWITCHES: dict[str, Any] = {"needs": ADMINISTRATORS, "reach": NOBODY}
_CHANGED: dict[str, Any] = {"addresses": ["203.0.113.7"], "is_locked": True}


def _switch(_on: Ground) -> Switch:
    return new_switch().switch


CONTRACTS = [
    Contract(
        service=f"{_SWITCHES}.switch_new",
        call=lambda actor, _on, _it: switch_new(
            actor=actor, name="sw-new", addresses=["203.0.113.6"]
        ),
        **_OF_SWITCHES,
    ),
    Contract(
        service=f"{_SWITCHES}.switch_changed",
        make=_switch,
        call=lambda actor, _on, it: switch_changed(actor=actor, switch=it, **_CHANGED),
        stale=lambda actor, _on, it: switch_changed(
            actor=actor, switch=it, **_CHANGED, expected_version=it.version - 1
        ),
        **_OF_SWITCHES,
    ),
    Contract(
        service=f"{_SWITCHES}.key_made",
        make=_switch,
        call=lambda actor, _on, it: key_made(actor=actor, switch=it),
        stale=lambda actor, _on, it: key_made(
            actor=actor, switch=it, expected_version=it.version - 1
        ),
        **_OF_SWITCHES,
    ),
    Contract(
        service=f"{_SWITCHES}.switch_removed",
        make=_switch,
        call=lambda actor, _on, it: switch_removed(actor=actor, switch=it),
        **_OF_SWITCHES,
    ),
]
