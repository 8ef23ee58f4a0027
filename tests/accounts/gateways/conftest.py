"""A gateway of a customer."""

import pytest

from accounts.gateways.models import Gateway
from tests.factories import GatewayFactory, ResellerTree


@pytest.fixture
def gateway(reseller_tree: ResellerTree) -> Gateway:
    return GatewayFactory(
        account=reseller_tree.customer, name="gw-1", addresses=["203.0.113.5"], capacity=10
    )
