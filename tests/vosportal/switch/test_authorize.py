"""May this call be made? Step by step, the first that fails wins (docs/domain.md 7)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.gateways.services.capacity import ceiling_set
from accounts.phones.models import Phone
from accounts.phones.services.phones import phone_edit, phone_lock
from billing.holds.models import RunningCall
from billing.holds.services.holding import TooMany
from tests.factories import GatewayFactory
from tests.factories.calls import cdr, charged, charges, legs
from tests.factories.rates import rate
from tests.support.paying import pay
from tests.support.switching import SWITCH, answered, asked
from tests.vosportal.switch.conftest import NUMBER, Switched
from vosportal.switch.services import answering
from vosportal.switch.services.authorizing import authorize

pytestmark = pytest.mark.django_db


def amounts(*texts: str) -> list[Decimal]:
    return [Decimal(one) for one in texts]


def test_a_call_that_may_holds_the_first_minute_at_every_level(switched: Switched) -> None:
    answer = asked()
    assert answer["allowed"] is True
    assert answer["seconds"] == 60
    assert answer["callee"] == NUMBER
    assert [one["gateway"] for one in answer["routes"]] == ["rt-one"]
    assert switched.held() == amounts("0.06", "0.04", "0.03")


def test_a_long_first_block_above_is_held_there_and_not_told_below(switched: Switched) -> None:
    """The agent at the top buys by five minutes: 0.15 are held there, a minute is granted."""
    rate(switched.groups.top, "8801711", "0.03", first_block=300, increment=60)
    assert asked()["seconds"] == 60
    assert switched.held() == amounts("0.06", "0.04", "0.15")


def test_of_the_own_account_a_long_first_block_is_granted_as_a_whole(switched: Switched) -> None:
    rate(switched.groups.customer, "8801711", "0.06", first_block=300, increment=60)
    assert asked()["seconds"] == 300
    assert switched.held() == amounts("0.30", "0.20", "0.15")


def test_a_phone_shows_its_display_number_whatever_it_says(switched: Switched) -> None:
    assert asked(caller="4930123456")["caller"] == "4930123456"
    phone_edit(actor=SYSTEM, phone=switched.phone, display_number="8801819000099")
    answer = asked("c-2", caller="4930123456")
    assert answer["caller"] == "8801819000099"
    assert [one["caller"] for one in answer["routes"]] == ["8801819000099"]


def test_a_phone_that_may_not_call_is_proven_and_refused(switched: Switched) -> None:
    phone_lock(actor=SYSTEM, phone=switched.phone, lock="all", reason="Stolen")
    answer = asked()
    assert (answer["sip_code"], answer["said"]) == (403, "Locked")
    assert answer["reason"] == "lock: locked at Customer-001"


def test_the_same_call_asked_about_again_is_answered_as_it_was(switched: Switched) -> None:
    first = asked()
    assert asked() == first
    assert switched.held() == amounts("0.06", "0.04", "0.03")


def _no_money(switched: Switched) -> None:
    pay(switched.tree.customer, "9.94", "deduction")


def _full(switched: Switched) -> None:
    Phone.objects.filter(pk=switched.phone.pk).update(max_calls=1)


def _gone(switched: Switched) -> None:
    Phone.objects.filter(pk=switched.phone.pk).delete()


@pytest.mark.parametrize("stands_against_another", [_no_money, _full, _gone])
def test_it_is_answered_so_where_another_would_be_refused_by_now(
    switched: Switched, stands_against_another: Callable[[Switched], None]
) -> None:
    first = asked()
    stands_against_another(switched)
    assert asked() == first
    assert asked("c-2")["allowed"] is False
    assert RunningCall.objects.count() == 1


@pytest.mark.parametrize(
    ("at", "told", "reason"),
    [
        ("customer", (486, "Too many calls at a time"), "Customer-001"),
        ("agent", (403, "Refused at a level above yours"), "Dhaka-Retail-Sub"),
    ],
)
def test_whose_ceiling_another_call_filled_meanwhile_refuses(
    switched: Switched,
    monkeypatch: pytest.MonkeyPatch,
    at: str,
    told: tuple[int, str],
    reason: str,
) -> None:
    """It was judged while there was room."""

    def filled(_call: Any) -> int:
        raise TooMany

    GatewayFactory(
        account=switched.tree.customer, name="trunk", addresses=["203.0.113.5"], capacity=10
    )
    ceiling_set(actor=SYSTEM, account=getattr(switched.tree, at), calls=5)
    monkeypatch.setattr(answering, "call_held", filled)
    answer = authorize(SWITCH, {"call_id": "c-1", "gateway": "trunk", "callee": NUMBER})
    assert (answer["sip_code"], answer["said"]) == told
    assert answer["reason"] == f"calls: too_many at {reason}"


def test_its_record_charges_it_and_frees_what_it_held(switched: Switched) -> None:
    asked()
    answered()
    charged(cdr("c-1", at=timezone.now(), phone=switched.phone.number), source=SWITCH)
    assert [amount for _who, _prefix, amount in charges()] == amounts("0.06", "0.04", "0.03")
    assert switched.held() == amounts("0", "0", "0")
    assert not RunningCall.objects.exists()


def test_a_record_that_comes_before_the_answer_frees_it_as_well(switched: Switched) -> None:
    asked()
    charged(cdr("c-1", at=timezone.now(), phone=switched.phone.number), source=SWITCH)
    assert switched.held() == amounts("0", "0", "0")
    assert legs() == ["c-1"]
    assert answered() == {"known": False}


def test_a_call_nobody_answered_costs_nothing_and_holds_nothing(switched: Switched) -> None:
    asked()
    charged(cdr("c-1", seconds=0, phone=switched.phone.number), source=SWITCH)
    assert charges() == []
    assert switched.held() == amounts("0", "0", "0")
