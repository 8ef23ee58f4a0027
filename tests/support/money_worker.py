"""One of many processes that pay at once. Run by `tests.support.crowd`.

`below` names the one account everybody pays to; without it each payment goes to a random one.
"""

import random
from decimal import Decimal

from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from billing.payments.services.paying import Payment, payment_make

# What a random payment may rightly be refused with.
EXPECTED = {"insufficient_funds", "zero_already", "busy"}


class MoneyWorker:
    """Recharges, deducts and makes zero, random cents, as an administrator and as agents."""

    expected = EXPECTED

    def __init__(self, seed: int, below: int | None) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.hot = below
        self.made = 0
        self.people = list(User.objects.order_by("pk"))

    def some(self) -> Account:
        if self.hot:
            return Account.objects.get(pk=self.hot)
        rows = Account.objects.filter(account_id__startswith="C-").order_by("pk")
        return self.random.choice(list(rows))

    def act(self) -> str:
        self.made += 1
        kind = self.random.choice(("recharge", "recharge", "deduction", "make_zero"))
        amount = None if kind == "make_zero" else Decimal(self.random.randint(1, 500)) / 100
        payment_make(
            actor=actor_for(self.random.choice(self.people)),
            account=self.some(),
            payment=Payment(kind, amount, reference="crowd"),
            idempotency_key=f"crowd-{self.seed}-{self.made}",
        )
        return kind
