"""What counts as the same form, and what stands against the end of an account that paid."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for, operator_actor
from accounts.core.models import Account, User
from accounts.kit.errors import Refused
from accounts.tree.services.ending import account_close, account_delete
from accounts.tree.services.moving import account_move
from billing.errors import KeyReused
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.payments.services.paying import Payment, payment_preview
from billing.payments.services.reversing import transaction_reverse
from tests.factories import AccountFactory, ResellerTree, StaffFactory, grant
from tests.support import sabotage
from tests.support.carding import refused
from tests.support.paying import balance, pay, payer

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Actor:
    return actor_for(StaffFactory(administrator=True))


@pytest.fixture
def shop() -> Account:
    return AccountFactory(account_id="Shop")


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "6"},
        {"kind": "opening"},
        {"method": "bank"},
        {"reference": "R-2"},
        {"memo": "else"},
    ],
    ids=str,
)
def test_a_key_that_comes_with_anything_else_is_refused(
    shop: Account, staff: Actor, other: dict[str, Any]
) -> None:
    asked = {"amount": "5", "kind": "recharge", "method": "cash", "reference": "R-1", "memo": "x"}
    first = pay(shop, actor=staff, key="k", **asked)
    assert pay(shop, actor=staff, key="k", **asked) == first
    with pytest.raises(KeyReused):
        pay(shop, actor=staff, key="k", **{**asked, **other})
    assert balance(shop) == 5


def test_so_is_one_for_another_account(shop: Account, staff: Actor) -> None:
    pay(shop, "5", actor=staff, key="k")
    with pytest.raises(KeyReused):
        pay(AccountFactory(), "5", actor=staff, key="k")


def test_so_is_a_transfer_out_of_another_account(shop: Account, staff: Actor) -> None:
    one, other = AccountFactory(), AccountFactory()
    for source in (one, other):
        pay(source, "5")
    pay(shop, "5", "transfer", staff, key="k", source=one, memo="went wrong")
    with pytest.raises(KeyReused):
        pay(shop, "5", "transfer", staff, key="k", source=other, memo="went wrong")
    assert (balance(one), balance(other)) == (0, 5)


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> Actor:
    """It may recharge its own account, and pay those below."""
    grant(reseller_tree.agent, "pay_own_account", "pay_sub_account")
    return payer(reseller_tree.agent)


@pytest.mark.parametrize("kind", ["deduction", "make_zero", "opening"])
def test_the_own_account_is_recharged_and_nothing_else(
    reseller_tree: ResellerTree, agent: Actor, kind: str
) -> None:
    with refused("own_recharge_only", "kind"):
        pay(reseller_tree.agent, "5", kind, agent, reference="R-1")


@pytest.mark.parametrize("reference", ["", "  "])
def test_it_takes_a_reference(reseller_tree: ResellerTree, agent: Actor, reference: str) -> None:
    with refused("reference_required", "reference"):
        pay(reseller_tree.agent, "5", actor=agent, reference=reference)
    pay(reseller_tree.agent, "5", actor=agent, reference="R-1")
    assert balance(reseller_tree.agent) == 5


def test_limits_of_payments_bind_the_own_account_as_well(
    reseller_tree: ResellerTree, agent: Actor
) -> None:
    own, ten, fifteen = reseller_tree.agent, Decimal(10), Decimal(15)
    payment_policy_set(actor=SYSTEM, account=own, per_payment=ten, per_day=fifteen)
    with refused("over_payment_limit", "amount"):
        pay(own, "10.01", actor=agent, reference="R-1")
    pay(own, "10", actor=agent, reference="R-1")
    with refused("over_day_limit", "amount"):
        pay(own, "5.01", actor=agent, reference="R-2")


@pytest.mark.parametrize(("field", "most"), [("reference", 64), ("memo", 200)])
def test_what_is_written_beside_it_has_a_length(shop: Account, field: str, most: int) -> None:
    with refused("too_long", field):
        pay(shop, "5", **{field: "x" * (most + 1)})
    made = pay(shop, "5", **{field: "x" * most})
    assert getattr(made, field) == "x" * most


def test_an_opening_balance_comes_first_and_from_no_cash(shop: Account) -> None:
    made = pay(shop, "5", "opening")
    assert [one.house for one in made.entries.order_by("pk")] == ["", "adjustment"]
    with refused("not_first", "kind"):
        pay(shop, "5", "opening")
    made = pay(shop, "5")
    assert [one.house for one in made.entries.order_by("pk")] == ["", "cash"]


def test_what_was_taken_back_is_paid_again_without_a_question(shop: Account) -> None:
    made = pay(shop, "5")
    with refused("repeated", "again"):
        pay(shop, "5", is_repeat_meant=False)
    reverse(made)
    pay(shop, "5", is_repeat_meant=False)
    assert balance(shop) == 5


def test_what_is_zero_is_not_made_zero(shop: Account) -> None:
    with refused("zero_already", "kind"):
        pay(shop, "0", "make_zero")


def test_of_a_closed_account_not_even_the_check_page_is_shown(shop: Account) -> None:
    account_close(actor=SYSTEM, account=shop, reason="gone")
    for kind in ("recharge", "make_zero"):
        with refused("closed"):
            payment_preview(actor=SYSTEM, account=shop, payment=Payment(kind, Decimal(5)))


def test_operators_pay_nobody_whatever_they_may_change(shop: Account, operator: User) -> None:
    sabotage.plant_model_permission(operator, "change_account")
    with refused("portal_only"):
        pay(shop, "5", actor=operator_actor(operator))


def test_an_account_in_debt_is_not_closed(shop: Account) -> None:
    pay(shop, "5")
    made = Transaction.objects.get(account=shop)
    pay(shop, "5", "deduction")
    reverse(made)
    assert balance(shop) == -5
    with refused("close_blocked"):
        account_close(actor=SYSTEM, account=shop, reason="gone")


def reverse(made: Transaction) -> None:
    transaction_reverse(actor=SYSTEM, transaction=made, reason="wrong", idempotency_key="back")


def test_who_has_paid_others_is_never_deleted(reseller_tree: ResellerTree) -> None:
    """Though nothing of its own ever moved."""
    grant(reseller_tree.agent)
    helper = AccountFactory(parent=reseller_tree.agent)
    customer = AccountFactory(parent=helper)
    grant(helper)
    pay(customer, "5", actor=payer(helper))
    account_move(actor=SYSTEM, account=customer, parent=reseller_tree.agent)
    helper.refresh_from_db()
    with pytest.raises(Refused) as caught:
        account_delete(actor=SYSTEM, account=helper, reason="gone")
    assert [str(one.label) for one in caught.value.items] == ["1 movements of money"]
