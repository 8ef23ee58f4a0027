"""What the model refuses to whoever passes the services by."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.core.actor import SYSTEM
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.models.account import STRUCTURE_UNLOCKED
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, ResellerTree
from tests.support.sabotage import plant
from tests.support.trees import assert_sound, outline

pytestmark = pytest.mark.django_db


def test_nobody_inserts_past_the_lock() -> None:
    with pytest.raises(RuntimeError):
        Account(account_id="X", name="x").save()
    with pytest.raises(RuntimeError):
        Account.objects.create(account_id="X", name="x")
    with pytest.raises(RuntimeError):
        Account.objects.get_or_create(account_id="X")
    assert not Account.objects.exists()


def test_a_whole_row_is_never_saved(reseller_tree: ResellerTree) -> None:
    stale = Account.objects.get(pk=reseller_tree.customer.pk)
    account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.other_top)
    stale.name = "stale"
    with pytest.raises(TypeError):
        stale.save()
    stale.save(update_fields=["name"])
    now = Account.objects.get(pk=stale.pk)
    assert (now.name, now.parent) == ("stale", reseller_tree.other_top)
    assert_sound()


@pytest.mark.parametrize("field", ["parent", "tree_id", "lft", "rght", "level"])
def test_structure_is_never_saved_past_the_lock(reseller_tree: ResellerTree, field: str) -> None:
    account = Account.objects.get(pk=reseller_tree.customer.pk)
    with pytest.raises(RuntimeError):
        account.save(update_fields=["name", field])


def test_a_changed_parent_cannot_be_forgotten(reseller_tree: ResellerTree) -> None:
    account = Account.objects.get(pk=reseller_tree.customer.pk)
    account.parent = reseller_tree.other_top
    with pytest.raises(RuntimeError):
        account.save(update_fields=["name"])
    assert Account.objects.get(pk=account.pk).parent == reseller_tree.agent


def test_nobody_deletes_past_the_lock(reseller_tree: ResellerTree) -> None:
    before = outline()
    with pytest.raises(RuntimeError):
        Account.objects.get(pk=reseller_tree.customer.pk).delete()
    assert outline() == before


def test_the_lock_ends_with_its_work_also_when_that_fails() -> None:
    account = AccountFactory()

    def fail(_fresh: Any) -> None:
        assert STRUCTURE_UNLOCKED.get()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_locked_trees(fail, touching=[account.pk])
    assert not STRUCTURE_UNLOCKED.get()


@pytest.mark.parametrize(
    "columns",
    [
        {"lft": 5, "rght": 5},
        {"status": "sleeping"},
        {"type": "nonsense"},
        {"account_id": "CUSTOMER-002"},
    ],
)
def test_the_database_itself_refuses_what_can_be_said_in_one_row(
    reseller_tree: ResellerTree, columns: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        plant(reseller_tree.customer, **columns)


def test_the_database_refuses_an_account_that_is_its_own_agent(
    reseller_tree: ResellerTree,
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        plant(reseller_tree.customer, parent_id=reseller_tree.customer.pk)
