"""A tree whose log has something to tell, and a browser of an agent in it."""

from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.factories import ResellerTree, UserFactory
from tests.factories.fixtures import signed_in


@pytest.fixture
def reseller_tree(db: Any) -> ResellerTree:
    """Made one by one, so that the log has something to tell of each account."""
    return factories.reseller_tree(one_by_one=True)


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> Client:
    return signed_in(UserFactory(account=reseller_tree.agent, username="dhaka.desk"))
