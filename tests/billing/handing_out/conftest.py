"""A tree whose agents may all pay."""

import pytest

from tests.factories import ResellerTree, grant


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """All agents below BD-Wholesale hold all eight."""
    for account in (reseller_tree.top, reseller_tree.agent, reseller_tree.sub_agent):
        grant(account)
    return reseller_tree.refresh()
