"""Memos on accounts that go to another agent: whose go along, and whose are emptied."""

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, AccountDetail, AuditEntry
from accounts.kit.errors import Clash
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.moving import account_move, accounts_move
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.pages import text_of, words_of

pytestmark = pytest.mark.django_db

NOTE = "Pays late, watch out"


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    for one in (reseller_tree.top, reseller_tree.agent, reseller_tree.sub_agent):
        grant(one)
    return reseller_tree.refresh()


def of(account: Account) -> Actor:
    return actor_for(UserFactory(account=account))


def note(actor: Actor, account: Account, memo: str = NOTE) -> None:
    account_edit(actor=actor, account=account, detail={"memo": memo})


def memo(account: Account) -> str:
    return AccountDetail.objects.get(account=account).memo


def test_what_the_former_agent_noted_is_emptied(tree: ResellerTree) -> None:
    note(of(tree.agent), tree.customer)
    account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling)
    assert memo(tree.customer) == ""


def test_also_on_what_is_below(tree: ResellerTree) -> None:
    note(of(tree.agent), tree.sub_agent)
    note(of(tree.agent), tree.deep_customer)
    account_move(actor=SYSTEM, account=tree.sub_agent, parent=tree.other_top)
    assert (memo(tree.sub_agent), memo(tree.deep_customer)) == ("", "")


def test_the_branch_keeps_its_own_notes(tree: ResellerTree) -> None:
    note(of(tree.sub_agent), tree.deep_customer)
    account_move(actor=SYSTEM, account=tree.sub_agent, parent=tree.other_top)
    assert memo(tree.deep_customer) == NOTE


def test_who_wrote_last_counts(tree: ResellerTree) -> None:
    note(of(tree.agent), tree.customer, "first")
    note(of(tree.top), tree.customer)
    account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling)
    assert memo(tree.customer) == NOTE


def test_what_the_platform_noted_goes_along(tree: ResellerTree) -> None:
    note(SYSTEM, tree.customer)
    account_move(actor=SYSTEM, account=tree.customer, parent=tree.other_top)
    assert memo(tree.customer) == NOTE


@pytest.mark.parametrize("new", ["top", "sub_agent"])
def test_above_and_below_the_former_agent_it_goes_along(tree: ResellerTree, new: str) -> None:
    note(of(tree.agent), tree.customer)
    account_move(actor=SYSTEM, account=tree.customer, parent=getattr(tree, new))
    assert memo(tree.customer) == NOTE


def test_by_way_of_the_top_level_nothing_reaches_another_agent(tree: ResellerTree) -> None:
    note(of(tree.agent), tree.customer)
    account_move(actor=SYSTEM, account=tree.customer, parent=None)
    assert memo(tree.customer) == NOTE
    account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling)
    assert memo(tree.customer) == ""


def test_several_at_once(tree: ResellerTree) -> None:
    note(of(tree.agent), tree.customer)
    note(of(tree.agent), tree.customer_2)
    moved = [tree.customer, tree.customer_2]
    accounts_move(actor=SYSTEM, accounts=moved, parent=tree.sibling)
    assert [memo(one) for one in moved] == ["", ""]


def test_the_log_keeps_it_for_administrators_alone(tree: ResellerTree, admin: Client) -> None:
    note(of(tree.agent), tree.customer)
    account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling)
    entry = AuditEntry.objects.filter(action="account.edit").latest("pk")
    assert (entry.before, entry.after) == ({"memo": NOTE}, {"memo": ""})
    new = signed_in(UserFactory(account=tree.sibling))
    url = "/accounts/Customer-001/audit/"
    assert NOTE in text_of(admin.get(url))
    assert NOTE not in words_of(new.get(url))


def test_a_form_that_was_opened_before_brings_nothing_back(tree: ResellerTree) -> None:
    note(of(tree.agent), tree.deep_customer)
    seen = Account.objects.get(pk=tree.deep_customer.pk).version
    account_move(actor=SYSTEM, account=tree.sub_agent, parent=tree.other_top)
    with pytest.raises(Clash):
        account_edit(
            actor=SYSTEM,
            account=tree.deep_customer,
            detail={"memo": NOTE},
            expected_version=seen,
        )


def test_the_preview_says_so(tree: ResellerTree, admin: Client) -> None:
    note(of(tree.agent), tree.customer)
    where = "/accounts/Customer-001/move/"
    page = text_of(admin.get(f"{where}?parent={tree.sibling.account_id}"))
    assert "The memo on Customer-001 was written by an agent of before" in page
    page = words_of(admin.get(f"{where}?parent={tree.top.account_id}"))
    assert "Memos that are emptied" not in page
