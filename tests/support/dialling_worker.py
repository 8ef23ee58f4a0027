"""Many switches at once: callers of one card that nobody used yet, and orders of callbacks that
each of them would take. Run by `tests.support.crowd`.
"""

from django.utils import timezone

from billing.cards.models import Card
from tests.support.carding import pin_of
from tests.support.dialling_in import ACCESS, NUMBER, TRUNK
from vosportal.switch.services.authorizing import authorize
from vosportal.switch.services.events import cuts


class CardCallWorker:
    """Calls with the PIN of the first card."""

    expected = frozenset[str]()

    def __init__(self, seed: int, below: int | None) -> None:
        self.seed, self.count = seed, 0
        self.pin = pin_of(Card.objects.earliest("pk"))

    def some(self) -> str:
        return self.pin

    def act(self) -> str:
        self.count += 1
        call = {
            "call_id": f"c-{self.count}", "gateway": TRUNK, "caller": f"88017110000{self.seed:02}",
            "callee": ACCESS, "pin": self.pin, "destination": NUMBER,
        }  # fmt: skip
        answer = authorize(f"sw-{self.seed}", call)
        return "allowed" if answer["allowed"] else answer["said"]


class OrderWorker:
    """Takes what there is to be called."""

    expected = frozenset[str]()

    def __init__(self, seed: int, below: int | None) -> None:
        self.source = f"sw-{seed}"

    def some(self) -> str:
        return self.source

    def act(self) -> str:
        return str(len(cuts(self.source, timezone.now(), originates=True)["originate"]))
