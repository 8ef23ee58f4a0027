"""An agent with a sub-account, a rate group of its own, and somebody who may change it; and a chain
of three levels, each at a group of the level above it.
"""

from dataclasses import dataclass

import pytest

from accounts.core.actor import Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from billing.wallets.models import RateGroup
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.rates import Deck, rate, rate_group
from tests.support.buying import buys_at


@dataclass
class Business:
    """`agent` sells to `customer` at `group`, and is the sub-account of `top`."""

    top: Account
    agent: Account
    customer: Account
    group: RateGroup
    login: User

    @property
    def actor(self) -> Actor:
        return actor_for(self.login)


@pytest.fixture
def business(db: None) -> Business:
    top = AccountFactory(account_id="Top")
    agent = AccountFactory(account_id="Agent", parent=top)
    customer = AccountFactory(account_id="Customer", parent=agent)
    grant(agent, Authorization.MANAGE_ACCOUNT)
    return Business(top, agent, customer, rate_group(agent, "Retail"), UserFactory(account=agent))


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    return reseller_tree


@pytest.fixture
def deck(tree: ResellerTree) -> Deck:
    """With the prices of the reference pages: +880 1819-442207 for 5:37 is 0.144 at the customer,
    0.1083 at its agent, 0.087058 at the top.
    """
    gold = rate_group(name="Wholesale BD Gold")
    rate(gold, "88018", "0.0155", first_block=1, increment=1, destination="BD Mobile Robi")
    retail = rate_group(tree.top, name="BDW Retail A")
    rate(retail, "8801", "0.019", first_block=30, increment=6, destination="BD mobile")
    standard = rate_group(tree.agent, name="Dhaka Retail Std")
    rate(standard, "88018", "0.024", destination="Bangladesh mobile Robi")
    rate(standard, "8801", "0.025", destination="Bangladesh mobile")
    rate(standard, "880", "0.041", destination="Bangladesh")
    buys_at(tree.top, gold)
    buys_at(tree.agent, retail)
    buys_at(tree.customer, standard)
    return Deck(gold, retail, standard)


@pytest.fixture
def at_the_top(tree: ResellerTree) -> User:
    """A login of the top-level agent."""
    return UserFactory(account=tree.top, username="top-desk")


@pytest.fixture
def in_dhaka(tree: ResellerTree) -> User:
    """A login of the agent below it."""
    return UserFactory(account=tree.agent, username="dhaka-desk")


@pytest.fixture
def at_the_customer(tree: ResellerTree) -> User:
    """A login of a customer of that agent."""
    return UserFactory(account=tree.customer, username="customer-desk")
