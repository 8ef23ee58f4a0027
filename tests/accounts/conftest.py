"""Logins of two sub-agents that hold everything, for tests of what they may do and learn."""

import pytest

from accounts.core.actor import Actor, actor_for
from tests.factories import ResellerTree, UserFactory, grant


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Both sub-agents of BD-Wholesale-Agent hold everything."""
    grant(reseller_tree.agent)
    grant(reseller_tree.sibling)
    return reseller_tree


@pytest.fixture
def dhaka(tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=tree.agent, username="dhaka"))


@pytest.fixture
def sylhet(tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=tree.sibling, username="sylhet"))
