"""Ways the calls of an account come in by, which may rewrite what was dialled before anything is
decided about it (docs/domain.md 5 and 8).
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class CallWay:
    """One way: its name, where to look at it, what it makes of a dialled number, and whether it
    takes a number that is dialled so at all.
    """

    name: str
    url: str
    rewrite: Callable[[str], str]
    takes: Callable[[str], bool]
