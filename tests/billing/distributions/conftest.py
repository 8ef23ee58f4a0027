"""An agent that pays its sub-accounts, a login of it, and its browser."""

import pytest
from django.test import Client

from accounts.core.actor import Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import User
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.pages import just_signed_in


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.agent, Authorization.PAY_SUB_ACCOUNT)
    return reseller_tree.refresh()


@pytest.fixture
def login(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="imran")


@pytest.fixture
def imran(login: User) -> Actor:
    """A login of Dhaka, which pays its sub-accounts."""
    return actor_for(login)


@pytest.fixture
def agent(login: User) -> Client:
    return just_signed_in(login)
