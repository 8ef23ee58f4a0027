"""One of many processes that send the very same payment. Run by `tests.support.crowd`."""

from decimal import Decimal

from tests.support.tree_worker import run  # Sets Django up; everything else comes after it.

from accounts.access import actor_for  # isort: skip
from accounts.models import Account, User  # isort: skip
from billing.services.payments import Payment, payment_make  # isort: skip


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


if __name__ == "__main__":
    run(SameFormWorker)
