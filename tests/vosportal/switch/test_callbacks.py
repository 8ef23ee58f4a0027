"""Who calls a callback trigger is called back: two legs, one session, both held and charged at the
trigger's account (docs/domain.md 7).
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.errors import Clash, Refused
from accounts.phones.models import Phone, PhoneNumber
from accounts.phones.services.uses import dids_used
from accounts.tree.services.accounts import account_edit, account_lock
from billing.holds.models import CallbackOrder, RunningCall
from billing.holds.services.callbacks import KEPT, WAITS, callbacks_expired
from tests.factories.calls import cdr, charged, charges
from tests.support.dialling_in import (
    ACCESS,
    CALLER,
    LINE,
    NUMBER,
    OTHER,
    TRIGGER,
    access_number,
    called_in,
    trigger,
    trunk,
)
from tests.support.numbers import limit
from tests.support.paying import pay
from tests.support.sabotage import plant
from tests.support.switching import SWITCH, restarted, tick
from tests.vosportal.switch.conftest import Switched
from vosportal.switch.services import calling_back
from vosportal.switch.services.events import cuts

pytestmark = pytest.mark.django_db

SOON = (486, "You will be called back")
BOTH = [Decimal("0.12"), Decimal("0.08"), Decimal("0.06")]


@pytest.fixture
def back(switched: Switched) -> Switched:
    """The customer calls back, and connects with a number of its own."""
    tree = switched.tree
    plant(tree.customer, ctd_billing_model="flow")
    tree.customer.refresh_from_db()
    trigger(tree.customer, connects_to=NUMBER)
    trunk(tree.other_top)
    return switched


def triggered(call_id: str = "t-1", **more: str) -> tuple[int, str]:
    answer = called_in(call_id, **{"callee": TRIGGER, **more})
    assert answer["allowed"] is False
    return answer["sip_code"], answer["said"]


def orders(source: str = SWITCH) -> list[dict[str, Any]]:
    """What a switch that can call two sides is told."""
    found: list[dict[str, Any]] = cuts(source, timezone.now(), originates=True)["originate"]
    return found


def test_two_legs_are_ordered_and_hold_their_money(back: Switched) -> None:
    assert triggered() == SOON
    assert back.held() == BOTH
    (order,) = orders()
    legs = {one["leg"]: one for one in order["legs"]}
    assert list(legs) == ["A", "B"]
    assert (legs["A"]["callee"], legs["A"]["caller"]) == (CALLER, TRIGGER)
    assert (legs["B"]["callee"], legs["B"]["caller"]) == (NUMBER, CALLER)
    assert (order["caller"], order["callee"]) == (CALLER, NUMBER)
    assert order["account"] == back.tree.customer.account_id
    assert [one["seconds"] for one in order["legs"]] == [60, 60]
    assert legs["A"]["routes"][0]["gateway"] == "rt-one"
    running = RunningCall.objects.order_by("leg").values_list("leg", "session", "phone", "gateway")
    assert list(running) == [(leg, order["session"], "", "") for leg in ("A", "B")]


def test_both_legs_are_charged_in_one_session(back: Switched) -> None:
    triggered()
    (order,) = orders()
    for leg in order["legs"]:
        record = cdr(
            order["call_id"], at=timezone.now(), account=order["account"], leg=leg["leg"],
            session=order["session"], callee=leg["callee"],
        )  # fmt: skip
        charged(record, source=SWITCH)
    assert [amount for _who, _prefix, amount in charges()] == [
        Decimal(one) for one in ("0.06", "0.04", "0.03") * 2
    ]
    assert back.held() == [0, 0, 0]
    assert not RunningCall.objects.exists()


def test_who_says_no_to_calling_is_told_of_nothing(back: Switched) -> None:
    triggered()
    assert cuts(SWITCH, timezone.now())["originate"] == []
    assert len(orders()) == 1


def test_an_order_is_told_once_and_its_legs_are_who_took_it(back: Switched) -> None:
    triggered()
    assert len(orders("sw-2")) == 1
    assert orders("sw-2") == orders() == []
    assert set(RunningCall.objects.values_list("source", flat=True)) == {"sw-2"}


def test_an_order_of_a_switch_that_began_anew_is_told_nobody(back: Switched) -> None:
    triggered()
    restarted()
    assert orders() == []


def test_the_caller_names_whom_it_wants(back: Switched) -> None:
    triggered(destination="+880 1711 999999")
    (order,) = orders()
    assert order["callee"] == "8801711999999"


def test_a_caller_has_one_session_open_at_a_trigger(back: Switched) -> None:
    assert triggered() == triggered("t-2") == SOON
    assert back.held() == BOTH
    assert len(orders()) == 1
    # Taken, and its legs up.
    assert triggered("t-3") == SOON
    assert orders() == []
    # Another caller has one of its own.
    assert triggered("t-4", caller=OTHER) == SOON
    assert len(orders()) == 1
    RunningCall.objects.update(ended_at=timezone.now())
    triggered("t-5")
    assert len(orders()) == 1


def test_an_order_nobody_takes_is_void_and_holds_nothing(back: Switched, time_machine: Any) -> None:
    triggered()
    time_machine.move_to(timezone.now() + WAITS + timedelta(seconds=1))
    assert orders() == []
    tick()
    assert back.held() == [0, 0, 0]
    assert not RunningCall.objects.exists()
    triggered("t-2")
    assert len(orders()) == 1
    time_machine.move_to(timezone.now() + KEPT + timedelta(minutes=1))
    tick()
    assert not CallbackOrder.objects.exists()


def test_void_it_frees_the_way_for_the_next_even_where_no_clock_runs(
    back: Switched, time_machine: Any
) -> None:
    triggered()
    time_machine.move_to(timezone.now() + WAITS + timedelta(seconds=1))
    triggered("t-2")
    assert back.held() == BOTH
    assert len(orders()) == 1


def test_where_the_second_leg_cannot_be_paid_the_first_holds_nothing(back: Switched) -> None:
    pay(back.tree.customer, "9.9", "deduction")
    assert triggered() == (403, "Forbidden")
    assert back.held() == [0, 0, 0]
    assert orders() == []
    pay(back.tree.customer, "1")
    assert triggered("t-2") == SOON
    assert len(orders()) == 1


def test_what_was_broken_off_between_its_legs_holds_nothing_for_long(
    back: Switched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_order: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(calling_back, "callback_ordered", away)
    with pytest.raises(TimeoutError):
        triggered()
    assert back.held() == BOTH
    assert callbacks_expired(timezone.now()) == 0
    assert callbacks_expired(timezone.now() + WAITS) == 1
    assert back.held() == [0, 0, 0]


def test_the_first_leg_keeps_to_the_number_sections_as_well(back: Switched) -> None:
    limit(back.tree.customer, "block 88017112")
    assert triggered() == (403, "Forbidden")
    assert triggered("t-2", caller="8801799000000") == SOON


def test_the_account_answers_as_for_every_call(back: Switched) -> None:
    account_lock(actor=SYSTEM, account=back.tree.agent, reason="Why")
    assert triggered() == (403, "Forbidden")
    assert back.held() == [0, 0, 0]


def test_its_own_people_hear_why(back: Switched) -> None:
    """Who comes in by another's trunk hears nothing of what the account has and may call."""
    pay(back.tree.customer, "9.9", "deduction")
    assert triggered() == (403, "Forbidden")
    by_its_own = called_in("t-2", callee=TRIGGER, phone="8801819000001", gateway="")
    assert (by_its_own["sip_code"], by_its_own["said"]) == (402, "Balance too low")


@pytest.mark.parametrize(
    ("question", "heard"),
    [
        ({"caller": "anonymous"}, (484, "No number to call back")),
        ({"destination": "nobody"}, (484, "Not a number")),
        ({"callee": LINE, "destination": NUMBER}, (404, "Not an access number")),
        ({"gateway": "nobody"}, (403, "Unknown caller")),
    ],
)
def test_what_cannot_be_called_back_is_told_why(
    back: Switched, question: dict[str, str], heard: tuple[int, str]
) -> None:
    assert triggered(**question) == heard
    assert not RunningCall.objects.exists()


def test_a_trigger_without_a_number_needs_one_from_the_caller(back: Switched) -> None:
    one = Phone.objects.get(number=LINE)
    dids_used(actor=SYSTEM, phone=one, uses={TRIGGER: ("callback", "")})
    assert triggered() == (484, "No number to connect with")
    assert triggered("t-2", destination=NUMBER) == SOON


def test_an_account_that_is_standard_by_now_calls_nobody_back(back: Switched) -> None:
    customer = back.tree.customer
    account_edit(actor=SYSTEM, account=customer, ctd_billing_model="standard")
    assert triggered() == (404, "Not a callback number")


def refusal(phone: Phone, number: str, use: str, connects_to: str = "") -> str:
    with pytest.raises(Refused) as refused:
        dids_used(actor=SYSTEM, phone=phone, uses={number: (use, connects_to)})
    return refused.value.code


def test_uses_of_dids_that_cannot_be(back: Switched, switched: Switched) -> None:
    flow = Phone.objects.get(number=LINE)
    assert refusal(flow, TRIGGER, "else") == "unknown_choice"
    assert refusal(flow, LINE, "callback") == "no_did"
    assert refusal(flow, TRIGGER, "callback", "nobody") == "not_a_number"
    access_number(switched.tree.agent, ACCESS, "8801500000005")
    standard = Phone.objects.get(number="8801500000005")
    assert refusal(standard, ACCESS, "callback") == "not_flow"
    plant(flow.account, type=Account.Type.PHONE_CARD)
    assert refusal(flow, TRIGGER, "access") == "no_cards_here"
    with pytest.raises(Clash):
        dids_used(actor=SYSTEM, phone=standard, uses={}, expected_version=standard.version + 7)
    dids_used(actor=SYSTEM, phone=standard, uses={ACCESS: ("", NUMBER)})
    kept = PhoneNumber.objects.get(number=ACCESS)
    assert (kept.use, kept.connects_to) == ("", "")
