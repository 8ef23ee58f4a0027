"""The whole of charging beside a plain model of its rules: random trees, moves, changes of groups
and of prices, and records that come late, twice and out of order (docs/domain.md 7).
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.errors import DomainError
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move
from billing.calls.models import CallRecord, Leg
from billing.charging.models import DayTotal, QuarterTotal
from billing.charging.queries.integrity import calls_found
from billing.charging.services.queue import record_write_off
from billing.handing_out.services.rate_groups import rate_group_set_many
from billing.ledger.queries.integrity import ledger_found
from billing.rates.models import Rate
from billing.wallets.models import RateGroup, Wallet
from tests.factories.calls import cdr, charged
from tests.factories.rates import rate, rate_group
from tests.support.examples import examples
from tests.support.naive_rates import naive, naive_amount
from tests.support.repricing import PREFIXES, priced

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

BEGIN = datetime(2027, 3, 1, tzinfo=UTC)
NUMBERS = ("8801711000000", "8801911000000", "88021111111", "447700900123", "15550100", "8")


@dataclass
class Model:
    """What the rules say, kept as plainly as they do: where accounts stood since when, and what was
    called.
    """

    groups: list[RateGroup]
    places: dict[int, list[tuple[datetime, int | None, int | None]]] = field(default_factory=dict)
    due: Counter[int] = field(default_factory=Counter)
    charged: int = 0
    waiting: int = 0
    # What those that wait would cost the levels that have a price.
    held: Counter[int] = field(default_factory=Counter)

    def note(self, now: datetime, account: Account) -> None:
        wallet = Wallet.objects.get(account=account)
        place = (now, account.parent_id, wallet.rate_group_id)
        self.places.setdefault(account.pk, []).append(place)

    def place(self, pk: int, at: datetime) -> tuple[int | None, int | None]:
        known = [one for one in self.places[pk] if one[0] <= at]
        _since, agent, group = known[-1] if known else self.places[pk][0]
        return agent, group

    def call(self, pk: int, number: str, at: datetime, seconds: int) -> None:
        """Charge every level, or nobody: then those that have a price hold it."""
        if seconds == 0:
            self.charged += 1
            return
        due: Counter[int] = Counter()
        has_all = True
        current: int | None = pk
        while current is not None:
            agent, group = self.place(current, at)
            price = None if group is None else self.price(group, number, at, seconds)
            if price is None:
                has_all = False
            else:
                due[current] += price
            current = agent
        if has_all:
            self.charged += 1
            self.due += due
        else:
            self.waiting += 1
            self.held += due

    def price(self, group: int, number: str, at: datetime, seconds: int) -> int | None:
        rates = [one.plain for one in Rate.objects.filter(group=group)]
        found = naive(rates, number, at, RateGroup.objects.get(pk=group).zone)
        if found is None:
            return None
        _billed, amount = naive_amount(found.price, seconds)
        return int(amount + Fraction(1, 2))


def grown(chance: random.Random) -> list[Account]:
    """A forest of up to 14 accounts, none deeper than eight."""
    depths = {"": -1}
    drafts = []
    for n in range(chance.randint(3, 14)):
        agent = chance.choice([one for one, depth in depths.items() if depth < 7])
        depths[f"A-{n}"] = depths[agent] + 1
        drafts.append(Draft(f"A-{n}", "x", agent))
    accounts_load(actor=SYSTEM, drafts=drafts)
    return list(Account.objects.order_by("pk"))


def changed(model: Model, chance: random.Random, now: datetime, accounts: list[Account]) -> None:
    """A move, another group or another price."""
    account = Account.objects.get(pk=chance.choice(accounts).pk)
    kind = chance.choice(("move", "group", "group", "price"))
    try:
        if kind == "move":
            others = [None, *(one for one in accounts if one.pk != account.pk)]
            target = chance.choice(others)
            fresh = Account.objects.get(pk=target.pk) if target else None
            account_move(actor=SYSTEM, account=account, parent=fresh)
        elif kind == "group":
            group = chance.choice([*model.groups, *model.groups, None])
            rate_group_set_many(actor=SYSTEM, accounts=[account], group=group)
        else:
            priced(chance.choice(model.groups), chance.choice(PREFIXES), chance)
    except DomainError:
        return
    account.refresh_from_db()
    model.note(now, account)


@examples(6)
@given(seed=st.integers(0, 2**32))
def test_every_level_is_charged_what_the_rules_say(seed: int, db: None, time_machine: Any) -> None:
    with transaction.atomic():
        simulated(seed, time_machine)
        transaction.set_rollback(True)


def simulated(seed: int, time_machine: Any) -> None:
    chance = random.Random(seed)
    now = BEGIN
    time_machine.move_to(now, tick=False)
    groups = [rate_group(None, f"G-{seed}-{n}") for n in range(4)]
    for group in groups:
        for prefix in chance.sample(PREFIXES, chance.randint(3, 7)):
            price = f"0.{chance.randint(0, 999_999):06}"
            blocks = chance.choice(((60, 60), (1, 1), (30, 6)))
            rate(group, prefix, price, first_block=blocks[0], increment=blocks[1])
    accounts = grown(chance)
    model = Model(groups)
    for account in accounts:
        if chance.random() < 0.9:
            rate_group_set_many(actor=SYSTEM, accounts=[account], group=chance.choice(groups))
        model.note(now, account)
    called: list[tuple[dict[str, str], int, str, datetime, int]] = []
    for turn in range(40):
        now += timedelta(minutes=chance.randint(1, 600))
        time_machine.move_to(now, tick=False)
        if chance.random() < 0.35:
            changed(model, chance, now, accounts)
        account, number = chance.choice(accounts), chance.choice(NUMBERS)
        seconds = chance.choice((0, 1, 5, 59, 60, 61, 3599))
        record = cdr(
            f"{seed}-{turn}", account=account.account_id, callee=number, at=now, seconds=seconds
        )
        called.append((record, account.pk, number, now, seconds))
    now += timedelta(days=1)
    time_machine.move_to(now, tick=False)
    for _record, *call in called:
        model.call(*call)
    brought = [record for record, *_rest in called] * 2
    chance.shuffle(brought)
    half = len(brought) // 2
    charged(*brought[:half])
    charged(*brought[half:])
    assert Leg.objects.count() == model.charged
    assert CallRecord.objects.waiting().count() == model.waiting
    found = {one.pk: -int(one.balance.scaleb(6)) for one in Wallet.objects.all() if one.balance}
    assert found == {pk: amount for pk, amount in model.due.items() if amount}
    assert held() == dict(model.held)
    quarters = sum((one.amount for one in QuarterTotal.objects.all()), start=0)
    days = sum((one.amount for one in DayTotal.objects.all()), start=0)
    assert int(quarters.scaleb(6) if quarters else 0) == sum(model.due.values())
    assert quarters == days
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound, ledger_found().lines
    # Tried again, each holds what it would cost by then, and what is written off nothing.
    CallRecord.objects.waiting().update(state="new", version=F("version") + 1)
    charged()
    assert ledger_found().is_sound, ledger_found().lines
    for record in CallRecord.objects.waiting():
        record_write_off(actor=SYSTEM, record=record, reason="The end")
    assert held() == {}


def held() -> dict[int, int]:
    return {one.pk: int(one.held.scaleb(6)) for one in Wallet.objects.all() if one.held}
