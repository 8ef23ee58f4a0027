"""What fails and comes back, the portal or the SIP server: each call is charged once, and none is
lost.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from billing.calls.models import CallRecord, Leg
from billing.calls.reasons import Reason
from billing.charging.models import Charge
from billing.holds.models import RunningCall
from billing.holds.services.running import lost_found
from tests.factories.switches import new_switch
from tests.sip.conftest import (
    ANSWERED,
    REST,
    UNRATED,
    Line,
    all_is_sound,
    charged_for,
    legs_of,
    priced,
)
from tests.support import sipp
from tests.support.sip_server import HOST, Kamailio, Relay
from tests.support.waiting import until

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip


def test_a_call_goes_on_without_the_portal_and_is_charged_when_it_is_back(line: Line) -> None:
    chain = line.chain()
    talking = line.calling(chain.gateway, sipp.talks(chain.gateway, ANSWERED + REST, 3000))
    own = RunningCall.objects.filter(account=chain.customer)
    until(own.filter(answered_at__isnull=False).exists)
    line.portal.end_web()
    try:
        assert line.refused(chain.gateway, ANSWERED + REST, 503) == "Try again"
        talking.done()
    finally:
        line.portal.begin()
    (leg,) = legs_of(chain.customer)
    assert charged_for(chain, leg)[0] == priced("customer", leg.duration)
    assert chain.held() == [0, 0, 0]


def test_a_call_that_the_portal_answered_too_late_is_over_and_holds_nothing(
    line: Line, tmp_path: Path
) -> None:
    """Its caller was told to try again; the gateway's next call is none too many."""
    chain = line.chain(max_calls=1)
    relay = Relay(line.portal.address, is_late="authorize")
    key = new_switch("sip-late", addresses=[HOST]).key.text
    switch = Kamailio(tmp_path, portal=relay.address, key=key)
    try:
        slow = replace(line, switch=switch)
        for number in (UNRATED, ANSWERED):
            assert slow.refused(chain.gateway, number + REST, 503) == "Try again"
        # What was refused too late leaves nothing.
        (leg,) = legs_of(chain.customer)
    finally:
        switch.end()
        relay.shutdown()
    assert (leg.number, leg.answer, leg.cause) == (ANSWERED + REST, None, "503")
    assert charged_for(chain, leg) == [0, 0, 0]
    assert chain.held() == [0, 0, 0]
    line.talked(chain.gateway, ANSWERED + REST, 200)
    assert len(legs_of(chain.customer, 2)) == 2
    all_is_sound()


def test_records_come_twice_late_and_before_the_answer_is_told(line: Line) -> None:
    chain = line.chain()
    line.talked(chain.gateway, ANSWERED + REST, 300)
    (leg,) = legs_of(chain.customer)
    record = next(one for one in line.records() if one["call_id"] == leg.call_id)
    assert line.post("cdr", [record, record]) == {"taken": 2}
    assert line.post("cdr", record) == {"taken": 1}
    event = {"event": "answered", "call_id": leg.call_id, "at": record["answer"]}
    assert line.post("events", event) == {"known": False}
    until(lambda: not CallRecord.objects.inbox().exists())
    assert Leg.objects.filter(call_id=leg.call_id).count() == 1
    assert Charge.objects.filter(leg_id=leg.pk).count() == 4
    # Another content under the same name waits, and charges nobody.
    line.post("cdr", {**record, "end": str(float(record["end"]) + 60)})
    until(CallRecord.objects.waiting().filter(reason=Reason.DIFFERS).exists)
    assert Charge.objects.filter(leg_id=leg.pk).count() == 4
    all_is_sound()


def test_a_switch_that_dies_in_the_middle_of_a_call_frees_nothing_and_forgets_nothing(
    line: Line,
) -> None:
    chain = line.chain()
    talking = line.calling(chain.gateway, sipp.talks(chain.gateway, ANSWERED + REST, 20_000))
    own = RunningCall.objects.filter(account=chain.customer)
    until(own.filter(answered_at__isnull=False).exists)
    ringing = line.calling(chain.phone, sipp.gives_up(chain.phone, ANSWERED + REST))
    until(lambda: own.count() == 2)
    line.switch.kill()
    line.switch.begin()
    until(lambda: own.filter(is_lost=True).count() == 2)
    for one in (talking, ringing):
        one.end()
    held = chain.held()
    assert held[0] > 0
    lost_found(timezone.now() + timedelta(minutes=6), 100)
    # Of what was answered the record is missed, and its money stays held; the other one is free.
    (missed,) = CallRecord.objects.waiting().filter(account_id=chain.customer.pk)
    assert missed.reason == Reason.MISSING
    (kept,) = own
    assert 0 < chain.held()[0] <= held[0]
    assert not Leg.objects.filter(account_id=chain.customer.pk).exists()
    # The record that somebody finds after all is charged once.
    at = kept.answered_at
    assert at is not None
    record = {
        "call_id": kept.call_id, "gateway": chain.gateway_name, "callee": ANSWERED + REST,
        "routing_gateway": "rt-answers", "setup": kept.authorized_at.isoformat(),
        "answer": at.isoformat(), "end": (at + timedelta(seconds=2)).isoformat(), "cause": "200",
    }  # fmt: skip
    line.post("cdr", [record, record])
    (leg,) = legs_of(chain.customer)
    assert charged_for(chain, leg)[0] == priced("customer", 2)
    assert chain.held() == [0, 0, 0]
    assert not CallRecord.objects.waiting().filter(account_id=chain.customer.pk).exists()
    line.talked(chain.gateway, ANSWERED + REST, 200)
    assert len(legs_of(chain.customer, 2)) == 2
    all_is_sound()
