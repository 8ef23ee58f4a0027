"""One of many switches that ask at once whether phones may call. Run by `tests.support.crowd`."""

from accounts.phones.models import Phone
from vosportal.switch.services.authorizing import authorize


class AuthorizingWorker:
    """Asks for calls of its own, of each phone in turn."""

    expected = frozenset[str]()

    def __init__(self, seed: int, below: int | None) -> None:
        self.seed, self.count = seed, 0
        self.phones = list(Phone.objects.order_by("pk").values_list("number", flat=True))

    def some(self) -> str:
        return self.phones[0]

    def act(self) -> str:
        self.count += 1
        phone = self.phones[self.count % len(self.phones)]
        answer = authorize(
            f"sw-{self.seed}",
            {"call_id": f"c-{self.count}", "phone": phone, "callee": "8801711000000"},
        )
        return "allowed" if answer["allowed"] else str(answer["sip_code"])
