"""A switch at work beside a plain model of the rules: calls that are let through, answered late or
never, extended, cut, lost, whose records come before the answer, late and twice, while prices,
groups, agents, limits and locks change (docs/domain.md 7).
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.errors import DomainError
from accounts.switches.services.switches import switch_new
from accounts.tree.services.accounts import account_lock, account_unlock
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move
from billing.calls.models import CallRecord, Leg
from billing.charging.queries.integrity import calls_found
from billing.handing_out.services.rate_groups import rate_group_set_many
from billing.handing_out.services.terms import terms_set
from billing.holds.models import Hold, RunningCall
from billing.holds.services.running import call_cut
from billing.ledger.queries.integrity import ledger_found
from billing.rates.models import Rate
from billing.rates.rating import Rate as PlainRate
from billing.wallets.models import RateGroup, Wallet
from tests.factories import AccountFactory, GatewayFactory, phone
from tests.factories.calls import cdr, charged
from tests.factories.rates import rate, rate_group
from tests.support.examples import examples
from tests.support.naive_rates import naive, naive_amount
from tests.support.paying import pay
from tests.support.repricing import PREFIXES, priced
from tests.support.switching import SWITCH, answered, asked, ended, tick

pytestmark = pytest.mark.django_db

BEGIN = datetime(2027, 3, 1, tzinfo=UTC)
NUMBERS = ("8801711000000", "8801911000000", "88021111111", "447700900123", "8")
STEPS = 70


@dataclass
class Call:
    """What was decided about a call when it was let through: who pays, by which rates."""

    account: str
    number: str
    levels: list[tuple[int, RateGroup, list[PlainRate]]]
    answered_at: datetime | None = None
    told: datetime | None = None

    def due(self, seconds: int) -> Counter[int]:
        found: Counter[int] = Counter()
        at = self.answered_at
        if at is None or not seconds:
            return found
        for pk, group, rates in self.levels:
            fitting = naive(rates, self.number, at, group.zone)
            assert fitting is not None
            _billed, amount = naive_amount(fitting.price, seconds)
            found[pk] += int(amount + Fraction(1, 2))
        return found


@dataclass
class World:
    chance: random.Random
    clock: Any
    seed: int
    groups: list[RateGroup]
    accounts: list[Account]
    now: datetime = BEGIN
    up: dict[str, Call] = field(default_factory=dict)
    due: Counter[int] = field(default_factory=Counter)
    paid: Counter[int] = field(default_factory=Counter)
    lowest: dict[int, Decimal] = field(default_factory=dict)
    brought: list[dict[str, str]] = field(default_factory=list)
    count: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def step(self) -> None:
        self.now += timedelta(seconds=self.chance.randint(1, 15))
        self.clock.move_to(self.now, tick=False)
        tick()
        deed = self.chance.choice((
            "call", "call", "call", "answer", "answer", "record", "record", "repeat", "cut",
            "change", "limit", "lock", "end",
        ))  # fmt: skip
        try:
            getattr(self, deed)()
            self.done[deed] += 1
        except DomainError:
            self.done["refused"] += 1
        self.assert_sound()

    def call(self) -> None:
        account, number = self.chance.choice(self.accounts), self.chance.choice(NUMBERS)
        self.count += 1
        name = f"{self.seed}-{self.count}"
        levels = self.levels(account)
        if not asked(name, phone=f"99900{account.pk:08}", callee=number)["allowed"]:
            return
        self.up[name] = Call(account.account_id, number, levels)

    def levels(self, account: Account) -> list[tuple[int, RateGroup, list[PlainRate]]]:
        """The chain of this moment, with the rates its groups have by now."""
        found = []
        current: Account | None = Account.objects.get(pk=account.pk)
        while current is not None:
            group = Wallet.objects.get(pk=current.pk).rate_group
            if group is not None:
                rates = Rate.objects.standing().filter(group=group)
                found.append((current.pk, group, [one.plain for one in rates]))
            current = current.parent
        return found

    def some(self, *, is_answered: bool | None = None) -> str | None:
        names = [
            name for name, one in self.up.items()
            if is_answered is None or (one.answered_at is not None) == is_answered
        ]  # fmt: skip
        return self.chance.choice(sorted(names)) if names else None

    def answer(self) -> None:
        name = self.some(is_answered=False)
        if name is None:
            return
        call = RunningCall.objects.filter(call_id=name).first()
        if call is None or self.now > call.rings_until:
            # The switch gave up; nobody hears of it.
            del self.up[name]
            return
        self.up[name].answered_at = self.now
        if self.chance.random() < 0.8:
            answered(name)

    def record(self) -> None:
        name = self.some(is_answered=True)
        if name is None:
            return
        one, call = self.up[name], RunningCall.objects.filter(call_id=name).first()
        assert one.answered_at is not None
        granted = call.seconds if call else 60
        spoken = int((self.now - one.answered_at).total_seconds())
        # A switch ends it at the end it knows, up to two seconds late.
        seconds = spoken if spoken <= granted else granted + self.chance.randint(0, 2)
        columns = cdr(
            name, account=one.account, callee=one.number, at=one.answered_at, seconds=seconds
        )
        self.brought.append(columns)
        charged(columns, source=SWITCH)
        self.due += one.due(min(seconds, granted))
        del self.up[name]

    def repeat(self) -> None:
        if self.brought:
            charged(self.chance.choice(self.brought), source=SWITCH)

    def cut(self) -> None:
        name = self.some(is_answered=True)
        call = RunningCall.objects.filter(call_id=name or "").first()
        if call is not None:
            call_cut(actor=SYSTEM, call=call, reason="Test")

    def end(self) -> None:
        name = self.some(is_answered=True)
        if name is not None:
            ended(name)

    def change(self) -> None:
        account = Account.objects.get(pk=self.chance.choice(self.accounts).pk)
        kind = self.chance.choice(("move", "group", "price"))
        if kind == "move":
            target = Account.objects.get(pk=self.chance.choice(self.accounts).pk)
            account_move(actor=SYSTEM, account=account, parent=target)
        elif kind == "group":
            group = self.chance.choice(self.groups)
            rate_group_set_many(actor=SYSTEM, accounts=[account], group=group)
        else:
            priced(self.chance.choice(self.groups), self.chance.choice(PREFIXES), self.chance)

    def limit(self) -> None:
        account = Account.objects.get(pk=self.chance.choice(self.accounts).pk)
        limit = Decimal(self.chance.choice((0, 0, 1, 5)))
        terms_set(actor=SYSTEM, account=account, credit_limit=limit)
        self.lowest[account.pk] = min(self.lowest.get(account.pk, Decimal(0)), -limit)

    def lock(self) -> None:
        account = Account.objects.get(pk=self.chance.choice(self.accounts).pk)
        if account.status == Account.Status.LOCKED:
            account_unlock(actor=SYSTEM, account=account)
        else:
            account_lock(actor=SYSTEM, account=account)

    def assert_sound(self) -> None:
        held = dict(Wallet.objects.filter(held__gt=0).values_list("pk", "held"))
        holds = Hold.objects.values("account").annotate(n=Sum("amount")).filter(n__gt=0)
        assert held == dict(holds.values_list("account", "n"))
        for wallet in Wallet.objects.all():
            # Whatever limit stood at any time: what is charged was held before.
            assert wallet.balance >= self.lowest.get(wallet.pk, Decimal(0)), wallet
            taken = self.paid[wallet.pk] - int(wallet.balance.scaleb(6))
            assert taken == self.due[wallet.pk], wallet


@pytest.mark.wide
@examples(5)
@given(seed=st.integers(0, 2**32))
def test_a_switch_at_work_is_what_the_rules_say(seed: int, db: None, time_machine: Any) -> None:
    with transaction.atomic():
        simulated(seed, time_machine)
        transaction.set_rollback(True)


def simulated(seed: int, clock: Any) -> None:
    chance = random.Random(seed)
    clock.move_to(BEGIN, tick=False)
    groups = [rate_group(None, f"S-{seed}-{n}") for n in range(3)]
    for group in groups:
        for prefix in ("8", "44", *chance.sample(PREFIXES, 3)):
            if Rate.objects.filter(group=group, prefix=prefix).exists():
                continue
            blocks = chance.choice(((60, 60), (1, 1), (30, 6)))
            price = f"0.{chance.randint(0, 999_999):06}"
            rate(group, prefix, price, first_block=blocks[0], increment=blocks[1])
    switch_new(actor=SYSTEM, name=SWITCH, addresses=["192.0.2.10"])
    accounts_load(
        actor=SYSTEM,
        drafts=[
            Draft(f"S-{n}", "x", f"S-{chance.randint(max(0, n - 3), n - 1)}" if n else "")
            for n in range(6)
        ],
    )
    carrier = AccountFactory(account_id="S-Carrier", type=Account.Type.CLEARING)
    GatewayFactory(
        account=carrier, name="s-route", direction="routing", addresses=["198.51.100.8"],
        capacity=1000,
    )  # fmt: skip
    accounts = list(Account.objects.filter(account_id__startswith="S-").exclude(pk=carrier.pk))
    world = World(chance, clock, seed, groups, accounts)
    for account in accounts:
        rate_group_set_many(actor=SYSTEM, accounts=[account], group=chance.choice(groups))
        phone(account, f"99900{account.pk:08}", max_calls=20)
        amount = chance.choice((2, 5, 50))
        pay(account, str(amount))
        world.paid[account.pk] = amount * 10**6
    for _step in range(STEPS):
        world.step()
    assert world.done["call"] > 3
    assert Leg.objects.count() == len(world.brought)
    # What is lost is found: unanswered calls let go, answered ones wait for their records.
    clock.move_to(world.now + timedelta(hours=1), tick=False)
    tick()
    left = set(RunningCall.objects.values_list("call_id", flat=True))
    assert left <= {name for name, one in world.up.items() if one.answered_at is not None}
    assert CallRecord.objects.waiting().count() == len(left)
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound, ledger_found().lines
