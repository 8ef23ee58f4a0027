"""Callbacks: a real SIP server takes the call of the trigger and leaves the order alone; the switch
beside it that makes the two legs is played by the contract.
"""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.holds.models import RunningCall
from tests.factories.switches import new_switch
from tests.sip.conftest import ANSWERED, REST, Line, all_is_sound, charged_for, legs_of, priced
from tests.support.dialling_in import trigger
from tests.support.sabotage import plant
from tests.support.sip_server import HOST

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip


class Joining:
    """A switch that calls two sides and joins them, as docs/switch/README.md has it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.key = new_switch("joins", addresses=[HOST]).key.text

    def ask(self, name: str, body: Any) -> Any:
        return self.line.post(name, body, key=self.key)

    def orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("cuts", {"originates": True})["originate"]
        return found

    def join(self, order: dict[str, Any], seconds: int) -> None:
        """Both sides answer, talk for so long and hang up."""
        end = datetime.now(UTC)
        answer = end - timedelta(seconds=seconds)
        for leg in order["legs"]:
            call = {"call_id": order["call_id"], "leg": leg["leg"]}
            by = leg["routes"][0]["gateway"]
            told = {**call, "gateway": by, "at": answer.isoformat(), "event": "answered"}
            assert self.ask("events", told)["known"] is True
        for leg in order["legs"]:
            call = {"call_id": order["call_id"], "leg": leg["leg"]}
            by = leg["routes"][0]["gateway"]
            self.ask("events", {**call, "at": end.isoformat(), "event": "ended"})
            record = {
                **call, "session": order["session"], "account": order["account"],
                "caller": leg["caller"], "callee": leg["callee"], "callee_out": leg["callee"],
                "routing_gateway": by, "setup": answer.isoformat(), "answer": answer.isoformat(),
                "end": end.isoformat(), "cause": "200",
            }  # fmt: skip
            assert self.ask("cdr", record) == {"taken": 1}


def test_a_trigger_is_called_and_both_sides_are_called_back(line: Line) -> None:
    chain = line.chain()
    plant(chain.customer, ctd_billing_model="flow")
    chain.customer.refresh_from_db()
    number = trigger(chain.customer)
    joining = Joining(line)
    wanted = ANSWERED + REST
    said = line.refused(chain.gateway, f"{number}*{wanted}", 486)
    assert said == "You will be called back"
    # Kamailio asks `cuts` every second, and takes no order.
    (order,) = joining.orders()
    assert joining.orders() == []
    legs = RunningCall.objects.filter(account=chain.customer).order_by("leg")
    assert [(one.leg, one.source, one.number) for one in legs] == [
        ("A", "joins", chain.gateway.shown), ("B", "joins", wanted),
    ]  # fmt: skip
    assert chain.held()[0] > 0
    time.sleep(2)
    joining.join(order, 2)
    done = legs_of(chain.customer, 2)
    assert {one.leg for one in done} == {"A", "B"}
    assert {one.session for one in done} == {order["session"]}
    for leg in done:
        assert charged_for(chain, leg)[0] == priced("customer", leg.duration)
    assert chain.held() == [Decimal(0)] * 3
    all_is_sound()
