"""The money of the demo: policies, opening balances, four months of payments, one taken back, and
between them what calls cost.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, User
from accounts.kit.moments import day_begin, today
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Transaction
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from vosportal.demo.callers import groups
from vosportal.demo.calls import DemoCalls
from vosportal.demo.plan import everything

_STAFF = "admin"
_DAYS = 118
_LATER = 92
_SEED = 2026
_MISTAKE = "SLIP-4471"


@dataclass(frozen=True)
class DemoPayment:
    """One payment, so many days before the load, by a login; or the reversal of that with this
    reference.
    """

    days_ago: int
    hour: int
    minute: int
    login: str
    account_id: str
    # None: whatever makes the balance zero.
    amount: Decimal | None
    kind: str = "recharge"
    method: str = ""
    reference: str = ""
    memo: str = ""


@dataclass(frozen=True)
class _Payer:
    """Who tops up whom: how much, how many days apart, and how the money came."""

    login: str
    accounts: tuple[str, ...]
    least: int
    most: int
    every: int
    method: str
    slip: str


_TRADES = ("Pharmacy", "Bakery", "Travel", "Hotel", "Clinic", "School")
_PAYERS = (
    _Payer(_STAFF, ("BD-Wholesale-Agent",), 4000, 9000, 21, "bank", "TT"),
    _Payer(_STAFF, ("IN-Retail-Lakshmi", "AE-Multi-Gulfbridge"), 3000, 6000, 28, "bank", "TT"),
    _Payer(_STAFF, ("DE-Wholesale-Nordlicht",), 5000, 12000, 30, "bank", "SEPA"),
    _Payer(_STAFF, ("GB-Card-Operator",), 9000, 14000, 26, "bank", "FPS"),
    _Payer(_STAFF, ("Master-Agent-2", "Standalone-Customer-01"), 200, 900, 33, "bank", "TT"),
    _Payer("bd-wholesale", ("Dhaka-Retail-Sub", "Chittagong-Retail-Sub"), 800, 1900, 16, "mobile",
           "BKASH"),
    _Payer("dhaka-retail", ("Customer-001", "Customer-002", "Customer-003"), 20, 180, 11, "cash",
           "SLIP"),
    _Payer("chittagong-retail", ("Sub-Sub-Agent",), 150, 400, 18, "mobile", "BKASH"),
    _Payer("lakshmi", ("IN-Retail-Mumbai", "IN-Retail-Chennai", "IN-Retail-Kolkata"), 300, 700, 19,
           "bank", "NEFT"),
    _Payer("lakshmi-mumbai", tuple(f"IN-Shop-Mumbai-{one}" for one in _TRADES), 10, 60, 24, "cash",
           "R"),
    _Payer("nordlicht", ("DE-Wholesale-Elbe", "DE-Trunk-Speicher", "DE-Trunk-Harburg"), 500, 1500,
           29, "bank", "SEPA"),
    _Payer("thames", tuple(f"GB-Card-{one}" for one in ("Brixton", "Camden", "Hackney", "Leeds")),
           400, 950, 17, "card", "POS"),
    _Payer("thames-brixton", tuple(f"GB-Card-Brixton-{n:02d}" for n in range(1, 7)), 5, 50, 23,
           "cash", "TILL"),
    _Payer("gulfbridge", ("KE-Country-Kenya", "PH-Country-Philippines", "BR-Country-Brazil"), 400,
           1200, 22, "bank", "TT"),
    _Payer("gulfbridge-kenya", ("KE-City-Nairobi", "KE-City-Mombasa"), 50, 300, 20, "mobile",
           "MPESA"),
    _Payer("master-2", ("Customer-201", "Customer-202"), 30, 120, 27, "mobile", "MPESA"),
)  # fmt: skip

# Some days of what they use, of the platform's customers and of agents'.
_LEFT = (
    ("IN-Retail-Lakshmi", 10), ("AE-Multi-Gulfbridge", 12), ("IN-Retail-Mumbai", 7),
    ("GB-Card-Luton", 8), ("Customer-002", 15),
)  # fmt: skip
_FIRST = (_STAFF, "bd-wholesale", "thames")


def plan() -> list[DemoPayment]:
    """Every payment in the order of time; the same at each load."""
    dice = random.Random(_SEED)  # noqa: S311 - the same amounts every time, no secret
    found = [*_opened(dice), *_repeated(dice), *_particular()]
    found += _prepaid(dice, {one.account_id for one in found})
    found += _running_dry()
    return sorted(found, key=lambda one: (-one.days_ago, one.hour, one.minute))


def pay_all() -> None:
    """Load the money and the calls, once and wholly."""
    if Transaction.objects.exists():
        return
    with transaction.atomic():
        _rule()
        payments = plan()
        names = {one.account_id for one in payments}
        accounts = {one.account_id: one for one in Account.objects.filter(account_id__in=names)}
        actors: dict[str, Actor] = {}
        calls = DemoCalls()
        for number, one in enumerate(payments):
            # Who pays has been charged for the days before.
            calls.charge_before(_at(one))
            if one.login not in actors:
                actors[one.login] = actor_for(User.objects.called(one.login).get())
            if one.kind == Transaction.Kind.REVERSAL:
                transaction_reverse(
                    actor=actors[one.login],
                    transaction=Transaction.objects.get(reference=one.reference),
                    reason=one.memo,
                    idempotency_key=f"demo-{number}",
                    at=_at(one),
                )
                continue
            payment_make(
                actor=actors[one.login],
                account=accounts[one.account_id],
                payment=Payment(one.kind, one.amount, one.method, one.reference, one.memo),
                idempotency_key=f"demo-{number}",
                at=_at(one),
            )
        calls.charge_before(None)


def _rule() -> None:
    """Both funding rules, some limits, some thresholds and a customer who pays afterwards."""

    def account(account_id: str) -> Account:
        return Account.objects.get(account_id=account_id)

    payment_policy_set(actor=SYSTEM, account=account("BD-Wholesale-Agent"), funding="record")
    payment_policy_set(
        actor=SYSTEM,
        account=account("Chittagong-Retail-Sub"),
        funding="covered",
        per_day=Decimal(2000),
        reason="Pays out of what it has",
    )
    payment_policy_set(
        actor=SYSTEM,
        account=account("GB-Card-Operator"),
        funding="covered",
        per_payment=Decimal(1000),
        per_day=Decimal(5000),
        reason="Cards are prepaid",
    )
    terms_set(
        actor=SYSTEM,
        account=account("DE-Wholesale-Nordlicht"),
        payment_mode="postpaid",
        credit_limit=Decimal(25000),
        low_balance_threshold=Decimal(2000),
    )
    for account_id, threshold in (
        ("Dhaka-Retail-Sub", 500), ("Customer-001", 100), ("GB-Card-Brixton", 6000),
        ("Master-Agent-2", 5000),
    ):  # fmt: skip
        terms_set(
            actor=SYSTEM,
            account=account(account_id),
            low_balance_threshold=Decimal(threshold),
        )


def _opened(dice: random.Random) -> Iterator[DemoPayment]:
    """What the accounts of the platform's own customers began with."""
    for payer in _PAYERS:
        if payer.login == _STAFF:
            for account_id in payer.accounts:
                amount = Decimal(dice.randint(payer.most, 2 * payer.most))
                yield DemoPayment(
                    _DAYS, 5, len(account_id), _STAFF, account_id, amount, "opening",
                    memo="Balance of the former system",
                )  # fmt: skip


def _repeated(dice: random.Random) -> Iterator[DemoPayment]:
    for payer in _PAYERS:
        for account_id in payer.accounts:
            # Platform first: who pays out of a balance has one by then.
            first = _DAYS - 1 if payer.login in _FIRST else _LATER
            day = first - dice.randint(1, payer.every)
            while day > 1:
                cents = dice.choice((0, 0, 0, 50, 25))
                yield DemoPayment(
                    day,
                    dice.randint(6, 15),
                    dice.randint(0, 59),
                    payer.login,
                    account_id,
                    Decimal(dice.randint(payer.least, payer.most) * 100 + cents) / 100,
                    method=payer.method,
                    reference=f"{payer.slip}-{dice.randint(10000, 99999)}",
                )
                day -= max(payer.every + dice.randint(-3, 3), 1)


def _prepaid(dice: random.Random, paid: set[str]) -> Iterator[DemoPayment]:
    """What everybody else begins with who calls or stands above somebody who does."""
    agents = {one.account_id: one.agent for one in everything()}
    callers = {account_id for one in groups() for _name, account_id, _share in one.callers}
    for account_id, agent in reversed(agents.items()):
        if account_id in callers:
            callers.add(agent)
    for account_id in agents:
        if account_id in callers and account_id not in paid:
            least, most = (40, 100) if account_id in agents.values() else (4, 16)
            yield DemoPayment(
                dice.randint(4, 96), 5, dice.randint(0, 59), _STAFF, account_id,
                Decimal(5 * dice.randint(least, most)), method="cash", memo="To begin with",
            )  # fmt: skip


def _particular() -> Iterator[DemoPayment]:
    """A few that are worth finding."""
    yield DemoPayment(
        9, 7, 12, "dhaka-retail", "Customer-002", Decimal(250), method="cash", reference=_MISTAKE
    )
    yield DemoPayment(
        9, 9, 12, _STAFF, "Customer-002", Decimal(250), "reversal", reference=_MISTAKE,
        memo="Booked to the wrong customer",
    )  # fmt: skip
    yield DemoPayment(
        9, 9, 40, "dhaka-retail", "Customer-003", Decimal(250), method="cash", reference="SLIP-4472"
    )
    yield DemoPayment(
        6, 10, 5, _STAFF, "Standalone-Customer-01", Decimal("35.75"), "deduction",
        memo="Line rental",
    )  # fmt: skip
    yield DemoPayment(
        2, 8, 30, "bd-wholesale", "BD-Wholesale-Agent", Decimal(5000), method="bank",
        reference="TT-88213", memo="Our own top-up",
    )  # fmt: skip


def _running_dry() -> Iterator[DemoPayment]:
    """Yesterday some had their balance paid out, and go on with what lasts for days."""
    for minute, (account_id, left) in enumerate(_LEFT):
        yield DemoPayment(
            1, 6, 2 * minute, _STAFF, account_id, None, "make_zero", memo="Deposit paid back"
        )
        yield DemoPayment(
            1, 6, 2 * minute + 1, _STAFF, account_id, Decimal(left), method="bank",
            memo="From now on by the week",
        )  # fmt: skip


def _at(one: DemoPayment) -> datetime:
    begin = day_begin(today(UTC) - timedelta(days=one.days_ago), UTC)
    return begin + timedelta(hours=one.hour, minutes=one.minute, seconds=7 * one.minute % 60)
