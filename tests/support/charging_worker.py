"""What processes do that bring the same records again and again, and that charge them."""

import random
from collections.abc import Sequence

from django.db import transaction

from billing.calls.services.intake import records_taken
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import charge_batch

_PART = 40


def bring(records: Sequence[dict[str, str]], seed: int) -> None:
    """All of them, in an order of its own, part after part."""
    shuffled = list(records)
    random.Random(seed).shuffle(shuffled)
    for at in range(0, len(shuffled), _PART):
        with transaction.atomic():
            records_taken([(None, one) for one in shuffled[at : at + _PART]], source="test")


def charge_for_ever(limit: int) -> None:
    """Batch after batch, until it is killed."""
    tariffs = Tariffs()
    while True:
        charge_batch(tariffs, limit=limit)
