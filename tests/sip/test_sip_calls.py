"""Calls by a real SIP server: who may call, what it is charged, what is heard where it may not."""

import time
from dataclasses import replace
from decimal import Decimal
from math import ceil

import pytest

from accounts.core.actor import SYSTEM
from accounts.gateways.models import Gateway
from accounts.gateways.services.capacity import gateway_capacity_set
from accounts.gateways.services.gateways import gateway_information_set
from accounts.phones.models import Phone
from accounts.phones.services.phones import phone_lock
from accounts.switches.models import Registration
from accounts.tree.services.accounts import account_lock, account_unlock
from billing.charging.models import Charge
from billing.holds.services.running import call_cut
from tests.factories import GatewayFactory
from tests.sip.conftest import (
    ANSWERED,
    BROKE,
    BUSY,
    NO_CARRIER,
    NOWHERE,
    REST,
    RINGING,
    SECOND,
    UNRATED,
    Chain,
    Line,
    all_is_sound,
    charged_for,
    legs_of,
    priced,
)
from tests.support import sipp
from tests.support.numbers import limit
from tests.support.paying import pay
from tests.support.sipp import Caller, statuses
from tests.support.switching import RunningCall
from tests.support.waiting import until

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip


def test_an_answered_call_is_charged_at_every_level_and_to_the_carrier(line: Line) -> None:
    chain = line.chain()
    line.talked(chain.gateway, ANSWERED + REST)
    (leg,) = legs_of(chain.customer)
    assert (leg.gateway, leg.routing_gateway) == (chain.gateway_name, "rt-answers")
    assert leg.duration >= 2
    keys = ("customer", "agent", "top", "cost")
    assert charged_for(chain, leg) == [priced(one, leg.duration) for one in keys]
    assert chain.held() == [0, 0, 0]
    all_is_sound()


def test_a_phone_is_proven_by_its_password(line: Line) -> None:
    chain = line.chain()
    line.talked(chain.phone, ANSWERED + REST)
    (leg,) = legs_of(chain.customer)
    assert leg.phone == chain.phone.user
    # Who is wrong and who is unknown hear the same, and nobody is asked for money.
    wrong = replace(chain.phone, password="wrong")
    nobody = replace(chain.phone, user="8801819999999")
    for one in (wrong, nobody):
        assert line.refused(one, ANSWERED + REST, 403) == "Forbidden"
    assert chain.held() == [0, 0, 0]


def test_a_gateway_that_registers_is_proven_by_its_user_name(line: Line) -> None:
    chain = line.chain()
    information = {
        "registration": "dynamic", "user_name": "trunk-1", "password": "Zq7-of-the-trunk-1",
        "is_locked": False,
    }  # fmt: skip
    GatewayFactory(
        account=chain.customer, name="trunk", direction="mapping", capacity=5, **information
    )
    trunk = Caller("8801819", user="trunk-1", password="Zq7-of-the-trunk-1")
    line.calling(trunk, sipp.registers(trunk)).done()
    until(lambda: Registration.objects.filter(gateway__name="trunk").exists())
    line.talked(trunk, ANSWERED + REST)
    (leg,) = legs_of(chain.customer)
    assert leg.gateway == "trunk"


def test_who_registers_is_online_until_it_leaves(line: Line) -> None:
    phone = line.chain().phone
    line.calling(phone, sipp.registers(phone)).done()
    until(lambda: Registration.objects.filter(phone__number=phone.user).exists())
    kept = Registration.objects.get(phone__number=phone.user)
    assert (kept.address, kept.source) == ("127.0.0.1", "sip-1")
    lasts = (kept.until - kept.since).total_seconds()
    assert 590 < lasts < 600 + 310
    line.calling(phone, sipp.registers(phone, seconds=0)).done()
    until(lambda: Registration.objects.get(pk=kept.pk).until < kept.until)
    wrong = replace(phone, password="wrong")
    line.calling(wrong, sipp.registers(wrong, 403)).done()


def test_a_call_ends_where_the_poorest_level_can_pay_no_more(line: Line) -> None:
    """Its agent's money is gone after six seconds; four are granted at a time."""
    chain = line.chain(agent="0.004")
    begun = time.monotonic()
    steps = sipp.is_cut_off(chain.gateway, ANSWERED + REST)
    line.calling(chain.gateway, steps).done()
    assert 5 < time.monotonic() - begun < 6 + 3
    (leg,) = legs_of(chain.customer)
    assert 6 <= leg.duration <= 9
    *levels, cost = charged_for(chain, leg)
    assert levels == [priced(one, 6) for one in ("customer", "agent", "top")]
    assert cost == priced("cost", leg.duration)
    assert chain.held() == [0, 0, 0]


def test_a_call_is_cut_by_hand(line: Line) -> None:
    chain = line.chain()
    for number in (ANSWERED + REST, RINGING + REST):
        is_ringing = number.startswith(RINGING)
        steps = (
            sipp.is_refused(chain.gateway, number, 403) if is_ringing
            else sipp.is_cut_off(chain.gateway, number)
        )  # fmt: skip
        calling = line.calling(chain.gateway, steps)
        own = RunningCall.objects.filter(account=chain.customer, number=number)
        until(own.filter(answered_at__isnull=is_ringing).exists)
        begun = time.monotonic()
        call_cut(actor=SYSTEM, call=own.get(), reason="Fraud, says the carrier")
        assert "Fraud" not in calling.done()
        assert time.monotonic() - begun < 4
    answered, rang = sorted(legs_of(chain.customer, 2), key=lambda one: one.setup)
    assert (answered.answer is not None, rang.answer) == (True, None)


def test_a_bye_that_leads_elsewhere_ends_the_call_at_the_carrier(line: Line) -> None:
    """It goes where the carrier said, whatever address the caller writes into it."""
    chain = line.chain()
    steps = sipp.talks(chain.gateway, ANSWERED + REST, 1000)
    astray = [one.replace("BYE [next_url]", "BYE sip:nobody@127.0.0.1:9") for one in steps]
    assert astray != steps
    before = len(line.heard("rt-answers"))
    line.calling(chain.gateway, astray).done()
    legs_of(chain.customer)
    until(lambda: "BYE sip:" in line.heard("rt-answers")[before:])
    assert chain.held() == [0, 0, 0]


def test_what_refuses_is_heard_in_its_order(line: Line) -> None:
    """Everything is wrong at first, and mended one after the other."""
    chain = line.chain(money="0.0001", max_calls=1)
    caller = chain.gateway
    gateway = Gateway.objects.get(name=chain.gateway_name)
    above = "Refused at a level above yours"
    limit(chain.customer, f"block {UNRATED}")
    lock_gateway(gateway, True)
    account_lock(actor=SYSTEM, account=chain.agent, reason="test")
    assert line.refused(caller, UNRATED + REST, 403) == above
    chain.agent.refresh_from_db()
    account_unlock(actor=SYSTEM, account=chain.agent)
    assert line.refused(caller, UNRATED + REST, 403) == "Locked"
    lock_gateway(gateway, False)
    assert line.refused(caller, "nobody", 484) == "Not a number"
    assert line.refused(caller, UNRATED + REST, 403) == "Number not allowed"
    limit(chain.customer)
    assert line.refused(caller, UNRATED + REST, 404) == "No rate for this number"
    gateway.refresh_from_db()
    set_capacity(gateway, 0)
    assert line.refused(caller, NO_CARRIER + REST, 486) == "Too many calls at a time"
    set_capacity(gateway, 1)
    assert line.refused(caller, NO_CARRIER + REST, 402) == "Balance too low"
    pay(chain.customer, "10")
    assert line.refused(caller, NO_CARRIER + REST, 403) == above
    for one in (chain.agent, chain.top):
        pay(one, "10")
    assert line.refused(caller, NO_CARRIER + REST, 503) == "No route"
    line.talked(caller, ANSWERED + REST, 200)
    assert len(legs_of(chain.customer)) == 1
    assert chain.held() == [0, 0, 0]


def test_the_own_account_is_asked_before_those_above_and_before_the_lock(line: Line) -> None:
    chain = line.chain()
    lock_gateway(Gateway.objects.get(name=chain.gateway_name), True)
    phone = Phone.objects.get(number=chain.phone.user)
    phone_lock(actor=SYSTEM, phone=phone, lock="out", reason="test")
    for account in (chain.agent, chain.customer):
        account_lock(actor=SYSTEM, account=account, reason="test")
    own = "Account locked or expired"
    assert line.refused(chain.gateway, ANSWERED + REST, 403) == own
    # Below an account that is stopped nobody is known.
    assert line.refused(chain.phone, ANSWERED + REST, 403) == "Forbidden"
    for account in (chain.customer, chain.agent):
        for one in (chain.gateway, chain.phone):
            assert line.refused(one, ANSWERED + REST, 403) != "Locked"
        account.refresh_from_db()
        account_unlock(actor=SYSTEM, account=account)
    for one in (chain.gateway, chain.phone):
        assert line.refused(one, ANSWERED + REST, 403) == "Locked"
    phone_lock(actor=SYSTEM, phone=phone, lock="in", reason="test")
    line.talked(chain.phone, ANSWERED + REST, 200)
    assert len(legs_of(chain.customer)) == 1


def lock_gateway(gateway: Gateway, is_locked: bool) -> None:
    gateway.refresh_from_db()
    gateway_information_set(
        actor=SYSTEM, gateway=gateway, information={"is_locked": is_locked}, reason="test"
    )


def set_capacity(gateway: Gateway, calls: int) -> None:
    gateway.refresh_from_db()
    gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=calls)


def test_a_gateway_with_a_call_up_has_no_second_one(line: Line) -> None:
    chain = line.chain(max_calls=1)
    talking = line.calling(chain.gateway, sipp.talks(chain.gateway, ANSWERED + REST, 4000))
    until(RunningCall.objects.filter(account=chain.customer, answered_at__isnull=False).exists)
    other = replace(chain.gateway)
    assert line.refused(other, ANSWERED + REST, 486) == "Too many calls at a time"
    talking.done()
    assert len(legs_of(chain.customer)) == 1


def test_the_second_route_answers_where_the_first_is_dead(line: Line) -> None:
    chain = line.chain()
    line.talked(chain.gateway, f"{SECOND}1{REST[1:]}", 300)
    (leg,) = legs_of(chain.customer)
    assert leg.routing_gateway == "rt-answers"


@pytest.mark.parametrize(
    ("begins", "status", "words", "cause"),
    [
        (BUSY, 486, "Busy here", "486"),
        (RINGING, 480, "No answer", "408"),
        (BROKE, 503, "No route", "402"),
        (NOWHERE, 503, "No route", "504"),
    ],
)
def test_what_is_not_answered_costs_nothing(
    line: Line, begins: str, status: int, words: str, cause: str
) -> None:
    """What a carrier says of itself is for the record alone."""
    chain = line.chain()
    assert line.refused(chain.gateway, begins + REST, status) == words
    (leg,) = legs_of(chain.customer)
    assert (leg.duration, leg.answer, leg.cause) == (0, None, cause)
    assert charged_for(chain, leg) == [0, 0, 0]
    assert chain.held() == [0, 0, 0]


def test_a_caller_hangs_up_while_it_rings(line: Line) -> None:
    chain = line.chain()
    for one in (chain.gateway, chain.phone):
        said = line.calling(one, sipp.gives_up(one, RINGING + REST)).done()
        assert "487 Request Terminated" in statuses(said)
    legs = legs_of(chain.customer, 2)
    assert [(one.duration, one.cause) for one in legs] == [(0, "487")] * 2
    assert not Charge.objects.filter(leg_id__in=[one.pk for one in legs]).exists()
    assert chain.held() == [0, 0, 0]


def hung_up_early(line: Line) -> tuple[Chain, sipp.Phone] | None:
    """Whose call was taken back while the portal stood still, if it got as far as the money: what
    no worker has begun with the server ends by itself, in its own words.
    """
    chain, unknown = line.chain(max_calls=1), line.unknown()
    with line.portal.halted():
        caller = line.calling(chain.gateway, sipp.gives_up_early(chain.gateway, ANSWERED + REST))
        until(lambda: "\nCANCEL sip:" in caller.said())
    until(lambda: caller.process.poll() is not None)
    is_begun = "487 Request canceled" not in statuses(caller.said())
    return (chain, caller) if is_begun and line.unknown() == unknown else None


def test_a_caller_hangs_up_before_the_portal_has_answered(line: Line) -> None:
    """What is held for it is free at once, and the gateway's next call is none too many."""
    before = len(line.heard("rt-answers"))
    # On a busy machine a call may be over before anybody asks; somebody else calls then.
    chain, caller = next(filter(None, (hung_up_early(line) for _ in range(9))))
    assert "487 Request Terminated" in statuses(caller.done())
    (leg,) = legs_of(chain.customer)
    assert (leg.duration, leg.answer, leg.cause) == (0, None, "487")
    assert chain.held() == [0, 0, 0]
    assert len(line.heard("rt-answers")) == before
    line.talked(chain.gateway, ANSWERED + REST, 200)
    all_is_sound()


HOSTILE = (
    ('"x\\", \\"phone\\": \\"8801\\"}" ', "8801819"),
    ('"<script>alert(1)</script>" ', "%22%3e%0d%0aX-Evil"),
    ('"' + "ü😀" * 200 + '" ', "a'b;--"),
    ('"=cmd|1" ', "8" * 64),
)
_HEADERS = (
    'P-Asserted-Identity: "Evil" <sip:+1900@evil.example>\nRemote-Party-ID: <sip:1@evil.example>\n'
    "X-Evil: $var(x) $(hdr(From)) %s%n\nDiversion: <sip:evil@evil.example>\n"
)


def test_names_and_headers_of_callers_stay_here(line: Line) -> None:
    chain = line.chain()
    before = len(line.heard("rt-answers"))
    for name, shown in HOSTILE:
        caller = replace(chain.gateway, name=name, shown=shown, headers=_HEADERS)
        line.talked(caller, ANSWERED + REST, 200)
    line.talked(replace(chain.phone, headers=_HEADERS), ANSWERED + REST, 200)
    legs = legs_of(chain.customer, len(HOSTILE) + 1)
    assert {one.routing_gateway for one in legs} == {"rt-answers"}
    heard = line.heard("rt-answers")[before:]
    assert heard.count("\nINVITE sip:880") >= len(HOSTILE) + 1
    for word in ("vil", "script", "Authorization", "😀", "Remote-Party", "cmd"):
        assert word not in heard, word
    long = replace(chain.gateway, shown="8" * 65)
    assert line.refused(long, ANSWERED + REST, 400) == "Not a caller"
    assert line.refused(chain.gateway, "8" * 65, 484) == "Not a number"


def test_seconds_begun_are_seconds_billed(line: Line) -> None:
    chain = line.chain()
    line.talked(chain.gateway, ANSWERED + REST, 200)
    (leg,) = legs_of(chain.customer)
    record = next(one for one in line.records() if one["call_id"] == leg.call_id)
    spoken = Decimal(record["end"]) - Decimal(record["answer"])
    assert leg.duration == ceil(spoken)
