"""A move takes away what the new agent does not hold, and says so before."""

import pytest
from django.test import Client

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.restoring import grants_restore
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry, GrantBatch, User
from accounts.tree.services.moving import account_move, move_preview
from tests.factories import ResellerTree, grant
from tests.factories.fixtures import signed_in

pytestmark = pytest.mark.django_db

PHONES, CARDS = Authorization.MANAGE_PHONE, Authorization.MANAGE_PHONE_CARD


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """The moved branch holds two authorizations, the new agent one of them."""
    grant(reseller_tree.deep_customer, PHONES, CARDS)
    grant(reseller_tree.other_top, PHONES)
    return reseller_tree.refresh()


def test_the_preview_names_who_loses_what(tree: ResellerTree) -> None:
    plan = move_preview(actor=SYSTEM, accounts=[tree.agent], parent=tree.other_top)
    assert plan.cut_count == 3
    assert [one.account_id for one in plan.cuts] == [
        "Dhaka-Retail-Sub", "Sub-Sub-Agent", "Customer-301",
    ]  # fmt: skip
    assert plan.cuts[0].labels == "Add/delete/modify phone card"
    assert held(tree.agent) == {PHONES, CARDS}


def test_nothing_is_cut_where_the_new_agent_holds_it_all(tree: ResellerTree) -> None:
    grant(tree.other_top, PHONES, CARDS)
    plan = move_preview(actor=SYSTEM, accounts=[tree.agent], parent=tree.other_top)
    assert (plan.cut_count, plan.cuts) == (0, ())


def test_the_check_page_shows_it(tree: ResellerTree, administrator: User) -> None:
    browser: Client = signed_in(administrator)
    page = browser.get("/accounts/Dhaka-Retail-Sub/move/?parent=Master-Agent-2").content.decode()
    assert "Authorizations that are taken away" in page
    assert "Add/delete/modify phone card" in page


def test_the_move_cuts_the_whole_branch_in_one_batch(tree: ResellerTree) -> None:
    account_move(actor=SYSTEM, account=tree.agent, parent=tree.other_top, reason="sold")
    for one in (tree.agent, tree.sub_agent, tree.deep_customer):
        assert held(one) == {PHONES}
    batch = GrantBatch.objects.get(kind=GrantBatch.Kind.MOVE)
    assert batch.changes.count() == 3
    cut = AuditEntry.objects.filter(action="grant.cut")
    assert set(cut.values_list("account", "reason")) == {
        ("Dhaka-Retail-Sub", "sold"), ("Sub-Sub-Agent", "sold"), ("Customer-301", "sold"),
    }  # fmt: skip


def test_moved_back_the_batch_can_be_restored(tree: ResellerTree) -> None:
    account_move(actor=SYSTEM, account=tree.agent, parent=tree.other_top)
    batch = GrantBatch.objects.get(kind=GrantBatch.Kind.MOVE)
    assert grants_restore(actor=SYSTEM, batch=batch, reason="x") is None
    account_move(actor=SYSTEM, account=tree.agent, parent=tree.top)
    assert grants_restore(actor=SYSTEM, batch=batch, reason="x") is not None
    assert held(tree.deep_customer) == {PHONES, CARDS}


def test_at_the_top_level_nothing_is_cut(tree: ResellerTree) -> None:
    account_move(actor=SYSTEM, account=tree.agent, parent=None)
    assert held(tree.deep_customer) == {PHONES, CARDS}
