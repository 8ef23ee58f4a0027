"""What one service promises, and how it is asked for one valid deed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.core.actor import Actor
from tests.contracts.ground import Ground

# What a service asks for where it is none of the eight authorizations.
ADMINISTRATORS = "administrators alone"
SUPERUSERS = "superusers alone"
# Of the login, or of the account it belongs to, whatever that holds.
OWN = "what is the login's own"

# What an authorization acts on, seen from the account of who uses it.
BELOW, OWN_AND_BELOW, OWN_ALONE = "below", "own and below", "own alone"
# Aimed at no account.
NOBODY = "nobody"

DONE, REFUSED = "done", "refused"


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A line of the table.

    `needs`: the codes that are asked for, all of them, or one of ADMINISTRATORS, SUPERUSERS, OWN.
    `make` prepares what the deed is about, by the platform; `call` does the deed, once, with what
    was made. The deed is about `ground.target`, or about what was made of it.

    `entries`: how many entries of the audit log the deed is worth; where it is not one, `why` says
    so. `locked`, `closed`: what becomes of the deed where the account it is about is locked (or
    expired), or closed; None: the rules do not say. `own_stopped`: the same for the own account.

    `stale`: the deed once more, with something older than what is there. `ghost` makes something of
    the kind of what was made that does not exist. `shown`: what of the answer somebody sees, where
    unknown things are left out and not refused. `clear` takes away what stands against closing the
    account. `administrators`: whether they may, who may everything but what is somebody's own.
    `is_silent`: refused by doing nothing. `says_no`: whether an answer refuses, where a preview
    says of each thing what stands against it.
    """

    service: str
    needs: frozenset[str] | str
    call: Callable[[Actor, Ground, Any], Any]
    reach: str = BELOW
    case: str = ""
    make: Callable[[Ground], Any] | None = None
    entries: int = 1
    why: str = ""
    locked: str | None = DONE
    closed: str | None = REFUSED
    own_stopped: str | None = REFUSED
    stale: Callable[[Actor, Ground, Any], Any] | None = None
    ghost: Callable[[Any], Any] | None = None
    shown: Callable[[Any], Any] | None = None
    clear: Callable[[Ground, Any], Any] | None = None
    administrators: bool = True
    is_silent: bool = False
    says_no: Callable[[Any], bool] | None = None

    def __str__(self) -> str:
        name = self.service.rpartition(".")[2]
        return f"{name}, {self.case}" if self.case else name

    @property
    def codes(self) -> frozenset[str]:
        """Those of the eight that it asks for."""
        return self.needs if isinstance(self.needs, frozenset) else frozenset()


def needs(*codes: str) -> frozenset[str]:
    return frozenset(codes)
