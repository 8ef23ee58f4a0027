"""What a move takes away: the group of an agent that is not above any more (docs/domain.md 1)."""

from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry
from accounts.tree.services.moving import account_move, accounts_move
from billing.cards.models import CardBatch
from billing.handing_out.services.terms import terms_set
from billing.wallets.models import RateGroup, Wallet
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.rates import rate_group
from tests.support.carding import cards
from tests.support.pages import words_of

pytestmark = pytest.mark.django_db
MOVE = "/accounts/Sub-Sub-Agent/move/?parent=Sylhet-Retail-Sub"


def give(account: Account, group: RateGroup) -> None:
    terms_set(actor=SYSTEM, account=account, rate_group=group)


def group_of(account: Account) -> RateGroup | None:
    return Wallet.objects.get(pk=account.pk).rate_group


def test_the_group_of_a_former_agent_goes_and_is_recorded(reseller_tree: ResellerTree) -> None:
    group = rate_group(reseller_tree.agent)
    for one in (reseller_tree.sub_agent, reseller_tree.deep_customer, reseller_tree.customer):
        give(one, group)
    account_move(actor=SYSTEM, account=reseller_tree.sub_agent, parent=reseller_tree.sibling)
    assert group_of(reseller_tree.sub_agent) is None
    assert group_of(reseller_tree.deep_customer) is None
    assert group_of(reseller_tree.customer) == group
    entries = AuditEntry.objects.filter(action="wallet.terms", after={"rate_group": None})
    assert sorted(entries.values_list("account", flat=True)) == ["Customer-301", "Sub-Sub-Agent"]
    assert {one.before["rate_group"]["name"] for one in entries} == {"Retail"}


def test_groups_of_the_platform_of_the_branch_and_of_common_agents_stay(
    reseller_tree: ResellerTree,
) -> None:
    of_branch = rate_group(reseller_tree.sub_agent)
    of_platform, of_top = rate_group(name="World"), rate_group(reseller_tree.top)
    give(reseller_tree.deep_customer, of_branch)
    give(reseller_tree.sub_agent, of_top)
    give(reseller_tree.customer, of_platform)
    moved = [reseller_tree.sub_agent, reseller_tree.customer]
    accounts_move(actor=SYSTEM, accounts=moved, parent=reseller_tree.sibling)
    assert group_of(reseller_tree.deep_customer) == of_branch
    assert group_of(reseller_tree.sub_agent) == of_top
    assert group_of(reseller_tree.customer) == of_platform
    account_move(actor=SYSTEM, account=reseller_tree.sub_agent, parent=None)
    assert group_of(reseller_tree.sub_agent) is None
    assert group_of(reseller_tree.deep_customer) == of_branch


def test_several_that_move_at_once_each_lose_theirs(reseller_tree: ResellerTree) -> None:
    group = rate_group(reseller_tree.agent)
    moved = [reseller_tree.customer, reseller_tree.customer_2, reseller_tree.sub_agent]
    for one in moved:
        give(one, group)
    accounts_move(actor=SYSTEM, accounts=moved, parent=reseller_tree.other_top)
    assert [group_of(one) for one in moved] == [None, None, None]


def test_it_is_said_before_the_move(admin: Client, reseller_tree: ResellerTree) -> None:
    assert "Rate groups they lose" not in words_of(admin.get(MOVE))
    group = rate_group(reseller_tree.agent, name="Retail A")
    for one in (reseller_tree.sub_agent, reseller_tree.deep_customer):
        give(one, group)
    cards(reseller_tree.sub_agent, rate_group=group, released=False)
    page = words_of(admin.get(MOVE))
    assert "Sub-Sub-Agent loses Retail A." in page
    assert "Customer-301 loses Retail A." in page
    assert "1 card batch loses its rate group" in page
    assert group_of(reseller_tree.sub_agent) == group


def test_a_group_that_may_not_be_known_is_not_named_there(
    reseller_tree: ResellerTree, client_of: Any
) -> None:
    """What moves is below who moves it, and so is the agent whose group is lost."""
    for one in (reseller_tree.top, reseller_tree.agent):
        grant(one, "manage_account")
    group = rate_group(reseller_tree.sub_agent, name="Below")
    give(reseller_tree.deep_customer, group)
    browser = client_of(UserFactory(account=reseller_tree.agent))
    page = words_of(browser.get("/accounts/Customer-301/move/?parent=Customer-001"))
    assert "Customer-301 loses Below." in page


def test_batches_of_cards_lose_it_as_well(reseller_tree: ResellerTree) -> None:
    lost, kept = rate_group(reseller_tree.agent), rate_group(reseller_tree.sub_agent)
    first = cards(reseller_tree.sub_agent, rate_group=lost)
    second = cards(reseller_tree.sub_agent, first="SYL220001", rate_group=kept)
    account_move(actor=SYSTEM, account=reseller_tree.sub_agent, parent=reseller_tree.sibling)
    assert CardBatch.objects.get(pk=first.pk).rate_group is None
    assert CardBatch.objects.get(pk=second.pk).rate_group == kept
    entry = AuditEntry.objects.get(action="card_batch.opening")
    assert (entry.subject, entry.before["rate_group"]["name"]) == (first.name, "Retail")
    assert entry.after["rate_group"] is None
