"""Where people ask for a deed that an administrator has to approve first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from accounts.core.actor import Actor
    from accounts.core.models import Account


class Filed(NamedTuple):
    """A request on its way: its address, and what to tell who asked."""

    url: str
    words: Any


@dataclass(frozen=True)
class Desk:
    """Files requests instead of doing the deed; raises what the deed would raise.

    `new_account` is given the agent, the values of `account_create`, and what is made together with
    the account (`accounts.tree.services.together`); `move` the account, its new agent and why.
    """

    new_account: Callable[["Actor", "Account", Mapping[str, Any], Any], Filed]
    move: Callable[["Actor", "Account", "Account", str], Filed]
