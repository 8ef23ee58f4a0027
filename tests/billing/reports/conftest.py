"""A platform on which calls are made in the zones where days are hardest to cut, and an account
that goes to another agent in the middle.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory
from tests.factories.gateways import GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at

BEGIN = datetime(2027, 3, 1, tzinfo=UTC)
# A day after clocks went forward in New York, and long before they do in Berlin.
MOVED = datetime(2027, 3, 15, 5, tzinfo=UTC)
AFTER = datetime(2027, 4, 5, 12, tzinfo=UTC)
_PRICES = {"880": ("Bangladesh", "0.031111"), "44": ("Britain", "0.07")}


@dataclass(frozen=True)
class World:
    """top
      agent: customer, mover (until MOVED)
      sibling: mover (since), neighbour
    other
    carrier, of the routing gateway "out"; "in" is the mapping gateway of the customer.
    """

    top: Account
    agent: Account
    customer: Account
    mover: Account
    sibling: Account
    neighbour: Account
    other: Account
    carrier: Account


def account(name: str, zone: str, parent: Account | None = None, **more: Any) -> Account:
    return AccountFactory(account_id=name, time_zone=zone, parent=parent, **more)


@pytest.fixture
def world(db: None, time_machine: Any) -> World:
    time_machine.move_to(BEGIN, tick=False)
    top = account("Top", "Pacific/Kiritimati")
    agent = account("Agent", "Asia/Kathmandu", top)
    sibling = account("Sibling", "America/New_York", top)
    found = World(
        top,
        agent,
        account("Customer", "Asia/Kathmandu", agent),
        account("Mover", "Pacific/Pago_Pago", agent),
        sibling,
        account("Neighbour", "UTC", sibling),
        account("Other", "Europe/Berlin"),
        account("Carrier", "UTC", type="clearing"),
    )
    for factor, one in enumerate(vars(found).values(), 1):
        group = rate_group(None, f"Group of {one.account_id}", is_shared=True)
        for prefix, (destination, price) in _PRICES.items():
            dearer = f"{float(price) * (9 - factor):.6f}"
            rate(group, prefix, dearer, destination=f"{destination} {factor % 2}")
        buys_at(one, group, since=LONG_AGO)
    GatewayFactory(account=found.carrier, name="out", direction="routing")
    GatewayFactory(account=found.customer, name="in")
    time_machine.move_to(MOVED, tick=False)
    account_move(actor=SYSTEM, account=fresh(found.mover), parent=fresh(sibling))
    time_machine.move_to(AFTER, tick=False)
    return World(*map(fresh, vars(found).values()))


def fresh(one: Account) -> Account:
    return Account.objects.get(pk=one.pk)
