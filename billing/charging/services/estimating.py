"""What waits in the queue and no switch asked about holds what it would cost, at every level whose
price can be told (docs/domain.md 7).
"""

from collections import Counter
from collections.abc import Sequence

from billing.charging.deciding import Case
from billing.holds.services.estimates import (
    Line,
    estimates_forgotten,
    estimates_kept,
    estimates_of,
)


def estimated(tried: Sequence[int], waiting: Sequence[tuple[int, Case]]) -> Counter[int]:
    """Forget what was held for the records of a batch that were `tried` before, and hold what those
    that are `waiting` would cost. What is free with that, by account in micro-units; below zero,
    what is set aside. No query for none of both.
    """
    freed: Counter[int] = Counter()
    if tried:
        freed.update(estimates_of(tried))
        estimates_forgotten(tried)
    lines: list[Line] = [(pk, *line) for pk, case in waiting for line in _lines(case)]
    freed.subtract(estimates_kept(lines))
    return freed


def _lines(case: Case) -> list[tuple[int, int, int]]:
    """What a leg that waits would cost those of its chain whose price can be told: level, account
    and micro-units. One that a switch asked about holds what was held then, unless somebody said
    since that it was another's.
    """
    if case.authorized is not None:
        return []
    return [
        (level, account, price.amount)
        for level, ((account, _place), price) in enumerate(
            zip(case.chain, case.charges, strict=False)
        )
        if price is not None
    ]
