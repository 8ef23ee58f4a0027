"""Ways the calls of an account come in by, which may rewrite what was dialled before anything is
decided about it (docs/domain.md 5 and 8), and what else is asked about a number.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.core.actor import Actor
    from accounts.core.models import Account


# Asked with a rate group's key, prefixes, each with the moment since which it would cost something
# else, and a number: by which of them charges were made at the group since, and by each how many;
# that many charges at most.
ChargedPrefixes = Callable[[int, Mapping[str, datetime], int], Mapping[str, int]]
# Asked with a rate group's key, a prefix, and from when until when: words and an address, or None.
CorrectionWay = Callable[["Actor", int, str, datetime, datetime], tuple[str, str] | None]


# Asked with "phone", "gateway" or (a gateway of a carrier) "carrier", and its name: how many calls
# of it are up that the actor may see, and where they are listed.
CallsUp = Callable[["Actor", str, str], tuple[int, str]]
# Asked with an account id, a number that is dialled there and what the call comes in by, each ""
# where nobody knows yet: words, and where such a call is tried.
CallTrial = Callable[[str, str, str], tuple[Any, str]]


@dataclass(frozen=True)
class CallVerdict:
    """Whether a call may be made now, as the actor who asks may know it: why, every step that was
    asked with what it says and whether it is passed, and where all of it stands.
    """

    is_allowed: bool
    sentence: str
    steps: Sequence[tuple[Any, bool]]
    way: tuple[Any, str]


# Asked with an account id or what a call comes in by, and the number that is dialled; None where
# nobody is known by that in the actor's scope.
AskCall = Callable[["Actor", str, str], CallVerdict | None]


@dataclass(frozen=True)
class CallPage:
    """One of the pages about calls, which lead to each other. `url` is "" where it is not for the
    actor.
    """

    name: str
    label: Any
    url: Callable[["Actor"], str]
    order: int = 0


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
class GroupCard:
    """A piece of the page of a rate group: a template and what it shows (None: nothing), asked with
    a group the actor may see.
    """

    template: str
    context: Callable[["Actor", Any], Mapping[str, Any] | None]
    order: int = 0


@dataclass(frozen=True)
class NumberCard:
    """A further question about a number, beside its test: a template and what it shows (None:
    nothing), asked with the account that would call and the number that was tested ("" = none
    yet).
    """

    template: str
    context: Callable[["Actor", "Account | None", str], Mapping[str, Any] | None]
    order: int = 0
