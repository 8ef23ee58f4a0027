"""What giving a rate group to several accounts would do, said before it (docs/domain.md 7)."""

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.kit.errors import NotAllowed, NotInScope
from accounts.tree.services.ending import account_close
from billing.handing_out.services.rate_groups import rate_group_preview
from billing.wallets.models import RateGroup, Wallet
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.rates import rate_group
from tests.support.buying import buys_at

pytestmark = pytest.mark.django_db


def plan(
    actor: Actor, group: RateGroup | None, *accounts: Account
) -> tuple[list[str], dict[str, str]]:
    found = rate_group_preview(actor=actor, accounts=accounts, group=group)
    changing = [one.account_id for one in found.changing]
    return changing, {one.account_id: str(why) for one, why in found.skipped}


def test_who_changes_and_who_stays_as_it_is(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    group = rate_group(tree.agent)
    buys_at(tree.customer, group)
    account_close(actor=SYSTEM, account=tree.customer_2, reason="over")
    asked = (tree.customer, tree.customer_2, tree.sibling_customer, tree.sub_agent)
    assert plan(SYSTEM, group, *asked) == (
        ["Sub-Sub-Agent"],
        {
            "Customer-001": "It has this rate group already.",
            "Customer-002": "It is closed.",
            "Customer-101": "It does not stand below the agent whose group this is.",
        },
    )
    assert Wallet.objects.get(pk=tree.sub_agent.pk).rate_group is None


def test_to_take_it_away(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    buys_at(tree.customer, rate_group(tree.agent))
    assert plan(SYSTEM, None, tree.customer, tree.sub_agent) == (
        ["Customer-001"],
        {"Sub-Sub-Agent": "It has none."},
    )


def test_nobody_looks_at_what_it_may_not_do(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    actor = actor_for(UserFactory(account=tree.agent))
    group = rate_group(tree.agent)
    with pytest.raises(NotAllowed):
        plan(actor, group, tree.customer)
    grant(tree.agent, "manage_account")
    actor = actor_for(UserFactory(account=tree.agent))
    assert plan(actor, group, tree.customer) == (["Customer-001"], {})
    for foreign in (tree.sibling_customer, tree.top, Account(pk=99_999_999)):
        with pytest.raises(NotInScope):
            plan(actor, group, tree.customer, foreign)
