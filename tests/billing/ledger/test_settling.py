"""Settling former transfers: what direct sub-accounts still hold goes back to the agent, once."""

from dataclasses import replace
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry
from accounts.kit.errors import NotAllowed, Refused
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.queries.integrity import ledger_problems
from billing.ledger.queries.settlements import settled_before, settlement_due, settlements_due
from billing.ledger.services.posting import Movement, input_hash, into, post
from billing.ledger.services.settling import settlement_post
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from billing.wallets.models import Wallet
from tests.factories import ResellerTree, StaffFactory, UserFactory
from tests.support.paying import balance, pay
from tests.support.settling import former_transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Dhaka was paid 1,000 and has handed nothing out yet."""
    pay(reseller_tree.agent, "1000")
    return reseller_tree


def due_of(tree: ResellerTree) -> Decimal:
    """What would be paid back to Dhaka."""
    found = settlement_due(SYSTEM, tree.agent)
    return found.amount if found else Decimal(0)


def settle(tree: ResellerTree, reason: str = "The new rules") -> Transaction:
    return settlement_post(actor=SYSTEM, agent=tree.agent, reason=reason)


class TestWhatIsDue:
    def test_what_was_transferred_and_is_still_there(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        former_transfer(tree.agent, tree.customer_2, "30", "transfer")
        assert due_of(tree) == 130

    def test_less_what_was_taken_back(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        former_transfer(tree.agent, tree.customer, "20", "deduction")
        former_transfer(tree.agent, tree.customer_2, "30")
        former_transfer(tree.agent, tree.customer_2, "30", "make_zero")
        pay(tree.customer_2, "500")
        assert due_of(tree) == 80

    def test_a_reversal_has_taken_back(self, tree: ResellerTree) -> None:
        wrong = former_transfer(tree.agent, tree.customer, "100")
        former_transfer(tree.agent, tree.customer, "40")
        back = former_transfer(tree.agent, tree.customer, "10", "deduction")
        for one in (wrong, back):
            transaction_reverse(
                actor=SYSTEM, transaction=one, reason="wrong", idempotency_key=f"back-{one.pk}"
            )
        assert due_of(tree) == 40

    def test_at_most_the_positive_balance(self, tree: ResellerTree) -> None:
        for sub, left in ((tree.customer, "-40"), (tree.customer_2, "-100")):
            former_transfer(tree.agent, sub, "100")
            terms_set(actor=SYSTEM, account=sub, credit_limit=Decimal(50))
            with transaction.atomic():
                legs = into(sub, Decimal(left) - 20, House.CALL_REVENUE)
                post(
                    SYSTEM,
                    Movement("deduction", sub, Decimal(1), legs),
                    key=f"call-{sub.pk}",
                    digest=input_hash({}),
                )
        assert (balance(tree.customer), balance(tree.customer_2)) == (40, -20)
        assert due_of(tree) == 40

    def test_lines_of_former_distributions_count(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100", batch="a-distribution")
        assert due_of(tree) == 100

    def test_what_was_paid_from_outside_does_not(self, tree: ResellerTree) -> None:
        pay(tree.customer, "100")
        assert due_of(tree) == 0
        assert settlements_due(SYSTEM) == []

    def test_transfers_that_correct_something_do_not(self, tree: ResellerTree) -> None:
        corrected = payment_make(
            actor=SYSTEM,
            account=tree.customer,
            payment=Payment("transfer", Decimal(100), memo="wrong account", source=tree.agent),
            idempotency_key="correction",
        )
        assert corrected.source == tree.agent
        assert due_of(tree) == 0
        former_transfer(tree.agent, tree.customer, "30")
        transaction_reverse(
            actor=SYSTEM, transaction=corrected, reason="not so", idempotency_key="back"
        )
        assert due_of(tree) == 30, "nor does taking one back count as taken back"

    def test_only_of_direct_sub_accounts(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.deep_customer, "100")
        former_transfer(tree.agent, tree.customer, "50")
        assert due_of(tree) == 50
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling)
        assert due_of(tree) == 0
        assert settlements_due(SYSTEM) == []

    def test_every_agent_with_something_is_listed_from_below_upwards(
        self, tree: ResellerTree
    ) -> None:
        pay(tree.top, "1000")
        former_transfer(tree.agent, tree.customer, "30")
        former_transfer(tree.top, tree.sibling, "200")
        former_transfer(tree.top, tree.agent, "1")
        found = settlements_due(SYSTEM)
        assert [(one.agent, one.amount) for one in found] == [(tree.agent, 30), (tree.top, 201)]
        assert [one.account for one in found[1].holdings] == [tree.sibling, tree.agent]
        (line,) = found[0].holdings
        assert (line.given, line.taken_back, line.balance, line.held) == (30, 0, 30, 30)

    def test_what_was_passed_on_is_held_once_that_is_settled(self, tree: ResellerTree) -> None:
        """Of the 300 that Dhaka got from above it passed 200 on."""
        pay(tree.agent, "1000", "deduction")
        pay(tree.top, "300")
        former_transfer(tree.top, tree.agent, "300")
        former_transfer(tree.agent, tree.customer, "200")
        assert [(one.agent, one.amount) for one in settlements_due(SYSTEM)] == [
            (tree.agent, 200),
            (tree.top, 300),
        ]
        with pytest.raises(Refused, match="Settle Dhaka-Retail-Sub first") as caught:
            settlement_post(actor=SYSTEM, agent=tree.top, reason="x")
        assert caught.value.code == "settle_below_first"
        settle(tree)
        settlement_post(actor=SYSTEM, agent=tree.top, reason="x", expected=Decimal(300))
        assert (balance(tree.agent), balance(tree.top)) == (300, 300)
        assert (cover_of(tree.agent.pk).free, cover_of(tree.top.pk).free) == (100, 0)

    @pytest.mark.parametrize("subs", [1, 2])
    def test_it_takes_a_fixed_number_of_queries(
        self, tree: ResellerTree, subs: int, django_assert_num_queries: object
    ) -> None:
        pay(tree.top, "1000")
        for sub in (tree.customer, tree.customer_2)[:subs]:
            former_transfer(tree.agent, sub, "10")
        former_transfer(tree.top, tree.sibling, "10")
        with django_assert_num_queries(3):  # type: ignore[operator]
            settlements_due(SYSTEM)


class TestSettling:
    def test_the_agent_gets_it_back_from_the_house(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        former_transfer(tree.agent, tree.customer_2, "50")
        assert balance(tree.agent) == 850
        made = settle(tree)
        assert (made.kind, made.amount, made.memo) == ("settled", 150, "The new rules")
        assert str(made.get_kind_display()) == "Settlement of transfers"
        assert balance(tree.agent) == 1000
        assert (balance(tree.customer), balance(tree.customer_2)) == (100, 50)
        house = Entry.objects.get(transaction=made, wallet=None)
        assert (house.house, house.amount) == (House.ADJUSTMENT, -150)
        assert ledger_problems() == []
        cover = cover_of(tree.agent.pk)
        assert (cover.handed_out, cover.free) == (150, 850), "as if it had been covered all along"

    def test_it_is_on_record(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        made = settle(tree)
        entry = AuditEntry.objects.get(action="payment.settled")
        assert (entry.subject, entry.reason) == (str(made.pk), "The new rules")
        assert entry.after == {"amount": "100.00", "sub_accounts": 1}
        assert entry.account == tree.agent.account_id

    def test_once_whoever_does_it(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        settle(tree)
        colleague = actor_for(StaffFactory(administrator=True))
        with pytest.raises(Refused) as refused:
            settlement_post(actor=colleague, agent=tree.agent, reason="again")
        assert refused.value.code == "settled_already"
        assert settlements_due(SYSTEM) == []
        assert balance(tree.agent) == 1000
        assert [one.account for one in settled_before(SYSTEM)] == [tree.agent]

    def test_the_database_itself_lets_no_second_one_in(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        made = settle(tree)
        values = {
            one.attname: getattr(made, one.attname)
            for one in Transaction._meta.concrete_fields
            if not one.primary_key
        }
        values |= {"idempotency_key": "another:key"}
        with pytest.raises(IntegrityError), transaction.atomic():
            Transaction.objects.create(**values)

    def test_a_settlement_that_was_reversed_is_not_made_again(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        made = settle(tree)
        transaction_reverse(
            actor=SYSTEM, transaction=made, reason="by mistake", idempotency_key="back"
        )
        assert balance(tree.agent) == 900
        with pytest.raises(Refused):
            settle(tree)

    def test_what_has_changed_since_it_was_shown_is_refused(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        shown = due_of(tree)
        pay(tree.customer, "20", "deduction")
        with pytest.raises(Refused) as refused:
            settlement_post(actor=SYSTEM, agent=tree.agent, reason="x", expected=shown)
        assert refused.value.code == "changed_meanwhile"
        assert settlement_post(
            actor=SYSTEM, agent=tree.agent, reason="x", expected=Decimal(80)
        ).amount == Decimal(80)

    @pytest.mark.parametrize(
        ("reason", "code"), [("  ", "reason_required"), ("x" * 201, "too_long")]
    )
    def test_it_needs_a_reason(self, tree: ResellerTree, reason: str, code: str) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        with pytest.raises(Refused) as refused:
            settle(tree, reason)
        assert (refused.value.code, refused.value.field) == (code, "reason")

    def test_nothing_to_settle_is_refused(self, tree: ResellerTree) -> None:
        with pytest.raises(Refused) as refused:
            settle(tree)
        assert refused.value.code == "nothing_to_settle"

    def test_administrators_alone(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        for account in (tree.agent, tree.top):
            actor = actor_for(UserFactory(account=account))
            with pytest.raises(NotAllowed):
                settlement_post(actor=actor, agent=tree.agent, reason="mine")
            with pytest.raises(NotAllowed):
                settlement_due(actor, tree.agent)
            with pytest.raises(NotAllowed):
                settlements_due(actor)
            with pytest.raises(NotAllowed):
                settled_before(actor)

    def test_not_by_who_only_looks_on(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        looking_on = replace(actor_for(StaffFactory(administrator=True)), read_only=True)
        with pytest.raises(NotAllowed):
            settlement_post(actor=looking_on, agent=tree.agent, reason="x")
        assert balance(tree.agent) == 900

    def test_a_closed_sub_account_holds_nothing(self, tree: ResellerTree) -> None:
        former_transfer(tree.agent, tree.customer, "100")
        pay(tree.customer, "100", "deduction")
        account_close(actor=SYSTEM, account=tree.customer, reason="gone")
        assert due_of(tree) == 0


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("settle_transfers", *arguments, stdout=out)
        return out.getvalue()

    def test_it_shows_what_it_would_do_and_does_nothing(self, tree: ResellerTree) -> None:
        pay(tree.agent, "1000")
        former_transfer(tree.agent, tree.customer, "1234.5")
        text = self.run()
        assert "Dhaka-Retail-Sub" in text
        assert "Customer-001" in text
        assert "1,234.50" in text
        assert "--apply" in text
        assert not Transaction.objects.filter(kind="settled").exists()

    def test_it_settles_all_and_says_the_receipts(self, tree: ResellerTree) -> None:
        pay(tree.top, "1000")
        former_transfer(tree.agent, tree.customer, "30")
        former_transfer(tree.top, tree.sibling, "200")
        text = self.run("--apply", "--reason", "upgrade")
        assert (balance(tree.agent), balance(tree.top)) == (1000, 1000)
        made = Transaction.objects.filter(kind="settled").order_by("pk")
        assert [(one.account, one.amount, one.memo) for one in made] == [
            (tree.agent, 30, "upgrade"),
            (tree.top, 200, "upgrade"),
        ]
        for one in made:
            assert f"payment {one.pk}" in text
        assert "nothing to settle" in self.run().lower()

    def test_of_some_agents_alone(self, tree: ResellerTree) -> None:
        pay(tree.top, "1000")
        former_transfer(tree.agent, tree.customer, "30")
        former_transfer(tree.top, tree.sibling, "200")
        self.run("--apply", "--reason", "upgrade", "--agent", "dhaka-retail-sub")
        assert balance(tree.agent) == 1000
        assert balance(tree.top) == 800
        with pytest.raises(CommandError, match="Nobody"):
            self.run("--agent", "Nobody")

    def test_it_needs_a_reason(self, tree: ResellerTree) -> None:
        with pytest.raises(CommandError, match="--reason"):
            self.run("--apply")


def test_an_agent_reads_it_on_its_statement(tree: ResellerTree) -> None:
    former_transfer(tree.agent, tree.customer, "100")
    made = settle(tree)
    assert Wallet.objects.get(pk=tree.agent.pk).balance == 1000
    entry = Entry.objects.get(transaction=made, wallet=tree.agent.pk)
    assert (entry.amount, entry.balance_after) == (100, 1000)
