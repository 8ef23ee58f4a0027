"""An agent that asks, and an administrator who decides."""

import pytest

from accounts.core.models import User
from tests.factories import ResellerTree, UserFactory
from tests.support.asking import authorized


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    return authorized(reseller_tree)


@pytest.fixture
def agent(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="dhaka-desk", email="dhaka@example.com")


@pytest.fixture
def approver(administrator: User) -> User:
    User.objects.filter(pk=administrator.pk).update(email="admin@example.com")
    return administrator
