"""Who buys at the group of an agent that does not stand above it, wherever that agent stands
(docs/domain.md 1, 7).
"""

import pytest

from accounts.core.models import Account
from billing.cards.models import CardBatch
from billing.cards.queries import batches_to_stray, strayed_batches
from billing.handing_out.queries.rate_groups import (
    owners_left,
    strayed_wallets,
    wallets_to_stray,
)
from billing.handing_out.services.rate_groups import group_of_card_given
from billing.wallets.models import RateGroup, Wallet
from tests.factories import AccountFactory, ResellerTree
from tests.factories.rates import rate_group
from tests.support.buying import buys_at
from tests.support.carding import cards

pytestmark = pytest.mark.django_db


@pytest.fixture
def owners(reseller_tree: ResellerTree) -> dict[str, Account]:
    """Agents around Sub-Sub-Agent, and one of a business that is larger than its own."""
    larger = AccountFactory(account_id="Larger")
    for _one in range(20):
        AccountFactory(parent=larger)
    tree = reseller_tree.refresh()
    return {
        "above": tree.agent,
        "topmost": tree.top,
        "itself": tree.sub_agent,
        "below": tree.deep_customer,
        "beside": tree.sibling,
        "before": tree.customer,
        "elsewhere": Account.objects.get(pk=larger.pk),
    }


def strayed(account: Account, group: RateGroup) -> list[Wallet]:
    buys_at(account, group)
    return list(strayed_wallets([account]))


def test_an_account_buys_at_groups_of_those_above_it(
    reseller_tree: ResellerTree, owners: dict[str, Account]
) -> None:
    account = Account.objects.get(pk=reseller_tree.sub_agent.pk)
    found = {
        name: bool(strayed(account, rate_group(owner, "Its"))) for name, owner in owners.items()
    }
    assert found == {
        "above": False,
        "topmost": False,
        "itself": True,
        "below": True,
        "beside": True,
        "before": True,
        "elsewhere": True,
    }
    assert not strayed(account, rate_group(name="World"))


def test_a_batch_has_a_group_of_its_account_or_of_those_above(
    reseller_tree: ResellerTree, owners: dict[str, Account]
) -> None:
    account = Account.objects.get(pk=reseller_tree.sub_agent.pk)
    batch = cards(account, released=False)

    def is_astray(group: RateGroup) -> bool:
        CardBatch.objects.filter(pk=batch.pk).update(rate_group=group)
        return strayed_batches([account]).exists()

    found = {name: is_astray(rate_group(owner, "Its")) for name, owner in owners.items()}
    assert found == {
        "above": False,
        "topmost": False,
        "itself": False,
        "below": True,
        "beside": True,
        "before": True,
        "elsewhere": True,
    }
    assert not is_astray(rate_group(name="World"))


def test_branches_that_do_not_move_are_not_asked_about(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree.refresh()
    group = rate_group(tree.agent)
    for one in (tree.sub_agent, tree.deep_customer, tree.customer):
        buys_at(one, group)
    moved = cards(tree.sub_agent, rate_group=group, released=False)
    cards(tree.agent, first="SYL220001", rate_group=group, released=False)
    lost = wallets_to_stray([tree.sub_agent], tree.sibling)
    assert {one.pk for one in lost} == {tree.sub_agent.pk, tree.deep_customer.pk}
    assert list(batches_to_stray([tree.sub_agent], tree.sibling)) == [moved]
    buys_at(tree.customer, rate_group(tree.sibling))
    assert not strayed_wallets([tree.sub_agent]).exists()


def test_which_agents_are_left(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree.refresh()
    assert owners_left([tree.sub_agent], tree.sibling) == {tree.agent.pk}
    assert owners_left([tree.sub_agent], tree.other_top) == {tree.agent.pk, tree.top.pk}
    assert owners_left([tree.sub_agent], None) == {tree.agent.pk, tree.top.pk}
    assert owners_left([tree.customer, tree.sibling_customer], tree.agent) == {tree.sibling.pk}


def test_a_card_gives_no_group_of_an_agent_that_is_not_above(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree.refresh()
    assert group_of_card_given(tree.customer, rate_group(tree.sibling)) is None
    assert Wallet.objects.get(pk=tree.customer.pk).rate_group is None
    own = rate_group(tree.agent, "Own")
    assert group_of_card_given(tree.customer, own) == {
        "group": own.pk, "name": "Own", "owner": "Dhaka-Retail-Sub",
    }  # fmt: skip
