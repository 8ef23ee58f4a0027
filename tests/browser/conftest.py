"""Who sits at the browser, in the tree or below the account of the test."""

import pytest

from accounts.core.models import Account, User
from tests.factories import ResellerTree, UserFactory


@pytest.fixture
def agent(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="dhaka-desk")


@pytest.fixture
def imran(customer: Account) -> User:
    """Of the agent above the customer."""
    return UserFactory(account=customer.parent, username="imran")
