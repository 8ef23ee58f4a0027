"""A chain that may call 880, each level with money, and a carrier that takes the number; and a
switch that calls from where the browser of a test does.
"""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.core.cache import cache

from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.phones.models import Phone
from accounts.switches.services.switches import IssuedKey
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups, groups, tree
from tests.factories import AccountFactory, GatewayFactory, phone
from tests.factories.switches import new_switch
from tests.factories.trees import ResellerTree
from tests.support.paying import pay
from tests.support.switching import SWITCH

__all__ = ["groups", "tree"]

NUMBER = "8801711000000"


@dataclass(frozen=True)
class Switched:
    """The customer's phone may call; each minute holds 0.06 there, 0.04 and 0.03 above."""

    tree: ResellerTree
    groups: Groups
    phone: Phone
    carrier: Account
    route: Gateway

    def held(self) -> list[Decimal]:
        """By the customer, its agent and the agent at the top."""
        chain = (self.tree.customer, self.tree.agent, self.tree.top)
        return [Wallet.objects.get(pk=one.pk).held for one in chain]


@pytest.fixture
def switched(tree: ResellerTree, groups: Groups, issued: IssuedKey) -> Switched:
    for account in (tree.top, tree.agent, tree.customer):
        pay(account, "10")
    carrier = AccountFactory(account_id="Carrier-One", type=Account.Type.CLEARING)
    pay(carrier, "1000")
    route = GatewayFactory(
        account=carrier, name="rt-one", direction="routing", addresses=["198.51.100.7"],
        prefixes=["880"], capacity=1000,
    )  # fmt: skip
    line = phone(tree.customer, "8801819000001", max_calls=500)
    return Switched(tree, groups, line, carrier, route)


@pytest.fixture
def issued(db: None) -> IssuedKey:
    cache.clear()
    return new_switch(SWITCH)


@pytest.fixture
def key(issued: IssuedKey) -> str:
    return issued.key.text
