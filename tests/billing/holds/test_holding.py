"""The step that sets money aside: at every level, or at none (docs/domain.md 7)."""

from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.core.actor import SYSTEM
from billing.handing_out.services.terms import terms_set
from billing.holds.models import Hold, RunningCall
from billing.holds.services.holding import HeldBefore, NoMoney, TooMany
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups
from tests.factories.trees import ResellerTree
from tests.support.holding import held_call
from tests.support.paying import pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(reseller_tree: ResellerTree, groups: Groups) -> list:
    found = [reseller_tree.customer, reseller_tree.agent, reseller_tree.top]
    for account in found:
        pay(account, "1")
    return found


def held() -> set[Decimal]:
    return set(Wallet.objects.filter(held__gt=0).values_list("held", flat=True))


def test_the_same_call_is_held_once(chain: list) -> None:
    held_call(chain)
    with pytest.raises(HeldBefore):
        held_call(chain)
    assert held() == {Decimal("0.06")}
    assert RunningCall.objects.count() == 1


def test_where_one_level_is_short_nobody_holds_anything(chain: list) -> None:
    pay(chain[2], "0.95", "deduction")
    with pytest.raises(NoMoney):
        held_call(chain)
    assert held() == set()
    assert not Hold.objects.exists()


def test_a_phone_or_gateway_that_is_full_holds_nothing(chain: list) -> None:
    for number, call_id in (("1", "first"), ("2", "of another"), ("", "of an account")):
        held_call(chain, call_id, phone=number)
    for limits in ([("phone", "1", 1)], [("phone", "2", 2), ("phone", "1", 1)]):
        with pytest.raises(TooMany):
            held_call(chain, "second", phone="1", limits=limits)
    assert held() == {Decimal("0.18")}
    RunningCall.objects.filter(call_id="first").update(ended_at=timezone.now())
    held_call(chain, "second", phone="1", limits=[("phone", "2", 2), ("phone", "1", 1)])
    assert held() == {Decimal("0.24")}


def test_each_level_has_a_hold_of_its_own(chain: list) -> None:
    held_call(chain)
    found = Hold.objects.order_by("level").values_list("level", "account_id", "amount")
    assert list(found) == [(at, one.pk, Decimal("0.06")) for at, one in enumerate(chain)]


def test_what_is_held_is_not_there_for_another_call(chain: list) -> None:
    """Of 0.12 two calls hold all, to the last cent."""
    pay(chain[0], "0.88", "deduction")
    held_call(chain, "one")
    held_call(chain, "two")
    with pytest.raises(NoMoney):
        held_call(chain, "three", amount=1)
    assert held() == {Decimal("0.12")}


def test_credit_is_money_too(chain: list) -> None:
    pay(chain[0], "1", "deduction")
    terms_set(actor=SYSTEM, account=chain[0], credit_limit=Decimal("0.06"))
    held_call(chain, "one")
    with pytest.raises(NoMoney):
        held_call(chain, "two")


def test_unlimited_credit_is_enough_for_everything(chain: list) -> None:
    pay(chain[0], "1", "deduction")
    terms_set(
        actor=SYSTEM, account=chain[0], payment_mode="postpaid", is_unlimited=True, reason="Why"
    )
    held_call(chain, amount=1_000_000)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_sent_in_one_go_is_done_or_refused_as_a_whole(chain: list) -> None:
    """Outside of a transaction, as a switch is answered. Each refusal leaves the connection as it
    was, and what holds for the step alone ends with it.
    """
    held_call(chain, "one", phone="1")
    pay(chain[2], "0.90", "deduction")
    for refusal, call_id, amount in ((HeldBefore, "one", 1), (NoMoney, "two", 60_000)):
        with pytest.raises(refusal):
            held_call(chain, call_id, amount)
    with pytest.raises(TooMany):
        held_call(chain, "three", 1, phone="1", limits=[("phone", "1", 1)])
    assert held() == {Decimal("0.06")}
    assert list(RunningCall.objects.values_list("call_id", flat=True)) == ["one"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('synchronous_commit')")
        assert cursor.fetchone() == ("on",)
        cursor.execute("SELECT current_setting('plan_cache_mode')")
        assert cursor.fetchone() == ("auto",)
    held_call(chain, "four", 1)
    assert RunningCall.objects.count() == 2
