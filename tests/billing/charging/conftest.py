"""A chain in which everybody buys at a group of its own."""

from dataclasses import dataclass
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.accounts import account_edit
from billing.charging.services import rerating, reratings
from billing.wallets.models import RateGroup
from tests.factories import AccountFactory
from tests.factories.gateways import GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.left_behind import NOON
from tests.support.rerating import five_calls


@dataclass(frozen=True)
class Groups:
    """At which the top agent, the agent below it and the customer buy."""

    top: RateGroup
    agent: RateGroup
    customer: RateGroup


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    return reseller_tree


@pytest.fixture
def groups(tree: ResellerTree) -> Groups:
    """880 costs the customer 6 cents a minute, its agent 4 and the agent above 3, each in steps of
    60 seconds.
    """
    found = Groups(
        rate_group(None, "Platform"),
        rate_group(tree.top, "Wholesale"),
        rate_group(tree.agent, "Retail"),
    )
    for account, group, price in (
        (tree.top, found.top, "0.03"),
        (tree.agent, found.agent, "0.04"),
        (tree.customer, found.customer, "0.06"),
    ):
        rate(group, "880", price)
        buys_at(account, group, since=LONG_AGO)
    return found


@pytest.fixture
def carrier(tree: ResellerTree, groups: Groups, time_machine: Any) -> Account:
    """A minute to 8801 costs the customer 60 cents, its agent 40, the one above 30, who has it
    locked, and the carrier takes 10.
    """
    time_machine.move_to(NOON)
    found = AccountFactory(account_id="Carrier", type="clearing", time_zone="Pacific/Pago_Pago")
    cost = rate_group(None, "Cost")
    for account, group, price, zone in (
        (tree.customer, groups.customer, "0.60", "Asia/Dhaka"),
        (tree.agent, groups.agent, "0.40", "Europe/London"),
        (tree.top, groups.top, "0.30", "Pacific/Kiritimati"),
        (found, cost, "0.10", "Pacific/Pago_Pago"),
    ):
        is_locked = group == groups.top
        rate(group, "8801", price, destination=f"By {group.name}", is_locked=is_locked)
        account_edit(actor=SYSTEM, account=account, time_zone=zone)
    buys_at(found, cost, since=LONG_AGO)
    GatewayFactory(account=tree.customer, name="In")
    GatewayFactory(account=found, name="elbe", direction="routing")
    tree.refresh()
    return found


@pytest.fixture
def charged_too_little(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """See `tests.support.rerating.five_calls`."""
    time_machine.move_to(NOON)
    five_calls(groups.agent)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two legs a part, and every preview by a job."""
    monkeypatch.setattr(rerating, "MOST", 2)
    monkeypatch.setattr(reratings, "MOST", 0)
