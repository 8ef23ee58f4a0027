"""What refuses payments, by its code."""

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from accounts.core.record import ORIGIN, Origin
from accounts.kit.errors import NotAllowed
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.ledger.services.posting import check_is_now
from billing.payments.rules import refuse_own_below_covered
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.admin import operator_with
from tests.support.paying import pay
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_an_amount_is_above_zero(reseller_tree: ResellerTree, amount: str) -> None:
    with refused("not_positive", field="amount"):
        pay(reseller_tree.customer, amount)
    assert not Transaction.objects.exists()


def test_an_opening_balance_comes_first(reseller_tree: ResellerTree) -> None:
    pay(reseller_tree.customer, "5")
    with refused("not_first", field="kind"):
        pay(reseller_tree.customer, "5", "opening")
    assert Transaction.objects.count() == 1


class TestTheOwnAccount:
    @pytest.fixture
    def own(self, reseller_tree: ResellerTree) -> Account:
        return grant(reseller_tree.agent, "pay_own_account")

    def test_is_only_recharged(self, own: Account) -> None:
        actor = actor_for(UserFactory(account=own))
        with refused("own_recharge_only", field="kind"):
            pay(own, "5", "deduction", actor, reference="Slip 1")

    def test_is_recharged_with_a_reference(self, own: Account) -> None:
        actor = actor_for(UserFactory(account=own))
        with refused("reference_required", field="reference"):
            pay(own, "5", "recharge", actor, reference="  ")

    def test_is_not_topped_up_below_one_on_covered(
        self, own: Account, reseller_tree: ResellerTree
    ) -> None:
        payment_policy_set(actor=SYSTEM, account=reseller_tree.top, funding="covered")
        actor = actor_for(UserFactory(account=own))
        with refused("own_below_covered"):
            refuse_own_below_covered(actor)
        with refused("own_below_covered"):
            pay(own, "5", "recharge", actor, reference="Slip 1")
        assert not Transaction.objects.exists()


def test_operators_pay_nothing(reseller_tree: ResellerTree) -> None:
    operator = operator_with("change_account", "view_account")
    at_work = replace(actor_for(operator), in_admin=True)
    with refused("portal_only", NotAllowed):
        pay(reseller_tree.customer, "5", actor=at_work)
    assert not Transaction.objects.exists()


def test_nothing_is_posted_at_an_earlier_time_that_comes_with_a_request() -> None:
    token = ORIGIN.set(Origin())
    try:
        with refused("paid_earlier", NotAllowed):
            check_is_now(timezone.now())
    finally:
        ORIGIN.reset(token)


def test_a_statement_of_no_period_is_no_file(admin: Client, reseller_tree: ResellerTree) -> None:
    answer = admin.get("/accounts/Customer-001/statement/export/?format=csv&from=2099-12-32")
    assert answer.status_code == 422
    assert answer.context["error"].code == "bad_period"
