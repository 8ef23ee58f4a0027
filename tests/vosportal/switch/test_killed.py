"""Whatever is killed, and whenever: every answered call is charged once, every hold is free or
belongs to a call that runs (docs/domain.md 7).
"""

import random
import time
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from billing.calls.models import CallRecord, Leg
from billing.charging.models import Charge
from billing.charging.queries.integrity import calls_found
from billing.holds.models import Hold, RunningCall
from billing.ledger.queries.integrity import ledger_found
from billing.wallets.models import Wallet
from tests.factories.calls import charged
from tests.support import processes
from tests.support.charging_worker import charge_for_ever
from tests.support.paying import pay
from tests.support.switch_worker import carry, watch_for_ever
from tests.vosportal.switch.conftest import Switched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

SWITCHES, EACH = 2, 24
LONGEST = 240


def test_web_workers_clock_and_charger_are_killed_at_any_moment(
    switched: Switched, tmp_path: Path
) -> None:
    for account in (switched.tree.top, switched.tree.agent, switched.tree.customer):
        pay(account, "1000")
    begun_at, chance = timezone.now(), random.Random(11)
    works = [
        (carry, [f"{at}-{n}" for n in range(EACH)], begun_at, tmp_path / str(at))
        for at in range(SWITCHES)
    ]
    running = [processes.begin(*work) for work in works]
    others = [(charge_for_ever, 50), (watch_for_ever,)]
    beside = [processes.begin(*work) for work in others]
    end = time.monotonic() + LONGEST
    while any(one.is_alive() for one in running):
        assert time.monotonic() < end
        time.sleep(chance.uniform(0.2, 1))
        at = chance.randrange(SWITCHES + len(others))
        if at >= SWITCHES:
            processes.killed(beside[at - SWITCHES])
            beside[at - SWITCHES] = processes.begin(*others[at - SWITCHES])
        elif running[at].is_alive() and chance.random() < 0.5:
            processes.killed(running[at])
            running[at] = processes.begin(*works[at])
    for one in beside:
        processes.killed(one)
    charged()
    assert_each_is_charged_once(switched)


def assert_each_is_charged_once(switched: Switched) -> None:
    count = SWITCHES * EACH
    paid = count * 3 // 4
    assert Leg.objects.count() == count
    assert Charge.objects.count() == paid * 3
    assert not CallRecord.objects.exists()
    assert not RunningCall.objects.exists()
    assert not Hold.objects.exists()
    assert switched.held() == [0, 0, 0]
    spent = Decimal(1010) - Wallet.objects.get(pk=switched.tree.customer.pk).balance
    assert spent == paid * Decimal("0.06")
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound, ledger_found().lines
