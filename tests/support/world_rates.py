"""A rate group of every account of the small world, with a rate and a correction."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.rates.services.corrections import correction_add
from tests.factories.rates import rate, rate_group

UNKNOWN = 987654


@dataclass(frozen=True)
class Prices:
    """The keys of what an account has."""

    group: int = UNKNOWN
    rate: int = UNKNOWN
    correction: int = UNKNOWN

    def values(self) -> dict[str, Any]:
        return {"rate": self.rate, "correction": self.correction}


def prices_of(account: Account) -> Prices:
    """Made for an account; nobody buys at them, and they are not shared."""
    group = rate_group(account, f"Prices of {account.account_id}")
    one = rate(group, "880", "0.02", destination=f"Called by {account.account_id}")
    corrected = correction_add(
        actor=SYSTEM,
        group=group,
        prefix="880",
        begins_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=datetime(2026, 2, 1, tzinfo=UTC),
        price=Decimal("0.03"),
        reason=f"Mistyped by {account.account_id}",
    )
    return Prices(group.pk, one.pk, corrected.pk)
