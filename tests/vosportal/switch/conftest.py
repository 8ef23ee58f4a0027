"""A chain that may call 880, each level with money, and a carrier that takes the number; and a
switch that calls from where the browser of a test does.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.authorizations.words.access_check import check_call
from accounts.core.actor import SYSTEM, Actor
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.phones.models import Phone
from accounts.switches.services.switches import IssuedKey
from accounts.tree.services.accounts import account_edit, account_lock
from billing.holds.models import RunningCall
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups, groups, tree
from tests.factories import AccountFactory, GatewayFactory, UserFactory, phone
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.switches import new_switch
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.numbers import limit
from tests.support.paying import pay
from tests.support.switching import SWITCH, running_call
from vosportal.switch.trying import Tried

__all__ = ["groups", "tree"]

NUMBER = "8801711000000"
# Of a chain.
LINE = "8801819000002"


@dataclass(frozen=True)
class Switched:
    """The customer's phone may call; each minute holds 0.06 there, 0.04 and 0.03 above."""

    tree: ResellerTree
    groups: Groups
    phone: Phone
    carrier: Account
    route: Gateway

    def held(self) -> list[Decimal]:
        """By the customer, its agent and the agent at the top."""
        chain = (self.tree.customer, self.tree.agent, self.tree.top)
        return [Wallet.objects.get(pk=one.pk).held for one in chain]


@pytest.fixture
def switched(tree: ResellerTree, groups: Groups, issued: IssuedKey) -> Switched:
    for account in (tree.top, tree.agent, tree.customer):
        pay(account, "10")
    carrier = AccountFactory(account_id="Carrier-One", type=Account.Type.CLEARING)
    pay(carrier, "1000")
    route = GatewayFactory(
        account=carrier, name="rt-one", direction="routing", addresses=["198.51.100.7"],
        prefixes=["880"], capacity=1000,
    )  # fmt: skip
    line = phone(tree.customer, "8801819000001", max_calls=500)
    return Switched(tree, groups, line, carrier, route)


@pytest.fixture
def issued(db: None) -> IssuedKey:
    cache.clear()
    return new_switch(SWITCH)


@pytest.fixture
def key(issued: IssuedKey) -> str:
    return issued.key.text


class Chain:
    """Four accounts below one another, the caller's first, and a login of each."""

    def __init__(self, switched: Switched) -> None:
        tree = switched.tree
        self.accounts = [tree.deep_customer, tree.sub_agent, tree.agent, tree.top]
        self.route = switched.route
        for at, account in enumerate(self.accounts):
            group = rate_group(None, f"Of level {at}")
            rate(group, "880", "0.06")
            buys_at(account, group, since=LONG_AGO)
            Wallet.objects.filter(pk=account.pk).update(balance=Decimal(10))
        self.unrated = rate_group(None, "Elsewhere")
        rate(self.unrated, "33", "0.06")
        self.locked = rate_group(None, "Locked")
        rate(self.locked, "880", "0.06", is_locked=True)
        self.phone = phone(self.accounts[0], LINE, max_calls=2)
        self.logins = [UserFactory(account=one) for one in self.accounts]


@pytest.fixture
def chain(switched: Switched) -> Chain:
    return Chain(switched)


def _lock(chain: Chain, at: int) -> None:
    account_lock(actor=SYSTEM, account=chain.accounts[at], reason="Why")


def _expire(chain: Chain, at: int) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    account_edit(actor=SYSTEM, account=chain.accounts[at], valid_until=yesterday)


# What may stand against a call at a level, by name.
FAULTS: dict[str, Callable[[Any, int], None]] = {
    "locked": _lock,
    "expired": _expire,
    "blocked": lambda chain, at: limit(chain.accounts[at], "block 8801711"),
    "not allowed": lambda chain, at: limit(chain.accounts[at], "allow 33"),
    "no group": lambda chain, at: buys_at(chain.accounts[at], None),
    "unrated": lambda chain, at: buys_at(chain.accounts[at], chain.unrated),
    "rate locked": lambda chain, at: buys_at(chain.accounts[at], chain.locked),
    "no money": lambda chain, at: _no_money(chain, at),
    "held": lambda chain, at: _no_money(chain, at, held=Decimal("9.95")),
    # Of the caller, the platform or a carrier, whatever the level.
    "phone locked": lambda chain, _at: _of_phone(chain, lock="out"),
    "phone full": lambda chain, _at: _full(chain),
    "platform": lambda _chain, _at: limit(None, "block 88017"),
    "no route": lambda chain, _at: _no_route(chain),
}


def _no_money(chain: Chain, at: int, held: Decimal | None = None) -> None:
    wallet = Wallet.objects.filter(pk=chain.accounts[at].pk)
    wallet.update(balance=Decimal("0.05")) if held is None else wallet.update(held=held)


def _of_phone(chain: Chain, **values: Any) -> None:
    Phone.objects.filter(pk=chain.phone.pk).update(**values)


def _full(chain: Chain) -> None:
    _of_phone(chain, max_calls=1)
    if not RunningCall.objects.exists():
        running_call(chain.accounts[0], "first", phone=LINE)


def _no_route(chain: Chain) -> None:
    Gateway.objects.filter(pk=chain.route.pk).update(is_locked=True)


@contextmanager
def standing(
    chain: Any, faults: list[tuple[str, int]], known: Mapping[str, Callable[[Any, int], None]]
) -> Iterator[None]:
    """Some of what is `known` to stand against a call stands against it, each at a level."""
    with transaction.atomic():
        # While there is money for the call that is up.
        first = ("phone full", "session open")
        for name, at in sorted(faults, key=lambda one: one[0] not in first):
            known[name](chain, at)
        yield
        transaction.set_rollback(True)


def nothing_above_is_told(viewer: Actor, chain: Chain, tried: Tried) -> None:
    """No name of a level above the viewer, in whatever is shown."""
    if viewer.own is None:
        return
    own = [one.pk for one in chain.accounts].index(viewer.own.pk)
    texts = [tried.headline, tried.reason, tried.heard, *(str(one.words) for one in tried.lines)]
    texts += [value for _name, value in tried.answer]
    checked = check_call(viewer, LINE, tried.dialled)
    assert checked is not None
    texts += [checked.sentence, *(str(one.words) for one in checked.steps)]
    texts += [f"{one.label} {one.url}" for one in checked.ways_out]
    for above in chain.accounts[own + 1 :]:
        assert not [text for text in texts if above.account_id in text]
