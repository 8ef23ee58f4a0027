"""What deeds on accounts mean to packages that keep something of theirs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.core.actor import Actor
    from accounts.core.models import Account


@dataclass(frozen=True)
class LostGround:
    """Who lost the ground that what waits stands on, and why: an account with everything below it
    (`as_actor`: only for what it does itself), or logins, by their keys.
    """

    why: str
    account: "Account | None" = None
    as_actor: bool = False
    logins: Sequence[int] = ()


@dataclass(frozen=True)
class MoveEffect:
    """What moving accounts below another agent (None: the top level) would change elsewhere.
    `context` is what the template shows, None where there is nothing. `of_one_agent`: it asks for
    accounts that share their agent, and pages that move any selection are without it.
    """

    template: str
    context: Callable[["Actor", Sequence["Account"], "Account | None"], Mapping[str, Any] | None]
    of_one_agent: bool = False
    order: int = 0
