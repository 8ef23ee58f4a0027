"""An agent that holds what its test module says, with its login and a browser of it."""

import pytest
from django.test import Client

from accounts.core.models import User
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in


@pytest.fixture
def tree(request: pytest.FixtureRequest, reseller_tree: ResellerTree) -> ResellerTree:
    """The agent holds what the module names in HELD; its customer and sub-agent nothing."""
    grant(reseller_tree.agent, *request.module.HELD)
    return reseller_tree


@pytest.fixture
def agent(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="dhaka-login")


@pytest.fixture
def browser(agent: User) -> Client:
    return signed_in(agent)
