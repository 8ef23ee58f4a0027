"""The phones of the demo: the retail businesses have them, with DIDs here and a lock there."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.phones.models import Phone
from accounts.phones.services.phones import phone_create

_SEED = 2026


@dataclass(frozen=True)
class DemoPhone:
    """One phone of an account."""

    account_id: str
    number: str
    memo: str = ""
    lock: str = "none"
    calls: int = 1
    dids: tuple[str, ...] = field(default=())
    display: str = ""


def plan() -> Iterator[DemoPhone]:
    """The same at each load."""
    yield DemoPhone("Dhaka-Retail-Sub", "8801711000000", "Front desk", calls=4)
    yield DemoPhone("Dhaka-Retail-Sub", "8801711000001", "Imran", display="8801711000000")
    for at in range(6):
        yield DemoPhone(
            "Customer-001",
            f"88017110001{at:02d}",
            "Reception" if not at else f"Gate {at}",
            calls=2 if not at else 1,
            dids=("8801711000150", "8801711000151") if not at else (),
            display="8801711000100",
        )
    for at in range(12):
        yield DemoPhone(
            "Customer-002",
            f"88017110002{at:02d}",
            f"Seat {at + 1}",
            lock="in" if at >= 9 else "none",
            display="8801711000200",
        )
    yield DemoPhone("Customer-003", "8801711000300", "Reception")
    yield DemoPhone("Customer-003", "8801711000301", "Doctor on call", lock="all")
    for at in range(3):
        yield DemoPhone("Customer-101", f"88031255010{at}", f"Floor {at + 1}", calls=2)
    yield DemoPhone("Customer-102", "880312550200", "Warehouse")
    dice = random.Random(_SEED)  # noqa: S311 - the same phones every time, no secret
    cities = {"Mumbai": "9122", "Chennai": "9144", "Kolkata": "9133"}
    trades = ("Pharmacy", "Bakery", "Travel", "Hotel", "Clinic", "School")
    for city, code in cities.items():
        yield DemoPhone(f"IN-Retail-{city}", f"{code}55501000", "Shop", calls=4)
        for shop, trade in enumerate(trades, 1):
            for at in range(dice.randint(1, 4)):
                number = f"{code}5550{shop}1{at:02d}"
                yield DemoPhone(f"IN-Shop-{city}-{trade}", number, "Counter" if not at else "")
    for at in range(4):
        yield DemoPhone("Standalone-Customer-01", f"35925550110{at}", display="359255501100")


def install_all() -> None:
    """Add the phones of accounts that are there and open, once."""
    if Phone.objects.exists():
        return
    accounts = {one.account_id: one for one in Account.objects.all()}
    for one in plan():
        account = accounts.get(one.account_id)
        if account is None or account.status == Account.Status.CLOSED:
            continue
        phone_create(
            actor=SYSTEM,
            account=account,
            number=one.number,
            dids=one.dids,
            lock=one.lock,
            max_calls=one.calls,
            display_number=one.display,
            memo=one.memo,
        )
