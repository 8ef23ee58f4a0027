"""Each rule of `check_calls` finds what breaks it, and nothing else is needed to see it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from accounts.core.actor import SYSTEM
from billing.calls.models import CallRecord, Leg, LegKey
from billing.charging.models import (
    Charge,
    DayTotal,
    PlatformDay,
    PlatformQuarter,
    QuarterTotal,
    TopDay,
    VolumeCredit,
)
from billing.charging.queries.integrity import _CHECKS, calls_found
from billing.charging.services.volumes import months_closed
from billing.holds.models import Estimate, Hold, RunningCall
from billing.ledger.models import Transaction
from billing.rates.services.groups import tiers_set
from billing.wallets.models import Standing, Wallet
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory
from tests.factories.calls import cdr, charged
from tests.factories.gateways import GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.holding import held_call
from tests.support.paying import pay
from tests.support.sabotage import tamper

pytestmark = pytest.mark.django_db

MARCH = datetime(2027, 3, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _charged(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """Two calls of ten minutes, one of which a carrier took, and one that was not answered; the
    month is closed, somebody has paid, a call runs, and a record waits that holds its cost.
    """
    time_machine.move_to(MARCH)
    carrier = AccountFactory(account_id="Carrier", type="clearing")
    GatewayFactory(account=carrier, name="elbe", direction="routing")
    cost = rate_group(None, "Cost")
    rate(cost, "880", "0.01")
    buys_at(carrier, cost, since=LONG_AGO)
    tiers_set(actor=SYSTEM, group=groups.customer, tiers=[(1, 500)])
    # Two seconds are 0.000516667, which is rounded.
    rate(groups.customer, "88018", "0.0155", first_block=1, increment=1)
    pay(tree.top, "50")
    for account in (tree.customer, tree.agent):
        pay(account, "50", "opening")
    charged(
        cdr("a", account="Customer-001", seconds=600),
        cdr("b", account="Customer-001", seconds=600, routing_gateway="elbe"),
        cdr("c", account="Customer-001", seconds=0),
        cdr("d", account="Customer-001", callee="8801819442207", seconds=2),
    )
    time_machine.move_to(datetime(2027, 4, 1, tzinfo=UTC))
    months_closed()
    held_call([tree.customer, tree.agent, tree.top])
    rate(groups.customer, "44", "0.10", since=LONG_AGO)
    charged(cdr("e", account="Customer-001", callee="442071838750"))
    assert Estimate.objects.count() == 1
    assert calls_found().is_sound, calls_found().lines


def of(call: str, level: int = 0, **more: Any) -> Any:
    """The charge of a call at a level."""
    leg = Leg.objects.get(call_id=call)
    more = {"is_cost": False, **more}
    return Charge.objects.filter(leg_id=leg.pk, level=level, **more)


def paid() -> int:
    return Transaction.objects.get(kind="recharge").pk


# What breaks which rule.
BROKEN: dict[str, Callable[[], Any]] = {
    "a movement of calls that is not what its charges add up to": lambda: tamper(
        of("a"), transaction_id=of("a", 1).get().transaction_id
    ),
    "a charge behind a movement that is none of calls": lambda: tamper(
        of("a"), transaction_id=paid()
    ),
    "charges that nothing was moved for": lambda: tamper(of("a"), transaction_id=None),
    "a charge that is not its price times its seconds": lambda: tamper(
        of("a"), price=Decimal("0.061")
    ),
    "a charge of no leg, or in another month than its leg": lambda: tamper(
        Leg.objects.filter(call_id="a")
    ),
    "a leg that is not charged to every level once": lambda: tamper(of("a", 1)),
    "a leg that is there twice": lambda: tamper(Leg.objects.filter(call_id="a"), call_id="b"),
    "a leg that cost nothing and is charged": lambda: tamper(
        Leg.objects.filter(call_id="a"), duration=0
    ),
    "a leg whose cost is neither charged nor waiting": lambda: tamper(of("b", is_cost=True)),
    "an account whose quarters do not add up to its charges": lambda: tamper(
        QuarterTotal.objects.filter(is_own=True, is_cost=False), amount=Decimal(1)
    ),
    "an account whose days do not add up to its charges": lambda: tamper(
        DayTotal.objects.filter(is_own=True, is_cost=False), billed=1
    ),
    "an agent whose sub-accounts' quarters do not add up to what it paid for their calls": (
        lambda: tamper(QuarterTotal.objects.filter(bought__gt=0), bought=F("bought") + 1)
    ),
    "an agent whose sub-accounts' days do not add up to what it paid for their calls": (
        lambda: tamper(DayTotal.objects.filter(bought__gt=0), bought=F("bought") + 1)
    ),
    "an account whose own legs are counted wrongly": lambda: tamper(
        QuarterTotal.objects.filter(is_own=True, is_cost=False), legs=F("legs") + 1
    ),
    "a hold of no call": lambda: tamper(Hold.objects.filter(level=2), call_id=10**9),
    "a running call that does not hold at every level": lambda: tamper(
        Hold.objects.filter(level=1)
    ),
    "a hold for a record that does not wait, or is not the call of somebody": lambda: tamper(
        CallRecord.objects.waiting(), account_id=None
    ),
    "a record that holds money twice, by itself and by the call that it ends": lambda: tamper(
        RunningCall.objects.all(), record_id=CallRecord.objects.waiting().get().pk
    ),
    "a running call, or its hold, of an account that is not there": lambda: tamper(
        Hold.objects.filter(level=1), account_id=10**9
    ),
    "a running call whose record is gone": lambda: tamper(
        RunningCall.objects.all(), record_id=10**9
    ),
    "a call that is charged and still holds money": lambda: tamper(
        Leg.objects.filter(call_id="a"),
        source="sw-1",
        call_id="running",
        authorized_at=RunningCall.objects.get().authorized_at,
    ),
    "a quarter of an hour of the platform that is not what its accounts add up to": lambda: tamper(
        PlatformQuarter.objects.filter(is_cost=True), seconds=F("seconds") + 1
    ),
    "a day of the platform that is not what its accounts add up to": lambda: tamper(
        PlatformDay.objects.filter(is_cost=False, amount__gt=0), destination="Elsewhere"
    ),
    "a top-level account whose days are not what its destinations add up to": lambda: tamper(
        TopDay.objects.filter(is_cost=False)
    ),
    "a top-level account whose quarters do not add up to what carriers are owed for its calls": (
        lambda: tamper(
            QuarterTotal.objects.filter(agent_id=0, is_cost=False, bought__gt=0),
            bought=F("bought") + 1,
        )
    ),
    "a top-level account whose days do not add up to what carriers are owed for its calls": (
        lambda: tamper(
            DayTotal.objects.filter(agent_id=0, is_cost=False, bought__gt=0), bought=F("bought") + 1
        )
    ),
    "a volume discount that is not what was posted for it": lambda: tamper(
        VolumeCredit.objects.all(), posted=Decimal(1)
    ),
    "an account that does not stand where it was noted last": lambda: tamper(
        Wallet.objects.filter(account__account_id="Customer-001"), rate_group=None
    ),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_what_breaks_a_rule_is_found(rule: str) -> None:
    BROKEN[rule]()
    assert [line for line in calls_found().lines if f" × {rule}: " in line]


def test_every_rule_is_broken_once() -> None:
    assert list(BROKEN) == list(_CHECKS)


@pytest.mark.wide
@pytest.mark.parametrize(
    ("breaks", "rule"),
    [
        # The right number of lines, and a wrong one among them.
        (lambda: tamper(of("a"), level=1), "a leg that is not charged to every level once"),
        (
            lambda: tamper(of("a"), account_id=of("a", 1).get().account_id),
            "a leg that is not charged to every level once",
        ),
        (
            lambda: tamper(Leg.objects.filter(call_id="a"), answer=None),
            "a leg that cost nothing and is charged",
        ),
        (
            lambda: tamper(of("a"), amount=F("amount") + 1),
            "a movement of calls that is not what its charges add up to",
        ),
        (
            lambda: tamper(of("a"), billed=0),
            "a charge that is not its price times its seconds",
        ),
        (
            lambda: tamper(VolumeCredit.objects.all()),
            "a volume discount that is not what was posted for it",
        ),
        (
            lambda: tamper(of("a"), account_id=of("a", 1).get().account_id),
            "a movement of calls that is not what its charges add up to",
        ),
        # A top-level account without a rate group, of which nothing else is noted.
        (
            lambda: tamper(Standing.objects.filter(account__account_id="Master-Agent-2")),
            "an account that does not stand where it was noted last",
        ),
        (
            lambda: tamper(Standing.objects.filter(account__account_id="Customer-001")),
            "an account that does not stand where it was noted last",
        ),
        (
            lambda: tamper(
                Standing.objects.filter(account__account_id="Customer-001"), agent_id=None
            ),
            "an account that does not stand where it was noted last",
        ),
        # The right price, noted of another agent.
        (
            lambda: tamper(
                QuarterTotal.objects.filter(bought__gt=0, is_own=True), agent_id=F("account_id")
            ),
            "an agent whose sub-accounts' quarters do not add up to what it paid for their calls",
        ),
        # The right cost, noted of another top-level account.
        (
            lambda: tamper(
                QuarterTotal.objects.filter(agent_id=0, is_cost=False, bought__gt=0),
                account_id=F("account_id") + 10**6,
            ),
            "a top-level account whose quarters do not add up to what carriers are owed for its"
            " calls",
        ),
        (
            lambda: tamper(TopDay.objects.filter(bought__gt=0), bought=F("bought") + 1),
            "a top-level account whose days are not what its destinations add up to",
        ),
        # Charged as if no switch had asked about it.
        (
            lambda: tamper(
                Leg.objects.filter(call_id="a"),
                source="sw-1",
                call_id="running",
                charged_at=RunningCall.objects.get().authorized_at + timedelta(seconds=1),
            ),
            "a call that is charged and still holds money",
        ),
        (
            lambda: tamper(CallRecord.objects.waiting()),
            "a hold for a record that does not wait, or is not the call of somebody",
        ),
        (
            lambda: tamper(Estimate.objects.all(), account_id=10**9),
            "a hold for a record that does not wait, or is not the call of somebody",
        ),
        (
            lambda: tamper(QuarterTotal.objects.filter(is_own=True, is_cost=False)),
            "an account whose own legs are counted wrongly",
        ),
    ],
)
def test_it_is_found_another_way_too(breaks: Callable[[], Any], rule: str) -> None:
    breaks()
    assert [line for line in calls_found().lines if f" × {rule}: " in line]


def test_a_leg_whose_key_is_forgotten_would_be_charged_twice() -> None:
    tamper(LegKey.objects.filter(pk=LegKey.objects.earliest("pk").pk))
    assert "1 legs or records whose key is not known" in calls_found().lines
