"""A browser of an agent that may manage phones."""

import pytest
from django.test import Client

from accounts.core.authorizations import Authorization
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.pages import just_signed_in


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> Client:
    """Dhaka's login, which may manage phones."""
    grant(reseller_tree.agent, Authorization.MANAGE_PHONE)
    return just_signed_in(UserFactory(account=reseller_tree.agent, username="dhaka"))
