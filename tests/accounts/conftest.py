"""Logins of two sub-agents that hold everything, for tests of what they may do and learn; and an
operator at work on logins, with an account whose agent grants to it later.
"""

from typing import Any

import pytest
from django.contrib.auth.models import Permission

from accounts.core.actor import Actor, actor_for, operator_actor
from accounts.core.models import Account
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Both sub-agents of BD-Wholesale-Agent hold everything."""
    grant(reseller_tree.agent)
    grant(reseller_tree.sibling)
    return reseller_tree


@pytest.fixture
def dhaka(tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=tree.agent, username="dhaka"))


@pytest.fixture
def sylhet(tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=tree.sibling, username="sylhet"))


@pytest.fixture
def login_operator(db: Any) -> Actor:
    """An operator who works on logins and accounts, and may grant."""
    codes = (
        "view_account", "view_user", "add_user", "change_user", "add_account", "change_account",
        "change_accountgrant",
    )  # fmt: skip
    permissions = list(Permission.objects.filter(codename__in=codes))
    return operator_actor(StaffFactory(operator=True, permissions=permissions))


@pytest.fixture
def account(reseller_tree: ResellerTree) -> Account:
    """Holds nothing yet; its agent holds all eight."""
    grant(reseller_tree.agent)
    return reseller_tree.customer


@pytest.fixture
def boss(account: Account, reseller_tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=reseller_tree.agent, username="boss"))
