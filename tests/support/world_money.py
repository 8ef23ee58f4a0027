"""A payment to every account of the small world."""

from decimal import Decimal

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.payments.services.paying import Payment, payment_make


def paid_to(account: Account) -> int:
    """A payment of the platform to this account."""
    made = payment_make(
        actor=SYSTEM,
        account=account,
        payment=Payment("recharge", Decimal("12.50"), reference=f"Slip of {account.account_id}"),
        idempotency_key=f"world-{account.pk}",
    )
    return made.pk
