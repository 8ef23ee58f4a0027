"""One of several processes that ask for what others have, as one login. Run by
`tests.support.crowd`.
"""

from accounts.core.actor import actor_for
from accounts.core.models import Account, User
from accounts.gateways.services.gateways import gateway_create
from accounts.phones.services.many import phones_preview


class AvailabilityWorker:
    """By turns a preview of phones and the name of a gateway, each time others; a deed is named by
    what was told.
    """

    expected = frozenset({"not_available", "busy"})

    def __init__(self, seed: int, below: int | None) -> None:
        name = "Dhaka" if seed % 2 else "Sylhet"
        self.account = Account.objects.get(account_id=name)
        self.actor = actor_for(User.objects.get(username=name.lower()))
        self.seed = seed
        self.at = 0

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        self.at += 1
        if self.at % 2:
            gateway_create(actor=self.actor, account=self.account, name=f"theirs-{self.at % 40}")
        number = f"4470{(self.seed * 100 + self.at) % 800:03}"
        plan = phones_preview(actor=self.actor, account=self.account, numbers=number)
        return "named" if plan.left_out else "silent"
