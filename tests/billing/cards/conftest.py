"""An agent that may make cards, a login of it, and a batch."""

import pytest

from accounts.core.actor import Actor, actor_for
from accounts.core.authorizations import Authorization
from billing.cards.models import CardBatch
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.carding import cards


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Dhaka and the agent above it hold 3."""
    grant(reseller_tree.agent, Authorization.MANAGE_PHONE_CARD)
    return reseller_tree.refresh()


@pytest.fixture
def imran(tree: ResellerTree) -> Actor:
    """A login of Dhaka."""
    return actor_for(UserFactory(account=tree.agent, username="imran"))


@pytest.fixture
def batch(tree: ResellerTree) -> CardBatch:
    return cards(tree.agent)
