"""One of several processes that add the same numbers, each to an account of a tree of its own. Run
by `tests.support.crowd`.
"""

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.phones.services.phones import phone_create


class PhoneWorker:
    """Adds one number after the other, each as a phone or as a DID; what it did is named by the
    number it got.
    """

    expected = {"not_available", "busy"}

    def __init__(self, seed: int, below: int | None) -> None:
        self.account = Account.objects.get(account_id=f"Tree-{seed}")
        self.seed = seed
        self.at = 0

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        self.at += 1
        number = f"88017{self.at:06}"
        own = f"99{self.seed}{self.at:06}"
        is_did = (self.at + self.seed) % 3 == 0
        phone_create(
            actor=SYSTEM,
            account=self.account,
            number=own if is_did else number,
            dids=[number] if is_did else (),
        )
        return number
