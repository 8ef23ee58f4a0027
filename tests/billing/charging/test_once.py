"""Exactly once: whoever brings the same records, however often and in whatever order, while several
charge them and are killed (docs/domain.md 7).
"""

import random
import time
from decimal import Decimal

import pytest

from billing.calls.models import CallRecord, Leg
from billing.charging.models import Charge, QuarterTotal
from billing.charging.queries.integrity import calls_found
from billing.ledger.queries.integrity import ledger_found
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged, waits
from tests.factories.rates import LONG_AGO
from tests.factories.trees import ResellerTree
from tests.support import processes
from tests.support.buying import buys_at
from tests.support.charging_worker import bring, charge_for_ever

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

CALLS = 120
TIMES = 5
KILLS = 6


def test_brought_five_times_by_four_processes_while_chargers_are_killed(
    tree: ResellerTree, groups: Groups
) -> None:
    buys_at(tree.customer_2, groups.customer, since=LONG_AGO)
    records = [
        cdr(f"c-{n}", account="Customer-001" if n % 2 else "Customer-002") for n in range(CALLS)
    ]
    records.append(cdr("waits", account="nobody"))
    bringers = [processes.begin(bring, records * TIMES, seed) for seed in range(4)]
    chance = random.Random(7)
    chargers = [processes.begin(charge_for_ever, 50) for _one in range(2)]
    for turn in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.4))
        processes.killed(chargers[turn % 2])
        chargers[turn % 2] = processes.begin(charge_for_ever, 50)
    assert [processes.ended(one, 120) for one in bringers] == [0] * 4
    for one in chargers:
        processes.killed(one)
    charged()
    assert not CallRecord.objects.inbox().exists()
    assert Leg.objects.count() == CALLS
    assert Charge.objects.count() == CALLS * 3
    assert waits() == [("nobody", "")]
    balances = {one.account_id: one.balance for one in Wallet.objects.exclude(balance=0)}
    assert balances == {
        tree.customer.pk: Decimal("-3.60"),
        tree.customer_2.pk: Decimal("-3.60"),
        tree.agent.pk: Decimal("-4.80"),
        tree.top.pk: Decimal("-3.60"),
    }
    assert sum(one.legs for one in QuarterTotal.objects.filter(is_own=True)) == CALLS
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound, ledger_found().lines
