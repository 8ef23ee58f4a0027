"""An operator at work on logins, with an account whose agent grants to it later; and the time."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import Actor, actor_for, operator_actor
from accounts.core.models import Account
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.admin import operator_with


@pytest.fixture
def login_operator(db: Any) -> Actor:
    """An operator who works on logins and accounts, and may grant."""
    return operator_actor(
        operator_with(
            "view_account", "view_user", "add_user", "change_user", "add_account",
            "change_account", "change_accountgrant",
        )
    )  # fmt: skip


@pytest.fixture
def account(reseller_tree: ResellerTree) -> Account:
    """Holds nothing yet; its agent holds all eight."""
    grant(reseller_tree.agent)
    return reseller_tree.customer


@pytest.fixture
def boss(account: Account, reseller_tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=reseller_tree.agent, username="boss"))


@pytest.fixture
def clock(time_machine: Any) -> Any:
    """Now, to be shifted."""
    time_machine.move_to(timezone.now())
    return time_machine
