"""How long an account's money lasts. Payments know what there is; how fast it goes is said by a
package above, which registers that here.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

# (account, what is available or None for no bound) → words, "" where there is nothing to say.
Says = Callable[[Any, Decimal | None], str]
_SAYS: list[Says] = []


def register_lasting(says: Says) -> None:
    """Called once, when the app is ready."""
    if says not in _SAYS:
        _SAYS.append(says)


def lasts(account: Any, available: Decimal | None) -> str:
    """How long so much lasts an account, at the pace of its last days."""
    return next((words for says in _SAYS if (words := says(account, available))), "")
