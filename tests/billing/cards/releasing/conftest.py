"""An agent that may make cards and pay below, and a batch that waits to be released."""

import pytest

from accounts.core.authorizations import Authorization
from billing.cards.models import CardBatch
from tests.factories import ResellerTree, grant
from tests.support.carding import cards


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Dhaka and the agent above it hold 3 and 8."""
    grant(reseller_tree.agent, Authorization.MANAGE_PHONE_CARD, Authorization.PAY_SUB_ACCOUNT)
    return reseller_tree.refresh()


@pytest.fixture
def batch(tree: ResellerTree) -> CardBatch:
    """Ten cards of 5, not released."""
    return cards(tree.agent, 10, released=False)
