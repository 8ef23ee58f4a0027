"""Random lives of a ledger, compared after every step with plain sums."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, User
from accounts.kit.errors import Refused
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.ledger.services.batches import Line, post_many
from billing.ledger.services.posting import Movement, input_hash, into, post
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from billing.wallets.models import Wallet
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.support.examples import examples

amounts = st.decimals(min_value="0.000001", max_value=500, places=6)
KINDS = ("recharge", "deduction", "make_zero", "opening")
NAMES = ("top", "agent", "one", "two")
# Where a transfer, an administrator's correction, takes the money from.
SOURCES = {"top": "one", "agent": "two", "one": "two", "two": "one"}


@dataclass
class Purse:
    """A wallet as the rules see it."""

    balance: Decimal = Decimal(0)
    limit: Decimal = Decimal(0)
    moved: bool = False

    @property
    def worth(self) -> Decimal:
        """What it counts for in what its agent has handed out."""
        return max(self.balance + self.limit, Decimal(0))


class Ledger(RuleBasedStateMachine):
    """Administrators and an agent pay, on both funding rules; limits change; batches come."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.accounts: dict[str, Account] = {}
        for name, parent in (("top", None), ("agent", "top"), ("one", "agent"), ("two", "agent")):
            self.accounts[name] = AccountFactory(
                account_id=name, parent=self.accounts[parent] if parent else None
            )
        grant(self.accounts["agent"])
        self.administrator: User = StaffFactory(administrator=True)
        self.agent: User = UserFactory(account=self.accounts["agent"])
        self.purses = {name: Purse() for name in NAMES}
        self.covered = False
        self.keys = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def actor(self, by_agent: bool) -> Actor:
        return actor_for(User.objects.get(pk=(self.agent if by_agent else self.administrator).pk))

    def key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    @initialize()
    def begin(self) -> None:
        self.pay(False, "agent", "recharge", Decimal(200))

    def pay(self, by_agent: bool, to: str, kind: str, amount: Decimal) -> None:
        """Ask the rules what must happen, pay, and see that it did."""
        key = self.key()
        expected = self.expected(by_agent, to, kind, amount)
        payment = Payment(
            kind,
            None if kind == "make_zero" else amount,
            reference="x",
            memo="x",
            source=self.accounts[SOURCES[to]] if kind == "transfer" else None,
        )

        def make() -> Transaction:
            return payment_make(
                actor=self.actor(by_agent),
                account=self.accounts[to],
                payment=payment,
                idempotency_key=key,
            )

        if expected is None:
            with pytest.raises(Refused), transaction.atomic():
                make()
            return
        made = make()
        for name, change in expected.items():
            self.purses[name].balance += change
            self.purses[name].moved = True
        assert make() == made

    def expected(
        self, by_agent: bool, to: str, kind: str, amount: Decimal
    ) -> dict[str, Decimal] | None:
        """What each wallet gains; None where it is refused."""
        change = amount
        if kind == "deduction":
            change = -amount
        if kind == "make_zero":
            change = -self.purses[to].balance
        if change == 0 or (kind == "opening" and self.purses[to].moved):
            return None
        if by_agent and self.covered and change > max(self.free(), Decimal(0)):
            return None
        moved = {to: change} | ({SOURCES[to]: -change} if kind == "transfer" else {})
        for name, gain in moved.items():
            purse = self.purses[name]
            if gain < 0 and purse.balance + gain < -purse.limit:
                return None
        return moved

    def free(self) -> Decimal:
        """What the agent may still hand out under covered."""
        agent, one, two = (self.purses[name] for name in ("agent", "one", "two"))
        return agent.balance + agent.limit - one.worth - two.worth

    @rule(to=st.sampled_from(NAMES), kind=st.sampled_from((*KINDS, "transfer")), amount=amounts)
    def an_administrator_pays(self, to: str, kind: str, amount: Decimal) -> None:
        self.pay(False, to, kind, amount)

    @rule(to=st.sampled_from(("one", "two")), kind=st.sampled_from(KINDS), amount=amounts)
    def the_agent_pays(self, to: str, kind: str, amount: Decimal) -> None:
        self.pay(True, to, kind, amount)

    @rule(name=st.sampled_from(NAMES), limit=amounts)
    def the_limit_changes(self, name: str, limit: Decimal) -> None:
        terms_set(actor=self.actor(False), account=self.accounts[name], credit_limit=limit)
        self.purses[name].limit = limit

    @rule(name=st.sampled_from(("one", "two")), limit=amounts)
    def the_agent_changes_a_limit(self, name: str, limit: Decimal) -> None:
        def change() -> None:
            terms_set(actor=self.actor(True), account=self.accounts[name], credit_limit=limit)

        if self.covered and limit - self.purses[name].limit > max(self.free(), 0):
            with pytest.raises(Refused), transaction.atomic():
                change()
            return
        change()
        self.purses[name].limit = limit

    @rule(covered=st.booleans())
    def the_funding_rule_changes(self, covered: bool) -> None:
        payment_policy_set(
            actor=self.actor(False),
            account=self.accounts["agent"],
            funding="covered" if covered else "record",
        )
        self.covered = covered

    @rule(amount=amounts, name=st.sampled_from(NAMES))
    def a_late_charge_passes_the_limit(self, amount: Decimal, name: str) -> None:
        account = self.accounts[name]
        legs = tuple(
            type(leg)(leg.amount, leg.wallet, leg.house, is_limited=False)
            for leg in into(account, -amount, House.CALL_REVENUE)
        )
        post(
            SYSTEM,
            Movement("deduction", account, amount, legs),
            key=self.key(),
            digest=input_hash({"n": self.keys}),
        )
        self.purses[name].balance -= amount
        self.purses[name].moved = True

    @rule(at=st.integers(0, 100))
    def an_administrator_takes_one_back(self, at: int) -> None:
        made = list(Transaction.objects.order_by("pk"))
        one = made[at % len(made)]
        names = {account.pk: name for name, account in self.accounts.items()}
        moved = [(names[side.wallet_id], side.amount) for side in one.entries.all() if side.wallet]

        def take_back() -> Transaction:
            return transaction_reverse(
                actor=self.actor(False), transaction=one, reason="typo", idempotency_key=key
            )

        key = self.key()
        if one.kind == "reversal" or any(other.reverses_id == one.pk for other in made):
            with pytest.raises(Refused), transaction.atomic():
                take_back()
            return
        back = take_back()
        for name, amount in moved:
            self.purses[name].balance -= amount
        assert take_back() == back

    @rule(
        paid=st.lists(st.tuples(st.sampled_from(("one", "two")), amounts), min_size=1, max_size=6),
    )
    def a_batch_posts_every_line(self, paid: list[tuple[str, Decimal]]) -> None:
        batch = self.key()
        lines = [
            Line(self.accounts[name].pk, amount, f"{batch}-{at}", "x")
            for at, (name, amount) in enumerate(paid)
        ]
        post_many(SYSTEM, lambda: lines, kind="recharge", batch=batch)
        for name, amount in paid:
            self.purses[name].balance += amount
            self.purses[name].moved = True

    @invariant()
    def every_balance_is_the_sum_of_its_entries(self) -> None:
        for name, purse in self.purses.items():
            wallet = Wallet.objects.get(pk=self.accounts[name].pk)
            assert wallet.balance == purse.balance, name
            entries = Entry.objects.filter(wallet=wallet).values_list("amount", flat=True)
            assert sum(entries, Decimal(0)) == purse.balance

    @invariant()
    def the_ledger_is_sound(self) -> None:
        assert ledger_problems() == []
        assert trial_balance() == 0


SETTINGS = examples(
    20,
    stateful_step_count=25,
    phases=(Phase.generate,),
)


@pytest.mark.slow
@pytest.mark.django_db
def test_a_ledger_always_equals_plain_sums() -> None:
    run_state_machine_as_test(Ledger, settings=SETTINGS)
