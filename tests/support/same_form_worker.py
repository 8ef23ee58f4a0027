"""One of many processes that send the very same payment. Run by `tests.support.crowd`."""

from decimal import Decimal

from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from billing.payments.services.paying import Payment, payment_make


class SameFormWorker:
    """Sends one form again and again; what it did is named by the transaction it got."""

    expected: set[str] = set()

    def __init__(self, seed: int, below: int | None) -> None:
        self.account = Account.objects.get(pk=below)
        self.login = User.objects.get(username="payer")

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        made = payment_make(
            actor=actor_for(self.login),
            account=self.account,
            payment=Payment("recharge", Decimal("12.34"), reference="once"),
            idempotency_key="the-same-form",
        )
        return f"transaction {made.pk}"
