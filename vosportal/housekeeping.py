"""What is due from time to time, in the order it is done. Every step may run at any time, any
number of times, on any number of machines.
"""

from collections.abc import Callable

from accounts.services.sealing import seal_settled


def _seal() -> str:
    return f"{seal_settled()} audit entries sealed"


# The name of each step, and what does it and says in words what it did.
STEPS: list[tuple[str, Callable[[], str]]] = [
    ("seals", _seal),
]
