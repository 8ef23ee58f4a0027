"""First pages of account lists that nothing narrows, which are asked for by a statement made once:
the same rows, in the same order, as the list's own querysets give.
"""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from accounts.core.actor import NOBODY, SYSTEM, actor_for
from accounts.core.models import Account, User
from accounts.kit.pagination import Page, page
from accounts.tree.columns import BY_ACCOUNT_ID, TREE_ORDER
from accounts.tree.queries import listed
from tests.factories import ResellerTree, UserFactory
from tests.support.prepared import UNEQUAL, agree_in_objects

pytestmark = pytest.mark.django_db

ORDERS = pytest.mark.parametrize("key", [BY_ACCOUNT_ID, TREE_ORDER], ids=["by id", "of the tree"])


def told(found: Page) -> list[Any]:
    return [
        (
            {**vars(one), **UNEQUAL, "reached_by": one.reached_by},
            {**vars(one.detail), **UNEQUAL},
        )
        for one in found.rows
    ]


@pytest.mark.parametrize("is_all", [True, False])
@ORDERS
@pytest.mark.parametrize("size", [2, 50])
def test_they_are_what_the_list_holds(
    reseller_tree: ResellerTree, is_all: bool, key: Any, size: int
) -> None:
    agent, foreign = reseller_tree.agent, reseller_tree.other_customer
    ours = actor_for(UserFactory(account=agent))
    counts = []
    for actor, subject in (
        (SYSTEM, None), (SYSTEM, reseller_tree.top), (SYSTEM, foreign), (ours, None),
        (ours, agent), (ours, reseller_tree.sub_agent), (ours, reseller_tree.top), (ours, foreign),
        (ours, foreign.parent), (NOBODY, None), (NOBODY, agent),
    ):  # fmt: skip
        if subject is None and key is TREE_ORDER:
            continue  # Places in several trees are no order.
        rows = listed.listed_in(actor.scope, subject and subject.pk, is_all=is_all)
        plain = page(rows, key, descending=False, size=size)
        found = listed.first_page(actor, subject, key, is_all=is_all, size=size)
        assert told(found) == told(plain)
        assert (found.before, bool(found.after)) == (None, bool(plain.after))
        reached = Account.objects.within(actor.scope).values_list("pk", flat=True)
        assert {one.pk for one in found.rows} <= set(reached)
        counts.append(len(found.rows))
    assert max(counts) >= 2
    assert min(counts) == 0


@ORDERS
def test_they_lead_to_the_next(reseller_tree: ResellerTree, key: Any) -> None:
    rows = listed.listed_in(SYSTEM.scope, reseller_tree.top.pk, is_all=True)
    first = listed.first_page(SYSTEM, reseller_tree.top, key, is_all=True, size=2)
    after = first.after or ""
    second = page(rows, key, descending=False, size=50, cursor=after)
    assert [*first.rows, *second.rows] == list(page(rows, key, descending=False, size=50).rows)


@ORDERS
def test_the_statement_and_its_queryset_agree(reseller_tree: ResellerTree, key: Any) -> None:
    top, agent = reseller_tree.top.pk, reseller_tree.agent.pk
    for everything, own in ((True, ()), (False, (top,))):
        for of_one, is_all in (((), True), ((agent,), True), ((agent,), False)):
            shape = listed._First(everything, bool(of_one), is_all, key, 9)
            agree_in_objects(listed._first, listed._FIRST, shape, *own, *of_one, along=("detail",))


def test_what_narrows_or_sorts_or_counts_is_read_as_ever(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    agent = client_of(UserFactory(account=reseller_tree.agent))
    path = "/accounts/Dhaka-Retail-Sub/sub-accounts/?show=all"
    with patch("accounts.tree.views.list.first_page", wraps=listed.first_page) as once:
        assert agent.get(path).context["table"].lines
        assert once.call_count == 1
        for more in ("&q=a", "&sort=-account_id", "&columns=account_id,phones", "&cursor=gone"):
            assert agent.get(path + more).context["table"].lines
    # Where a page is gone, the first one is shown.
    assert once.call_count == 2
