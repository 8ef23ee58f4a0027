"""Ways the calls of an account come in by, which may rewrite what was dialled before anything is
decided about it (docs/domain.md 5 and 8), and what else is asked about a number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.core.actor import Actor
    from accounts.core.models import Account


@dataclass(frozen=True)
class CallWay:
    """One way: its name, where to look at it, what it makes of a dialled number, and whether it
    takes a number that is dialled so at all.
    """

    name: str
    url: str
    rewrite: Callable[[str], str]
    takes: Callable[[str], bool]


@dataclass(frozen=True)
class NumberCard:
    """A further question about a number, beside its test: a template and what it shows (None:
    nothing), asked with the account that would call and the number that was tested ("" = none
    yet).
    """

    template: str
    context: Callable[["Actor", "Account | None", str], Mapping[str, Any] | None]
    order: int = 0
