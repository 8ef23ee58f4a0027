"""Limits of payments: inherited, the strictest counts, summed per hierarchy and day."""

from decimal import Decimal

import pytest

from accounts.core.actor import SYSTEM, Actor
from accounts.core.models import Account
from accounts.kit.errors import Refused
from billing.errors import BadAmount
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from billing.ledger.services.batches import Line, post_many
from billing.money import MAX_AMOUNT, MAX_BALANCE, to_micros
from billing.payments.services.paying import Payment, payment_preview
from billing.wallets.models import Wallet
from tests.factories import AccountFactory, ResellerTree, grant
from tests.support import sabotage
from tests.support.paying import balance, pay, payer
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def limit(account: Account, amount: str) -> None:
    payment_policy_set(actor=SYSTEM, account=account, per_day=Decimal(amount))


def refused(code: str, account: Account, amount: str, actor: Actor, kind: str = "recharge") -> str:
    with pytest.raises(Refused) as caught:
        pay(account, amount, kind, actor)
    assert (caught.value.code, caught.value.field) == (code, "amount")
    return str(caught.value)


def test_a_day_limit_adds_up_what_the_whole_hierarchy_paid(tree: ResellerTree) -> None:
    limit(tree.agent, "100")
    agent, below = payer(tree.agent), payer(tree.sub_agent)
    pay(tree.customer, "60", actor=agent)
    pay(tree.deep_customer, "30", actor=below)
    words = refused("over_day_limit", tree.customer, "10.01", agent)
    assert words == "At most 10.00 more may be paid today."
    words = refused("over_day_limit", tree.deep_customer, "10.01", below)
    assert words == "This is more than a level above yours permits."
    pay(tree.deep_customer, "10", actor=below)
    # Others, and administrators, are not of that hierarchy.
    pay(tree.customer, "500", actor=payer(tree.top))
    pay(tree.customer, "500")


def test_of_several_day_limits_along_the_chain_each_counts(tree: ResellerTree) -> None:
    limit(tree.top, "50")
    limit(tree.agent, "100")
    pay(tree.sibling_customer, "30", actor=payer(tree.top))
    refused("over_day_limit", tree.customer, "20.01", payer(tree.agent))
    pay(tree.customer, "20", actor=payer(tree.agent))


def test_the_smaller_one_further_down_counts_beside_one_above(tree: ResellerTree) -> None:
    limit(tree.top, "100")
    limit(tree.agent, "50")
    refused("over_day_limit", tree.customer, "50.01", payer(tree.agent))
    pay(tree.customer, "50", actor=payer(tree.agent))


def test_an_opening_balance_is_of_the_day_as_well(tree: ResellerTree) -> None:
    limit(tree.agent, "50")
    pay(tree.customer, "30", "opening", payer(tree.agent))
    refused("over_day_limit", tree.customer, "20.01", payer(tree.agent))


def test_the_limit_of_a_payment_is_told_to_whose_it_is_alone(tree: ResellerTree) -> None:
    payment_policy_set(actor=SYSTEM, account=tree.agent, per_payment=Decimal(50))
    words = refused("over_payment_limit", tree.customer, "50.01", payer(tree.agent))
    assert words == "At most 50.00 may be paid at once."
    words = refused("over_payment_limit", tree.deep_customer, "50.01", payer(tree.sub_agent))
    assert words == "This is more than a level above yours permits."
    pay(tree.customer, "50", actor=payer(tree.agent))


@pytest.mark.parametrize("field", ["per_payment", "per_day"])
def test_no_limit_is_below_zero(tree: ResellerTree, field: str) -> None:
    with pytest.raises(Refused) as caught:
        payment_policy_set(actor=SYSTEM, account=tree.agent, **{field: Decimal("-0.000001")})
    assert (caught.value.code, caught.value.field) == ("negative", field)
    payment_policy_set(actor=SYSTEM, account=tree.agent, **{field: Decimal(0)})
    with pytest.raises(Refused):
        pay(tree.customer, "0.000001", actor=payer(tree.agent))


def test_taking_money_back_frees_nothing_of_the_day(tree: ResellerTree) -> None:
    limit(tree.agent, "100")
    agent = payer(tree.agent)
    pay(tree.customer, "100", actor=agent)
    pay(tree.customer, "40", "deduction", agent)
    refused("over_day_limit", tree.customer, "0.000001", agent)


def test_a_debt_that_is_made_zero_counts_for_the_day(tree: ResellerTree) -> None:
    terms_set(
        actor=SYSTEM, account=tree.customer, payment_mode="postpaid", credit_limit=Decimal(500)
    )
    pay(tree.customer, "300", "deduction")
    agent = payer(tree.agent)
    payment_policy_set(actor=SYSTEM, account=tree.agent, per_day=Decimal(300))
    pay(tree.customer, "0", "make_zero", agent)
    refused("over_day_limit", tree.customer_2, "0.01", agent)
    # Making credit zero takes money away, and is no such payment.
    pay(tree.customer, "900")
    pay(tree.customer, "0", "make_zero", agent)
    assert balance(tree.customer) == 0


@pytest.mark.parametrize("of_whom", ["per_payment", "per_day"])
def test_making_a_debt_zero_is_a_payment_too(tree: ResellerTree, of_whom: str) -> None:
    terms_set(
        actor=SYSTEM, account=tree.customer, payment_mode="postpaid", credit_limit=Decimal(500)
    )
    pay(tree.customer, "300", "deduction")
    agent = payer(tree.agent)
    payment_policy_set(actor=SYSTEM, account=tree.agent, **{of_whom: Decimal(200)})
    code = {"per_payment": "over_payment_limit", "per_day": "over_day_limit"}[of_whom]
    with pytest.raises(Refused) as caught:
        payment_preview(actor=agent, account=tree.customer, payment=Payment("make_zero"))
    assert caught.value.code == code
    refused(code, tree.customer, "0", agent, "make_zero")
    payment_policy_set(actor=SYSTEM, account=tree.agent, **{of_whom: Decimal(300)})
    pay(tree.customer, "0", "make_zero", agent)
    # Making credit zero takes money away, and is no such payment.
    pay(tree.customer, "900")
    pay(tree.customer, "0", "make_zero", agent)
    assert balance(tree.customer) == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_payments_at_once_do_not_pass_a_day_limit_together() -> None:
    agent = grant(AccountFactory())
    sub_agent = grant(AccountFactory(parent=agent))
    customers = [AccountFactory(parent=sub_agent) for _ in range(10)]
    limit(agent, "35")
    actors = [payer(agent), payer(sub_agent)]

    def one(number: int) -> str:
        try:
            pay(customers[number], "10", actor=actors[number % 2])
        except Refused as error:
            return error.code
        return "paid"

    answers = at_once([lambda n=n: one(n) for n in range(10)])  # type: ignore[misc]
    assert sorted(answers) == ["over_day_limit"] * 7 + ["paid"] * 3
    assert ledger_problems() == []


def test_a_balance_that_its_column_could_not_hold_is_refused(tree: ResellerTree) -> None:
    full = MAX_BALANCE - Decimal("0.000001")
    sabotage.plant_balance(tree.customer, full)
    with pytest.raises(BadAmount, match="too large for the balance of Customer-001"):
        pay(tree.customer, "0.000002")
    with pytest.raises(BadAmount, match="too large for the balance of Customer-001"):
        payment_preview(
            actor=SYSTEM, account=tree.customer, payment=Payment("recharge", MAX_AMOUNT)
        )
    line = Line(tree.customer.pk, MAX_AMOUNT, "k", "d")
    with pytest.raises(BadAmount, match="too large for the balance of Customer-001"):
        post_many(SYSTEM, lambda: [line], kind="recharge", batch="b")
    pay(tree.customer, "0.000001")
    assert balance(tree.customer) == MAX_BALANCE
    assert Transaction.objects.count() == 1
    assert to_micros(MAX_BALANCE) * 9 < 2**63
    assert Wallet.objects.filter(balance__gt=MAX_BALANCE).count() == 0
