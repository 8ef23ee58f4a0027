"""One of many processes that want the same gateways at once. Run by `tests.support.crowd`.

All of them try the same names and the same addresses in the same order, each for an account in a
tree of its own.
"""

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.gateways.services.gateways import gateway_create


class GatewayWorker:
    """By turns: a name that is everybody's, an address that is everybody's."""

    expected = frozenset({"not_available", "address_in_use", "busy"})

    def __init__(self, seed: int, below: int | None) -> None:
        self.account = Account.objects.get(account_id=f"Agent-{seed}")
        self.seed = seed
        self.turn = 0

    def some(self) -> Account:
        return self.account

    def act(self) -> str:
        self.turn += 1
        at = self.turn // 2
        if self.turn % 2:
            gateway_create(actor=SYSTEM, account=self.account, name=f"same-{at}")
            return "name"
        gateway_create(
            actor=SYSTEM,
            account=self.account,
            name=f"own-{self.seed}-{at}",
            information={"addresses": [f"20.0.{at // 250}.{at % 250}"], "is_locked": False},
        )
        return "address"
