"""An agent that holds what its test module says, and a browser of it."""

import pytest
from django.test import Client

from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in


@pytest.fixture
def tree(request: pytest.FixtureRequest, reseller_tree: ResellerTree) -> ResellerTree:
    """Dhaka and the agent above it hold what the module names in HELD."""
    grant(reseller_tree.agent, *request.module.HELD)
    return reseller_tree.refresh()


@pytest.fixture
def agent(tree: ResellerTree) -> Client:
    return signed_in(UserFactory(account=tree.agent, username="imran"))
