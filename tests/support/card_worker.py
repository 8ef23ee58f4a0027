"""One of two processes that use the very same cards. Run by `tests.support.crowd`."""

import random
from uuid import uuid4

from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from billing.cards.models import Card
from billing.cards.services.redeeming import card_redeem
from tests.support.carding import pin_of


class CardWorker:
    """Uses every card once, in the order of serials, for one account or another."""

    expected = {"card_used"}

    def __init__(self, seed: int, below: int | None) -> None:
        self.random = random.Random(seed)
        self.login = User.objects.get(username="seller")
        self.accounts = list(Account.objects.filter(account_id__startswith="C-"))
        self.pins = [pin_of(card) for card in Card.objects.order_by("-pk")]

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        if not self.pins:
            return "idle"
        card_redeem(
            actor=actor_for(self.login),
            pin=self.pins.pop(),
            target=self.random.choice(self.accounts),
            idempotency_key=str(uuid4()),
        )
        return "used"
