"""What calls leave behind, as tests read it: running totals, balances, the house's accounts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.calls.models import Leg
from billing.charging.models import DayTotal, GatewayTotal, QuarterTotal
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.legs import Wanted
from billing.ledger.models import Entry
from billing.ledger.queries.integrity import ledger_found
from billing.rates.services.corrections import correction_add
from billing.wallets.models import RateGroup, Wallet
from tests.factories.calls import cdr, charged

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
# Answered; set up in the same quarter of an hour, on the 14th in London and Pago Pago, on the 15th
# in Dhaka and on Kiritimati.
AT = datetime(2027, 3, 14, 18, 20, 30, tzinfo=UTC)
QUARTER = datetime(2027, 3, 14, 18, 15, tzinfo=UTC)
DAY = Wanted(NOON - timedelta(days=2), NOON)


def a_call(name: str = "paid", **more: Any) -> Leg:
    """A minute and a half, of which two are billed."""
    said = {"gateway": "in", "routing_gateway": "ELBE", "at": AT, "seconds": 90, **more}
    charged(cdr(name, **said))
    return Leg.objects.get(call_id=name)


def busy() -> None:
    a_call("busy", seconds=0, cause="17")


def days() -> set[tuple[Any, ...]]:
    names = dict(Account.objects.values_list("pk", "account_id"))
    names[0] = ""
    return {
        (
            names[one.account_id], one.day.day, names[one.agent_id], names[one.root_id],
            one.is_own, one.is_cost, one.destination,
            one.legs, one.answered, one.seconds, one.billed, one.amount,
        )
        for one in DayTotal.objects.all()
    }  # fmt: skip


def gateways() -> set[tuple[Any, ...]]:
    rows = GatewayTotal.objects.values_list(
        "gateway", "quarter", "cause", "legs", "answered", "seconds", "billed", "amount"
    )
    return set(rows)


def quarters() -> dict[str, tuple[Any, ...]]:
    names = dict(Account.objects.values_list("pk", "account_id"))
    assert set(QuarterTotal.objects.values_list("quarter", flat=True)) == {QUARTER}
    return {
        names[one.account_id]: (one.legs, one.answered, one.seconds, one.billed, one.amount)
        for one in QuarterTotal.objects.all()
    }


def balances(*accounts: Account) -> list[Decimal]:
    found = Wallet.objects.in_bulk([one.pk for one in accounts])
    return [found[one.pk].balance for one in accounts]


def house(name: str) -> Decimal:
    return abs(sum((one.amount for one in Entry.objects.filter(house=name)), Decimal(0)))


def correct(group: RateGroup, price: str, prefix: str = "8801") -> None:
    correction_add(
        actor=SYSTEM, group=group, prefix=prefix, begins_at=NOON - timedelta(days=2),
        ends_at=NOON - timedelta(hours=1), price=Decimal(price), reason="wrong deck",
    )  # fmt: skip


def assert_sound() -> None:
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound, ledger_found().lines


def d(text: str) -> Decimal:
    return Decimal(text)
