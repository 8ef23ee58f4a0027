"""A call that runs, let through by the money step alone."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from accounts.core.models import Account
from billing.holds.services.holding import LevelHold, NewCall, call_held
from billing.wallets.models import Wallet


def held_call(
    chain: list[Account],
    call_id: str = "running",
    amount: int = 60_000,
    *,
    phone: str = "",
    limits: Sequence[tuple[str, str, int]] = (),
) -> int:
    """The key of a call of the first account that holds so many micro-units at every level."""
    now = timezone.now()
    groups = dict(Wallet.objects.values_list("pk", "rate_group"))
    columns = {
        "source": "sw-1", "call_id": call_id, "account_id": chain[0].pk, "root_id": chain[-1].pk,
        "caller": "", "callee": "8801711000000", "number": "8801711000000", "authorized_at": now,
        "rings_until": now + timedelta(minutes=2), "seconds": 60, "most_seconds": 3600,
        "changed_at": now, "phone": phone,
    }  # fmt: skip
    prices = [[0, 1, amount, 0, 60, 60]]
    levels = [LevelHold(one.pk, groups[one.pk], amount, prices) for one in chain]
    return call_held(NewCall(columns, levels, limits))
