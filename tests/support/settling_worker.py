"""One of many processes that settle the same agent while its sub-account pays back. Run by
`tests.support.crowd`.
"""

import random
from decimal import Decimal

from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from billing.ledger.services.settling import settlement_post
from billing.payments.services.paying import Payment, payment_make


class SettlingWorker:
    """Settles the agent `below`, or deducts a little from its sub-account."""

    expected = frozenset({"settled_already", "nothing_to_settle", "insufficient_funds", "busy"})

    def __init__(self, seed: int, below: int) -> None:
        self.random = random.Random(seed)
        self.seed, self.made = seed, 0
        self.agent = Account.objects.get(pk=below)
        self.sub = Account.objects.get(parent=self.agent)
        self.people = list(User.objects.order_by("pk"))

    def some(self) -> Account:
        return Account.objects.get(pk=self.sub.pk)

    def act(self) -> str:
        self.made += 1
        actor = actor_for(self.random.choice(self.people))
        if self.random.random() < 0.5:
            payment_make(
                actor=actor,
                account=self.sub,
                payment=Payment("deduction", Decimal("0.01"), reference="crowd"),
                idempotency_key=f"crowd-{self.seed}-{self.made}",
            )
            return "deduction"
        settlement_post(actor=actor, agent=self.agent, reason="at once")
        return "settled"
