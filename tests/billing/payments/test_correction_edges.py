"""What taking payments back and moving them shows and refuses, at its edges."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.tree.services.ending import account_close
from billing.errors import KeyReused
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Transaction
from billing.ledger.services.posting import post
from billing.payments.services.paying import Payment, payment_preview
from billing.payments.services.reversing import reversal_preview, transaction_reverse
from tests.factories import AccountFactory, ResellerTree, StaffFactory
from tests.support import sabotage
from tests.support.carding import refused
from tests.support.covering import covered
from tests.support.paying import balance, pay

pytestmark = pytest.mark.django_db

FIVE = Decimal(5)


@pytest.fixture
def shop() -> Account:
    return AccountFactory(account_id="Shop")


@pytest.fixture
def staff() -> Actor:
    return actor_for(StaffFactory(administrator=True))


def reverse(made: Transaction, actor: Actor = SYSTEM, key: str = "back") -> Transaction:
    return transaction_reverse(actor=actor, transaction=made, reason="wrong", idempotency_key=key)


def is_below(made: Transaction) -> bool:
    (side,) = reversal_preview(actor=SYSTEM, transaction=made)
    return side.is_below_limit


class TestBelowTheLimit:
    def test_it_is_what_passes_it(self, shop: Account) -> None:
        made = pay(shop, "5")
        pay(shop, "3")
        pay(shop, "3", "deduction")
        assert not is_below(made)
        pay(shop, "0.000001", "deduction")
        assert is_below(made)

    def test_unlimited_credit_has_none(self, shop: Account) -> None:
        made = pay(shop, "5")
        pay(shop, "5", "deduction")
        terms_set(actor=SYSTEM, account=shop, payment_mode="postpaid", is_unlimited=True)
        assert not is_below(made)

    def test_what_comes_back_is_none(self, shop: Account) -> None:
        pay(shop, "5")
        made = pay(shop, "5", "deduction")
        sabotage.plant_balance(shop, Decimal(-20))
        assert not is_below(made)


def test_a_key_takes_back_one_payment(shop: Account, staff: Actor) -> None:
    one, other = pay(shop, "5"), pay(shop, "6")
    reverse(one, staff)
    with pytest.raises(KeyReused):
        reverse(other, staff)
    assert balance(shop) == 6


def test_of_a_closed_account_nothing_is_shown_to_take_back(shop: Account) -> None:
    made = pay(shop, "5")
    pay(shop, "5", "deduction")
    account_close(actor=SYSTEM, account=shop, reason="gone")
    with refused("closed"):
        reversal_preview(actor=SYSTEM, transaction=made)


@pytest.fixture
def closes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Account], None]:
    """`closes_meanwhile(account)`: in the moment before its wallet is locked."""

    def prepare(account: Account) -> None:
        def posted(*args: Any, **more: Any) -> Transaction:
            sabotage.plant(account, status="closed")
            return post(*args, **more)

        for name in ("paying", "reversing"):
            monkeypatch.setattr(f"billing.payments.services.{name}.post", posted)

    return prepare


Closing = Callable[[Account], None]


def test_an_account_that_closes_meanwhile_is_not_paid(
    shop: Account, closes_meanwhile: Closing
) -> None:
    closes_meanwhile(shop)
    with refused("closed"):
        pay(shop, "5")
    assert balance(shop) == 0


def test_nor_is_anything_taken_back_from_it(shop: Account, closes_meanwhile: Closing) -> None:
    made = pay(shop, "5")
    closes_meanwhile(shop)
    with refused("closed"):
        reverse(made)
    assert balance(shop) == 5


def test_a_balance_at_its_threshold_is_not_low(shop: Account) -> None:
    terms_set(actor=SYSTEM, account=shop, low_balance_threshold=FIVE)
    for amount, is_low in (("5", False), ("4.999999", True)):
        payment = Payment("recharge", Decimal(amount))
        plan = payment_preview(actor=SYSTEM, account=shop, payment=payment)
        assert plan.sides[0].is_low_after is is_low


def test_a_transfer_says_what_it_leaves_uncovered_on_both_sides(
    reseller_tree: ResellerTree,
) -> None:
    tree = reseller_tree
    covered(tree.agent, "0.000001")
    covered(tree.sub_agent, "5")
    pay(tree.deep_customer, "5")
    payment = Payment("transfer", FIVE, memo="wrong", source=tree.sub_agent)
    plan = payment_preview(actor=SYSTEM, account=tree.sibling_customer, payment=payment)
    assert [one.agent.account_id for one in plan.shortfalls] == ["Sub-Sub-Agent"]
    covered(tree.sibling, "1")
    plan = payment_preview(actor=SYSTEM, account=tree.sibling_customer, payment=payment)
    told = [(one.agent.account_id, one.free, one.amount) for one in plan.shortfalls]
    assert told == [("Sylhet-Retail-Sub", 1, 5), ("Sub-Sub-Agent", 0, 5)]
