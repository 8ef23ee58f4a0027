"""An agent with a sub-account, a rate group of its own, and somebody who may change it; and a chain
of three levels, each at a group of the level above it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from accounts.core.actor import Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.wallets.models import RateGroup
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.rates import Deck, deck_of, rate_group

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=5)


@dataclass
class Business:
    """`agent` sells to `customer` at `group`, and is the sub-account of `top`."""

    top: Account
    agent: Account
    customer: Account
    group: RateGroup
    login: User

    @property
    def actor(self) -> Actor:
        return actor_for(self.login)


def draft(price: str = "0.02", **more: object) -> RateDraft:
    return RateDraft("880", Decimal(price), **more)  # type: ignore[arg-type]


def standing(business: Business) -> list[tuple[str, datetime, datetime | None]]:
    """What counts in the group of the agent: price, from when on, until when."""
    rates = Rate.objects.standing().filter(group=business.group).order_by("effective_from", "pk")
    return [(f"{one.price:.2f}", one.effective_from, one.effective_until) for one in rates]


@pytest.fixture
def noon() -> Iterator[None]:
    """The time stands still at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def business(db: None) -> Business:
    top = AccountFactory(account_id="Top")
    agent = AccountFactory(account_id="Agent", parent=top)
    customer = AccountFactory(account_id="Customer", parent=agent)
    grant(agent, Authorization.MANAGE_ACCOUNT)
    return Business(top, agent, customer, rate_group(agent, "Retail"), UserFactory(account=agent))


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    return reseller_tree


@pytest.fixture
def deck(tree: ResellerTree) -> Deck:
    return deck_of(tree)


@pytest.fixture
def at_the_top(tree: ResellerTree) -> User:
    """A login of the top-level agent."""
    return UserFactory(account=tree.top, username="top-desk")


@pytest.fixture
def in_dhaka(tree: ResellerTree) -> User:
    """A login of the agent below it."""
    return UserFactory(account=tree.agent, username="dhaka-desk")


@pytest.fixture
def at_the_customer(tree: ResellerTree) -> User:
    """A login of a customer of that agent."""
    return UserFactory(account=tree.customer, username="customer-desk")
