"""Views of account lists that say they are steady: what they hold follows from the rows alone, so
that a statement made once may count it, for everybody and at any time.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone, translation

from accounts.core.actor import NOBODY, SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.core.scope import Scope
from accounts.kit.moments import as_of
from accounts.kit.private_doors import statement_of
from accounts.portal.list_parts import ProductView
from accounts.portal.registry import registry
from accounts.tree import lists
from accounts.tree.filters import AccountFilter
from accounts.tree.views.list import AccountsView
from billing.wallets.models import Wallet
from tests.factories import ResellerTree, UserFactory

pytestmark = pytest.mark.django_db

STEADY = [one for one in registry.list_views if one.is_steady]


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    for account in (reseller_tree.customer, reseller_tree.sibling_customer, reseller_tree.top):
        UserFactory(account=account)
    Wallet.objects.filter(
        pk__in=[reseller_tree.customer.pk, reseller_tree.agent.pk, reseller_tree.other_customer.pk]
    ).update(low_balance_threshold=5)
    return reseller_tree.refresh()


def text_of(one: ProductView, actor: Actor) -> Any:
    asks = QueryDict("&".join(f"{name}={value}" for name, value in one.asks.items()))
    level = 0 if actor is NOBODY else 3
    narrowing = AccountFilter(asks, queryset=Account.objects.all(), actor=actor, base_level=level)
    statement = statement_of(narrowing.qs)
    assert statement is not None
    return statement[:2]


def circumstances(tree: ResellerTree) -> Iterator[Any]:
    now = timezone.now()
    agent = actor_for(UserFactory(account=tree.agent))
    zones, moments = ("UTC", "Asia/Dhaka"), (now, now + timedelta(days=400))
    actors = (NOBODY, SYSTEM, agent)
    for actor, zone, moment, language in product(actors, zones, moments, ("en", "bn")):
        with timezone.override(ZoneInfo(zone)), as_of(moment), translation.override(language):
            yield actor


@pytest.mark.parametrize("one", STEADY, ids=lambda one: str(one.label))
def test_its_text_is_the_same_whoever_asks_and_when(tree: ResellerTree, one: ProductView) -> None:
    texts = [text_of(one, actor) for actor in circumstances(tree)]
    assert len(texts) == 24
    assert texts == texts[:1] * 24


def test_one_that_follows_from_the_time_would_be_found_out(tree: ResellerTree) -> None:
    soon = ProductView("Soon", {"expires_within": "30"})
    texts = [text_of(soon, actor) for actor in circumstances(tree)]
    assert texts != texts[:1] * 24


@pytest.mark.parametrize("is_all", [True, False])
@pytest.mark.parametrize("most", [100, 1])
def test_they_count_what_the_list_counts(tree: ResellerTree, is_all: bool, most: int) -> None:
    """For scopes and lists of all kinds, beside the querysets the list itself is made of."""
    agent, customer = (actor_for(UserFactory(account=one)) for one in (tree.agent, tree.customer))
    views = {f"view_{at}": one for at, one in enumerate(STEADY)}
    asked = {name: one.asks for name, one in views.items()}
    seen = set()
    for actor, subject in (
        (SYSTEM, None), (SYSTEM, tree.top), (SYSTEM, tree.agent), (agent, tree.agent),
        (agent, tree.sub_agent), (customer, tree.customer), (NOBODY, None),
        # Outside the scope.
        (agent, tree.top), (agent, tree.other_customer),
    ):  # fmt: skip
        view = AccountsView()
        view.subject, view.accounts = subject, Account.objects.within(actor.scope)
        view.filter_options = lambda _is_all, actor=actor: {"actor": actor}  # type: ignore
        plain = super(AccountsView, view).counted(views, is_all, most)
        found = lists.views_counted(actor, subject, asked, is_all=is_all, most=most)
        assert found == plain
        seen.add(tuple(found.values()))
    assert len(seen) > (2 if most == 100 else 1)


def test_the_statement_and_its_queryset_agree(tree: ResellerTree) -> None:
    of_views = tuple((str(one.label), tuple(one.asks.items())) for one in STEADY)
    for everything, own in ((True, ()), (False, (tree.top.pk,))):
        for of_one in ((), (tree.agent.pk,)):
            for is_all in (True, False):
                shape = lists._Views(everything, bool(of_one), is_all, of_views, 100)
                found = lists._OF_VIEWS.rows(shape, *own, *of_one)
                assert sorted(found) == sorted(lists._of_views(shape, *own, *of_one))


def test_where_one_is_not_steady_none_is_asked_that_way(admin: Client, tree: ResellerTree) -> None:
    with patch("accounts.tree.views.list.views_counted", wraps=lists.views_counted) as once:
        whole = admin.get("/accounts/?show=all").context["views"]
        assert once.call_count == 1
        changed = [replace(one, is_steady=False) if one.is_work else one for one in STEADY[:1]]
        others = [one for one in registry.list_views if one is not STEADY[0]]
        with patch.object(registry, "list_views", [*changed, *others]):
            again = admin.get("/accounts/?show=all").context["views"]
        assert once.call_count == 1
    assert {one["label"]: one["count"] for one in again} == {
        one["label"]: one["count"] for one in whole
    }


def test_of_an_empty_scope_nothing_is_counted(tree: ResellerTree) -> None:
    assert NOBODY.scope is Scope.NOTHING
    asked = {"a": STEADY[0].asks}
    found = lists.views_counted(NOBODY, None, asked, is_all=True, most=100)
    assert found == {"a": 0}
