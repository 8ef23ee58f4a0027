"""Web workers, the clock and the charger are killed at any moment under a switch that asks over
HTTP: every answered call is charged once, every hold is free or belongs to a call that runs
(docs/domain.md 7).
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from billing.calls.models import CallRecord, Leg
from billing.calls.reasons import Reason
from billing.charging.models import Charge
from billing.charging.queries.integrity import calls_found
from billing.holds.models import Hold, RunningCall
from billing.holds.services.running import lost_found
from billing.ledger.queries.integrity import ledger_found
from billing.wallets.models import Wallet
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support import processes
from tests.support.buying import buys_at
from tests.support.depth import is_night
from tests.support.paying import pay
from tests.support.served import Served, kill
from tests.support.switch_line import Line
from tests.support.waiting import wait_until_alone
from tests.vosportal.switch.conftest import NUMBER, Switched

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race,
    pytest.mark.slow,
]  # fmt: skip

CALLS, AT_ONCE = 2_000 if is_night() else 300, 6
# Between two of them so many answers are given.
ANSWERS = (20, 140)
# What a second costs the customer, its agent, the agent above that, and the platform.
PRICES = [Decimal(one) for one in ("0.001", "0.0006", "0.0004", "0.0002")]
# What becomes of calls: most are spoken; of one the switch hears no more once it may be made.
FATES = ("spoken",) * 14 + ("unanswered",) * 3 + ("silent", "goes on", "goes on")
# Granted at a time; the clock grants more at once, as that is used up soon.
SECONDS = 10


@dataclass
class Call:
    name: str
    fate: str
    seconds: int = 0
    # Nobody heard that it may be made, and nobody asked again.
    is_given_up: bool = False


@dataclass
class Switch:
    """Carries calls, several at once; where nobody answers it asks or tells again."""

    line: Line
    seed: int
    done: list[Call] = field(default_factory=list)

    def carry(self, number: int) -> None:
        chance = random.Random(self.seed * 100_000 + number)
        call = Call(f"call-{number}", chance.choice(FATES))
        self.done.append(call)
        asked = {"call_id": call.name, "phone": "8801819000001", "callee": NUMBER}
        allowed = self.line.say("authorize", asked)
        if allowed is None and chance.random() < 0.3:
            call.is_given_up = True
            return
        # Or the caller is still there, and its phone says it again.
        allowed = allowed or self.line.insist("authorize", asked)
        assert allowed["allowed"], allowed
        assert allowed["seconds"] == SECONDS
        if call.fate == "silent":
            return
        begun = timezone.now()
        if call.fate != "unanswered" and (call.fate == "goes on" or chance.random() < 0.9):
            self._tell("answered", call.name, begun)
        if call.fate == "goes on":
            return
        call.seconds = chance.randint(1, SECONDS) if call.fate == "spoken" else 0
        self._end(call, begun, chance)

    def _end(self, call: Call, begun: datetime, chance: random.Random) -> None:
        record = cdr(
            call.name, at=begun, seconds=call.seconds, phone="8801819000001",
            **({"routing_gateway": "rt-one"} if call.seconds else {}),
        )  # fmt: skip
        if chance.random() < 0.8:
            self._tell("ended", call.name, timezone.now())
        for _again in range(chance.choice((1, 1, 1, 2))):
            assert self.line.insist("cdr", [record])["taken"] == 1

    def _tell(self, event: str, name: str, at: datetime) -> None:
        told = {"event": event, "call_id": name, "at": at.isoformat(), "gateway": "rt-one"}
        self.line.insist("events", told)

    def hears_of_cuts(self, over: threading.Event) -> None:
        since: dict[str, Any] = {}
        while not over.wait(1):
            answer = self.line.say("cuts", since)
            if answer is not None:
                since = {"since": answer["now"]}


class Beside:
    """The clock and the charger; killed, they begin again."""

    COMMANDS = (("switch_clock",), ("charge_calls", "--batch", "50"))

    def __init__(self) -> None:
        self.processes = [processes.managing(*one) for one in self.COMMANDS]

    def kill(self, at: int) -> str:
        processes.killed(self.processes[at])
        self.processes[at] = processes.managing(*self.COMMANDS[at])
        return self.COMMANDS[at][0]

    def end(self) -> None:
        for one in self.processes:
            processes.killed(one)


@pytest.fixture
def served(switched: Switched, tmp_path: Path) -> Iterator[Served]:
    """By the second at every level, and a carrier that takes its share."""
    chain = (switched.tree.customer, switched.tree.agent, switched.tree.top)
    groups = (switched.groups.customer, switched.groups.agent, switched.groups.top)
    cost = rate_group(None, "Cost")
    buys_at(switched.carrier, cost, since=LONG_AGO)
    for group, price in zip((*groups, cost), PRICES, strict=True):
        rate(group, "8801", str(price * 60), first_block=1, increment=1)
    for account in chain:
        pay(account, "1000")
    portal = Served(processes.database_url(), tmp_path, SWITCH_SECONDS=str(SECONDS))
    try:
        yield portal
    finally:
        portal.end()


def test_killed_at_any_moment_every_call_is_charged_once(
    switched: Switched, served: Served, key: str
) -> None:
    switch, beside, chance = Switch(Line(served.port, key), seed=7), Beside(), random.Random(11)
    killed: Counter[str] = Counter()
    over, begun = threading.Event(), time.monotonic()
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        hears = pool.submit(switch.hears_of_cuts, over)
        running = [pool.submit(switch.carry, n) for n in range(CALLS)]
        try:
            while _goes_on_for(chance.randint(*ANSWERS), switch.line, running):
                time.sleep(chance.uniform(0, 0.05))
                killed[_something_killed(served, beside, chance)] += 1
        finally:
            over.set()
            pool.shutdown(cancel_futures=True)
        for one in (hears, *running):
            one.result()
    seconds = time.monotonic() - begun
    print(f"{CALLS} calls in {seconds:.0f} s, killed {killed}, answers {switch.line.answers}")
    beside.end()
    served.kill_all()
    wait_until_alone()
    # Something was at work each time.
    assert switch.line.answers[0]
    charged()
    assert_charged_once(switched, switch.done)
    assert_held_for_what_runs(switch.done)


def _goes_on_for(answers: int, line: Line, running: list[Future[None]]) -> bool:
    """Wait for so many answers more; False once there are no calls any more."""
    before, end = line.answers[200], time.monotonic() + 120
    while line.answers[200] < before + answers:
        assert time.monotonic() < end, "nobody is answered any more"
        time.sleep(0.005)
        if all(one.done() for one in running):
            return False
    return True


def _something_killed(served: Served, beside: Beside, chance: random.Random) -> str:
    what = chance.choice(("web", "web", "web", "clock", "charger", "all of the web"))
    if what == "web":
        kill(chance.choice(served.workers()))
    elif what == "all of the web":
        served.kill_all()
        served.begin()
    else:
        beside.kill(("clock", "charger").index(what))
    return what


def assert_charged_once(switched: Switched, calls: list[Call]) -> None:
    brought = {one.name: one.seconds for one in calls if _has_record(one)}
    legs = Leg.objects.values_list("call_id", "duration")
    assert dict(legs) == brought
    assert Leg.objects.count() == len(brought)
    paid = [seconds for seconds in brought.values() if seconds]
    assert Charge.objects.count() == len(paid) * len(PRICES)
    assert not CallRecord.objects.exists()
    tree, spent = switched.tree, []
    for account, before in (
        (tree.customer, 1010), (tree.agent, 1010), (tree.top, 1010), (switched.carrier, 1000),
    ):  # fmt: skip
        spent.append(before - Wallet.objects.get(pk=account.pk).balance)
    assert spent[:3] == [sum(paid) * price for price in PRICES[:3]]
    assert abs(spent[3]) == sum(paid) * PRICES[3]
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound, ledger_found().lines


def _has_record(call: Call) -> bool:
    return call.fate in ("spoken", "unanswered") and not call.is_given_up


def assert_held_for_what_runs(calls: list[Call]) -> None:
    goes_on = {one.name for one in calls if one.fate == "goes on" and not one.is_given_up}
    silent = {one.name for one in calls if one.fate == "silent" or one.is_given_up}
    up = set(RunningCall.objects.values_list("call_id", flat=True))
    assert goes_on <= up <= goes_on | silent
    _assert_holds_are_of(up)
    # Those that run for long were granted more by the clock, and what nobody speaks of is let go.
    assert max(one.seconds for one in RunningCall.objects.filter(call_id__in=goes_on)) > SECONDS
    lost_found(timezone.now() + timedelta(days=1), CALLS)
    assert set(RunningCall.objects.values_list("call_id", flat=True)) == goes_on
    assert CallRecord.objects.filter(reason=Reason.MISSING).count() == len(goes_on)
    _assert_holds_are_of(goes_on)


def _assert_holds_are_of(calls: set[str]) -> None:
    assert Hold.objects.count() == 3 * len(calls)
    assert set(Hold.objects.values_list("call__call_id", flat=True)) == calls
    held = dict(Wallet.objects.filter(held__gt=0).values_list("pk", "held"))
    holds = Hold.objects.values("account").annotate(n=Sum("amount"))
    assert held == dict(holds.values_list("account", "n"))
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound, ledger_found().lines
