"""The search for a way to make money goes on with calls: random lives in which deeds of agents
(`tests/billing/handing_out/test_mint_services.py`) meet calls that are charged in time and late,
twice, rated anew after corrections, and credited by volume. Whatever the order:

- calls only ever take money out; re-rating and credits give an account back at most what its calls
  took, and only they give;
- no deed of an agent raises its own balance or one above, and under covered nobody hands out more
  than it has. So a hierarchy uses no more than its top agent has and what comes from outside.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import User
from accounts.kit.errors import DomainError
from billing.charging.models import Charge
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.legs import Wanted
from billing.charging.services.reratings import rerate_now
from billing.charging.services.volumes import months_closed
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Entry
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.services.corrections import correction_add
from billing.rates.services.groups import tiers_set
from billing.rates.services.rates import rate_change
from billing.wallets.models import RateGroup, Wallet
from tests.factories.calls import cdr, charged
from tests.factories.rates import rate, rate_group
from tests.support.buying import buys_at
from tests.support.money_deeds import Portal
from tests.support.money_model import (
    ADMINISTRATOR,
    COVERED,
    INHERIT,
    NOBODY,
    Deed,
    World,
    above,
    uncovered,
)

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

# An agent with a sub-agent, who has two customers; a customer of its own; another tree.
TREE = (NOBODY, 0, 1, 0, 1, NOBODY)
PEOPLE = range(len(TREE))
BEGIN = datetime(2027, 3, 1, tzinfo=UTC)
STEPS = 90
KINDS = (
    *("call",) * 8, *("late",) * 3, *("again",) * 2, *("price",) * 2, "correct", "correct",
    "tiers", "close", "close",
)  # fmt: skip
DEEDS = (
    "pay", "pay", "deduct", "deduct", "make_zero", "limit", "limit", "move", "release", "use",
    "top_up", "distribute", "withdraw",
)  # fmt: skip


class Life:
    """A portal whose accounts call, and what they had before each step."""

    def __init__(self, seed: int, clock: Any) -> None:
        self.dice, self.clock, self.now = random.Random(seed), clock, BEGIN
        clock.move_to(BEGIN, tick=False)
        self.portal = Portal(TREE)
        self.records: list[dict[str, str]] = []
        self.story: list[str] = []
        self.done: Counter[str] = Counter()
        self.groups = {NOBODY: rate_group(None, "Platform")}
        self.groups |= {one: rate_group(self.portal.accounts[one], "Own") for one in (0, 1)}
        for group, price in zip(self.groups.values(), ("0.03", "0.06", "0.09"), strict=True):
            rate(group, "880", price)
            tiers_set(actor=SYSTEM, group=group, tiers=[(1, 5_000)])
        for one, parent in enumerate(TREE):
            buys_at(self.portal.accounts[one], self.groups[parent], since=BEGIN)
        for one in (0, 1, 2, 5):
            self.portal.do(Deed(ADMINISTRATOR, "pay", one, 20))
        self.policy = [INHERIT] * len(TREE)
        self.policy[1] = COVERED
        payment_policy_set(actor=SYSTEM, account=self.portal.accounts[1], funding=COVERED)

    def step(self) -> None:
        self.now += timedelta(minutes=self.dice.randint(10, 2_400))
        self.clock.move_to(self.now, tick=False)
        what = self.dice.choice((*KINDS, *DEEDS))
        before, taken = self.world(), self.taken()
        told = self.deed(what) if what in DEEDS else getattr(self, f"_{what}")()
        self.story.append(f"{self.now:%m-%d %H:%M} {what} {told}")
        after = self.world()
        self.look(what, told, before, after, taken)

    def look(self, what: str, told: Any, before: World, after: World, taken: list[Decimal]) -> None:
        """Whether the step did what it may."""
        gained = [after.balance[one] - before.balance[one] for one in PEOPLE]
        by_calls = [now - was for was, now in zip(taken, self.taken(), strict=True)]
        gives = what in ("correct", "close")
        if what in DEEDS:
            assert by_calls == [0] * len(PEOPLE), self.tale()
            assert not [
                one
                for one in (told.by, *above(before.parent, told.by))
                if gained[one] > 0 and (what, one) != ("top_up", told.by)
            ], self.tale()
            assert uncovered(before, after) == "", self.tale()
            return
        # Whatever calls do to a balance, they do by entries of their own.
        assert gained == by_calls, self.tale()
        assert gives or max(gained) <= 0, self.tale()
        assert what not in ("again", "price", "tiers") or gained == [0] * len(PEOPLE), self.tale()
        assert max(self.taken()) <= 0, self.tale()
        assert not list(given_back()), self.tale()

    def world(self) -> World:
        return self.portal.world(tuple(self.policy), Decimal)

    def taken(self) -> list[Decimal]:
        """What calls and credits for them came to, by account; below zero, where they took."""
        entries = Entry.objects.filter(transaction__kind__in=("call", "volume"))
        sums = dict(entries.filter(wallet__isnull=False).order_by().values_list("wallet").annotate(
            total=Sum("amount")
        ))  # fmt: skip
        return [sums.get(one.pk, Decimal(0)) for one in self.portal.accounts]

    # Calls

    def _call(self) -> str:
        return self.called(self.now - timedelta(minutes=self.dice.randint(1, 600)))

    def _late(self) -> str:
        return self.called(self.now - timedelta(hours=self.dice.randint(10, 900)))

    def called(self, at: datetime) -> str:
        self.rated()
        on, seconds = self.dice.choice(PEOPLE), self.dice.choice((0, 30, 60, 240, 600))
        one = cdr(
            f"c-{len(self.records)}",
            account=self.portal.accounts[on].account_id,
            at=max(at, BEGIN),
            seconds=seconds,
        )
        self.records.append(one)
        self.done["charges"] += charged(one).accepted
        return f"{on} for {seconds} s at {max(at, BEGIN):%m-%d %H:%M}"

    def _again(self) -> str:
        """Records that were brought before, and one twice at once."""
        some = self.dice.sample(self.records, min(len(self.records), 5))
        charged(*some, *some[:1])
        return f"{len(some)} records"

    def rated(self) -> None:
        """Who lost its rate group by a move gets that of the nearest agent above with one."""
        parents = self.world().parent
        for wallet in Wallet.objects.filter(rate_group=None, pk__in=self.keys()):
            one = self.portal.number(wallet.pk)
            owner = next((up for up in above(parents, one) if up in self.groups), NOBODY)
            buys_at(self.portal.accounts[one], self.groups[owner])

    def keys(self) -> list[int]:
        return [one.pk for one in self.portal.accounts]

    # Prices

    def owner(self) -> tuple[Actor, RateGroup]:
        """Somebody who keeps rates, and its group."""
        one = self.dice.choice([*self.groups])
        login = self.portal.logins[one]
        group = RateGroup.objects.get(pk=self.groups[one].pk)
        return actor_for(User.objects.get(pk=login.pk)), group

    def _price(self) -> str:
        actor, group = self.owner()
        price = Decimal(self.dice.randint(0, 12)) / 100
        current = Rate.objects.standing().get(group=group, effective_until=None)
        rate_change(actor=actor, rate=current, draft=RateDraft("880", price))
        return f"{group} {price}"

    def _correct(self) -> str:
        """A price of the past, and all calls rated anew. The close belongs to it: until then a
        credit is that of the price before.
        """
        actor, group = self.owner()
        price = Decimal(self.dice.randint(0, 12)) / 100
        end = self.now - timedelta(hours=self.dice.randint(0, 700))
        begin = end - timedelta(hours=self.dice.randint(1, 400))
        told = ""
        try:
            correction_add(
                actor=actor, group=group, prefix="880", begins_at=begin, ends_at=end, price=price,
                reason="wrong",
            )  # fmt: skip
        except DomainError as refusal:
            told = refusal.code
        found = rerate_now(wanted=Wanted(BEGIN, self.now), reason="wrong")
        self.done["rated anew"] += found.changed
        months_closed()
        return f"{group} {price} {begin:%m-%d %H:%M} – {end:%m-%d %H:%M} {told}"

    def _tiers(self) -> str:
        actor, group = self.owner()
        tiers = [(self.dice.randint(1, 20), self.dice.choice((500, 5_000, 10_000)))]
        tiers_set(actor=actor, group=group, tiers=tiers)
        return f"{group} {tiers}"

    def _close(self) -> str:
        told = months_closed()
        self.done["credits"] += int(told.split()[0])
        return told

    # Deeds of agents

    def deed(self, what: str) -> Deed:
        """Of anybody on anybody, permitted or not."""
        by = self.dice.choice((0, 0, 1, 1, 1, 2))
        parents = self.world().parent
        below = [one for one in PEOPLE if by in above(parents, one)]
        # Now and then somebody else's.
        on = self.dice.choice(below if below and self.dice.random() < 0.8 else PEOPLE)
        amount = self.dice.randint(1, 6)
        value: Any = {
            "move": self.dice.choice(PEOPLE),
            "use": self.dice.choice(PEOPLE),
            "release": self.dice.randint(1, 2),
            "withdraw": 1,
            "distribute": ((on, amount), (self.dice.choice(PEOPLE), 1)),
        }.get(what, amount)
        one = Deed(by, what, by if what == "top_up" else on, value)
        if what in ("use", "withdraw") and not self.world().cards[one.on]:
            return one
        refusal = self.portal.do(one)
        self.done[refusal or what] += 1
        return one

    def tale(self) -> str:
        """The story so far, for whoever looks for the cause."""
        return "\n".join([*self.story, str(self.world()), str(self.taken())])


def given_back() -> Iterator[int]:
    """Legs of which an account got more back than it was charged."""
    sums = Charge.objects.order_by().values("leg_id", "account_id").annotate(left=Sum("amount"))
    yield from (row["leg_id"] for row in sums if row["left"] < 0)


@pytest.mark.parametrize("seed", [2, 3])
def test_no_life_with_calls_makes_money(seed: int, settings: Any, time_machine: Any) -> None:
    settings.SUB_AGENT_POLICY = "allowed"
    life = Life(seed, time_machine)
    for _ in range(STEPS):
        life.step()
    assert ledger_problems() == []
    assert trial_balance() == 0
    assert calls_found().is_sound, calls_found().lines
    # The dice showed something.
    shown = ("pay", "deduct", "limit", "not_covered", "charges", "rated anew", "credits")
    assert min(life.done[one] for one in shown) > 0, life.done
