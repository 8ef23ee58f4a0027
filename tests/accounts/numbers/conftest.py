"""The agent in the middle, which may manage accounts."""

import pytest

from accounts.core.authorizations import Authorization
from accounts.core.models import User
from tests.factories import ResellerTree, UserFactory, grant


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.agent, Authorization.MANAGE_ACCOUNT)
    return reseller_tree.refresh()


@pytest.fixture
def desk(tree: ResellerTree) -> User:
    """A login of the agent in the middle."""
    return UserFactory(account=tree.agent, username="dhaka-desk")
