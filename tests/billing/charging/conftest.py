"""A chain in which everybody buys at a group of its own."""

from dataclasses import dataclass

import pytest

from billing.wallets.models import RateGroup
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at


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
