"""Two hundred calls at once against credit for ten: ten pass (docs/domain.md 7)."""

from collections import Counter
from decimal import Decimal

import pytest
from django.db.models import Sum

from accounts.core.models import Account
from accounts.phones.models import Phone
from billing.holds.models import Hold, RunningCall
from billing.ledger.queries.integrity import ledger_problems
from billing.wallets.models import Wallet
from tests.factories import AccountFactory, phone
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO
from tests.support.authorizing_worker import AuthorizingWorker
from tests.support.buying import buys_at
from tests.support.covering import cover, handed_out, put_on_covered
from tests.support.crowd import crowd
from tests.support.paying import pay
from tests.vosportal.switch.conftest import Switched

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.smoke,
]  # fmt: skip

PROCESSES, EACH = 8, 25


def asked_at_once() -> Counter[str]:
    with crowd(PROCESSES, AuthorizingWorker, seconds=0, least=EACH) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert done.total() == PROCESSES * EACH
    return done


def assert_held_is_the_sum_of_holds() -> None:
    held = Wallet.objects.filter(held__gt=0).values_list("pk", "held")
    holds = Hold.objects.values_list("account").annotate(Sum("amount")).filter(amount__gt=0)
    assert dict(held) == dict(holds)
    assert ledger_problems() == []


def with_money(account: Account, wanted: str) -> None:
    """Ten are there already; so much remains."""
    pay(account, str(Decimal(10) - Decimal(wanted)), "deduction")


def test_credit_for_ten_lets_ten_pass(switched: Switched) -> None:
    with_money(switched.tree.customer, "0.60")
    assert asked_at_once() == {"allowed": 10, "402": 190}
    assert RunningCall.objects.count() == 10
    assert switched.held() == [Decimal("0.60"), Decimal("0.40"), Decimal("0.30")]
    assert_held_is_the_sum_of_holds()


def test_below_an_agent_on_covered_that_handed_out_everything_all_pass_that_can_pay(
    switched: Switched,
) -> None:
    """What it has stands at its customers: their money for ten calls is enough of its own."""
    tree = switched.tree
    second = AccountFactory(account_id="Customer-B", parent=tree.agent)
    buys_at(second, switched.groups.customer, since=LONG_AGO)
    phone(second, "8801819000005", max_calls=500)
    with_money(tree.agent, "0.60")
    with_money(tree.customer, "0.36")
    pay(second, "0.24")
    put_on_covered(tree.agent)
    assert (handed_out(tree.agent), cover(tree.agent).free) == (Decimal("0.60"), 0)
    assert asked_at_once() == {"allowed": 10, "402": 190}
    calls = Counter(RunningCall.objects.values_list("account__account_id", flat=True))
    assert calls == {tree.customer.account_id: 6, "Customer-B": 4}
    assert switched.held() == [Decimal("0.36"), Decimal("0.40"), Decimal("0.30")]
    assert_held_is_the_sum_of_holds()
    # A minute each: what they had is spent, their agent's is not, and it is covered as before.
    running = list(RunningCall.objects.values_list("source", "call_id", "phone"))
    assert len(running) == 10
    for source, name, number in running:
        assert charged(cdr(name, phone=number), source=source).accepted == 1
    assert switched.held() == [0, 0, 0]
    left = [Wallet.objects.get(pk=one.pk).balance for one in (tree.customer, second, tree.agent)]
    assert left == [0, 0, Decimal("0.20")]
    assert not cover(tree.agent).is_uncovered
    assert_held_is_the_sum_of_holds()


def test_an_agent_above_with_credit_for_ten_lets_ten_pass(switched: Switched) -> None:
    with_money(switched.tree.top, "0.30")
    assert asked_at_once() == {"allowed": 10, "403": 190}
    assert_held_is_the_sum_of_holds()


def test_a_phone_for_ten_calls_lets_ten_pass(switched: Switched) -> None:
    Phone.objects.filter(pk=switched.phone.pk).update(max_calls=10)
    assert asked_at_once() == {"allowed": 10, "486": 190}
    assert_held_is_the_sum_of_holds()
