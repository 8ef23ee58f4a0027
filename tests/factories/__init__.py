"""Accounts and logins for tests, made through the services exactly as the product makes them."""

from tests.factories.accounts import AccountFactory
from tests.factories.gateways import GatewayFactory
from tests.factories.grants import grant, revoke
from tests.factories.logins import PASSWORD, StaffFactory, UserFactory
from tests.factories.phones import phone
from tests.factories.trees import ResellerTree, reseller_tree

__all__ = [
    "PASSWORD",
    "AccountFactory",
    "GatewayFactory",
    "ResellerTree",
    "StaffFactory",
    "UserFactory",
    "grant",
    "phone",
    "reseller_tree",
    "revoke",
]
