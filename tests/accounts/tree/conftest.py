"""Browsers that look at the tree: from the top of it, and from an agent in it."""

import pytest
from django.test import Client

from accounts.core.models import User
from tests.factories import ResellerTree, UserFactory
from tests.factories.fixtures import signed_in


@pytest.fixture
def admin_client(administrator: User) -> Client:
    return signed_in(administrator)


@pytest.fixture
def agent_client(reseller_tree: ResellerTree) -> Client:
    """Signed in for Dhaka-Retail-Sub, which has an agent above it and a sibling."""
    return signed_in(UserFactory(account=reseller_tree.agent))
