"""Distributing credit by service: checked as a whole, paid as a whole or not at all."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from billing.distributions.lines import BadList
from billing.distributions.models import Distribution
from billing.distributions.queries import distributions_of, drafts_of
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import ListRefused, distribution_pay
from billing.errors import KeyReused
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from billing.ledger.services.batches import post_many
from billing.ledger.services.posting import key_of_person
from billing.wallets.models import Funding
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant, revoke
from tests.support import sabotage
from tests.support.covering import on_covered
from tests.support.distributing import assert_nothing_paid, draft, paid, problems
from tests.support.paying import balance, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

LIST = "Customer-001,50,R-1\nCustomer-002,25.50,R-2\nCustomer-301,0.000001,"
SUM = Decimal("75.500001")
# Of direct sub-accounts alone.
COVERED = "Customer-001,50,R-1\nCustomer-002,25,R-2"


class TestPaying:
    def test_every_line_is_a_payment_of_the_batch(self, imran: Actor, tree: ResellerTree) -> None:
        one = paid(imran, draft(imran, LIST, method="bank", memo="Week 47"))
        made = Transaction.objects.filter(batch=str(one.pk)).order_by("pk")
        assert [(m.account.account_id, m.amount, m.reference) for m in made] == [
            ("Customer-001", Decimal(50), "R-1"),
            ("Customer-002", Decimal("25.5"), "R-2"),
            ("Customer-301", Decimal("0.000001"), ""),
        ]
        assert {(m.kind, m.method, m.memo, m.actor, m.by_account) for m in made} == {
            ("recharge", "bank", "Week 47", "imran", tree.agent)
        }
        assert (one.count, one.total, one.funding) == (3, SUM, "record")
        assert one.posted_at is not None
        assert balance(tree.customer) == 50
        assert balance(tree.agent) == 0, "recorded: the agent's own balance stays"
        assert ledger_problems() == []

    def test_on_covered_the_own_balance_stays_and_less_is_free(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        pay(tree.agent, "100")
        on_covered(tree)
        one = draft(imran, COVERED)
        plan = distribution_preview(actor=imran, distribution=one)
        assert plan.cover is not None
        assert (plan.cover.balance, plan.cover.handed_out, plan.cover.free) == (100, 0, 100)
        assert plan.funding == Funding.COVERED
        paid(imran, one)
        after = cover_of(tree.agent.pk)
        assert (after.balance, after.handed_out, after.free) == (100, 75, 25)
        assert ledger_problems() == []

    def test_beyond_what_is_free_nothing_is_paid(self, imran: Actor, tree: ResellerTree) -> None:
        pay(tree.agent, "70")
        on_covered(tree)
        one = draft(imran, COVERED)
        plan = distribution_preview(actor=imran, distribution=one)
        assert plan.refusals == ("Your account has 70.00 free to hand out; 5.00 are missing.",)
        with pytest.raises(ListRefused, match=r"5\.00 are missing"):
            distribution_pay(actor=imran, distribution=one, expected=plan.digest)
        assert_nothing_paid()

    def test_exactly_what_is_free_may_be_distributed(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        pay(tree.agent, "75")
        on_covered(tree)
        paid(imran, draft(imran, COVERED))
        assert cover_of(tree.agent.pk).free == 0

    def test_what_an_agent_further_down_would_hand_out_has_to_be_its_own(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        pay(tree.agent, "100")
        on_covered(tree)
        plan = distribution_preview(actor=imran, distribution=draft(imran, LIST))
        (refusal,) = plan.refusals
        sub_agent = tree.sub_agent.account_id
        assert refusal == (
            f"{sub_agent} has 0.00 free to hand out; 0.000001 are missing. Pay it first."
        )

    def test_administrators_pay_everybody(self, tree: ResellerTree, administrator) -> None:
        admin = actor_for(administrator)
        on_covered(tree)
        paid(admin, draft(admin, "Dhaka-Retail-Sub,5\nCustomer-201,6\nMaster-Agent-2,7"))
        assert balance(tree.other_customer) == 6
        assert balance(tree.agent) == 5

    def test_a_suspended_account_is_paid_and_it_is_said(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        account_lock(actor=SYSTEM, account=tree.sub_agent, reason="test")
        one = draft(imran, LIST)
        plan = distribution_preview(actor=imran, distribution=one)
        assert plan.stopped == {tree.deep_customer.pk}
        paid(imran, one)
        assert balance(tree.deep_customer) == Decimal("0.000001")

    def test_the_audit_log_says_it_once(self, imran: Actor, tree: ResellerTree) -> None:
        one = paid(imran, draft(imran, LIST, memo="Week 47"))
        (entry,) = AuditEntry.objects.filter(action__startswith="payment")
        assert (entry.action, entry.account, entry.subject) == (
            "payment.distribution", "Dhaka-Retail-Sub", str(one.pk),
        )  # fmt: skip
        assert entry.after["accounts"] == 3
        assert entry.after["total"] == "75.500001"


class TestOnce:
    def test_paid_twice_it_is_paid_once(self, imran: Actor, tree: ResellerTree) -> None:
        one = draft(imran, LIST)
        digest = distribution_preview(actor=imran, distribution=one).digest
        first, second = (
            distribution_pay(actor=imran, distribution=one, expected=digest) for _time in range(2)
        )
        assert first.pk == second.pk
        assert balance(tree.customer) == 50
        assert Transaction.objects.count() == 3

    def test_the_same_form_after_it_was_paid_is_the_paid_one(self, imran: Actor) -> None:
        key = uuid4()
        one = paid(imran, draft(imran, LIST, key=key))
        assert draft(imran, LIST, key=key).posted_at == one.posted_at
        with pytest.raises(KeyReused):
            draft(imran, "Customer-001,1", key=key)

    def test_the_form_changed_before_paying_takes_its_place(self, imran: Actor) -> None:
        key = uuid4()
        draft(imran, LIST, key=key)
        draft(imran, "Customer-001,1", key=key)
        one = Distribution.objects.get()
        assert (one.pk, one.text) == (key, "Customer-001,1")

    def test_what_was_not_shown_is_not_paid(self, imran: Actor) -> None:
        key = uuid4()
        one = draft(imran, LIST, key=key)
        digest = distribution_preview(actor=imran, distribution=one).digest
        draft(imran, "Customer-001,1", key=key)
        with pytest.raises(Clash):
            distribution_pay(actor=imran, distribution=one, expected=digest)
        assert_nothing_paid()

    @pytest.mark.parametrize(
        "other", ["Customer-001,6,R-1", "Customer-002,5,R-1", "Customer-001,5,R-2"]
    )
    def test_nor_is_another_amount_account_or_reference(self, imran: Actor, other: str) -> None:
        key = uuid4()
        one = draft(imran, "Customer-001,5,R-1", key=key)
        digest = distribution_preview(actor=imran, distribution=one).digest
        draft(imran, other, key=key)
        with pytest.raises(Clash):
            distribution_pay(actor=imran, distribution=one, expected=digest)
        assert_nothing_paid()

    def test_its_keys_are_none_that_a_form_has(self, imran: Actor) -> None:
        one = paid(imran, draft(imran, LIST))
        every = list(Transaction.objects.filter(batch=str(one.pk)))
        assert len(every) > 1
        for made in every:
            with pytest.raises(Refused):
                key_of_person(made.idempotency_key)

    def test_an_account_that_closes_before_it_is_locked_stops_the_list(
        self, imran: Actor, tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def posted(*args: Any, **more: Any) -> int:
            sabotage.plant(tree.customer_2, status="closed")
            return post_many(*args, **more)

        monkeypatch.setattr("billing.distributions.services.paying.post_many", posted)
        one = draft(imran, LIST)
        digest = distribution_preview(actor=imran, distribution=one).digest
        with pytest.raises(Refused, match="Customer-002 was closed meanwhile"):
            distribution_pay(actor=imran, distribution=one, expected=digest)
        assert_nothing_paid()

    def test_a_stricter_funding_than_shown_counts(self, imran: Actor, tree: ResellerTree) -> None:
        one = draft(imran, LIST)
        digest = distribution_preview(actor=imran, distribution=one).digest
        on_covered(tree)
        with pytest.raises(ListRefused, match="free to hand out"):
            distribution_pay(actor=imran, distribution=one, expected=digest)
        assert_nothing_paid()

    def test_the_same_amount_a_moment_ago_asks_again(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        pay(tree.customer, "50")
        pay(tree.customer_2, "50")
        one = draft(imran, LIST)
        plan = distribution_preview(actor=imran, distribution=one)
        assert plan.repeats == {tree.customer.pk}
        with pytest.raises(Refused) as refused:
            distribution_pay(actor=imran, distribution=one, expected=plan.digest)
        assert refused.value.code == "repeated"
        assert_nothing_paid()
        paid(imran, one, is_repeat_meant=True)
        assert balance(tree.customer) == 100

    def test_after_ten_minutes_it_asks_no_more(self, imran: Actor, tree: ResellerTree) -> None:
        pay(tree.customer, "50")
        with time_machine.travel(timezone.now() + timezone.timedelta(minutes=11)):
            plan = distribution_preview(actor=imran, distribution=draft(imran, LIST))
        assert plan.repeats == frozenset()


class TestLines:
    def test_foreign_and_unknown_accounts_look_the_same(self, imran: Actor) -> None:
        found = problems(
            imran, "Nobody-1,1\nCustomer-101,1\nBD-Wholesale-Agent,1\nMaster-Agent-2,1"
        )
        assert set(found) == {1, 2, 3, 4}
        assert set(found.values()) == {"There is no such account."}

    def test_the_own_account_is_refused(self, imran: Actor) -> None:
        (said,) = problems(imran, "Dhaka-Retail-Sub,1").values()
        assert "your own account" in said

    def test_a_closed_account_is_refused(self, imran: Actor, tree: ResellerTree) -> None:
        account_close(actor=SYSTEM, account=tree.customer, reason="test")
        assert problems(imran, LIST) == {1: "A closed account takes no payments."}

    def test_an_account_stands_in_one_line_only(self, imran: Actor) -> None:
        assert problems(imran, "Customer-001,1\n\ncustomer-001,2\nCUSTOMER-001,3") == {
            3: "Line 1 names this account already.",
            4: "Line 1 names this account already.",
        }

    def test_the_largest_payment_counts_for_every_line(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, per_payment=Decimal(50))
        assert problems(imran, "Customer-001,50\nCustomer-002,50.01") == {
            2: "At most 50.00 may be paid at once."
        }
        payment_policy_set(actor=SYSTEM, account=tree.top, per_payment=Decimal(5))
        said = problems(imran, "Customer-001,50")[1]
        assert said == "This is more than a level above yours permits."

    def test_limits_are_for_agents_only(self, tree: ResellerTree, administrator) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, per_payment=Decimal(1))
        assert problems(actor_for(administrator), LIST) == {}

    def test_one_bad_line_stops_the_list(self, imran: Actor) -> None:
        one = draft(imran, f"{LIST}\nNobody-1,1")
        plan = distribution_preview(actor=imran, distribution=one)
        with pytest.raises(ListRefused, match="1 line has a problem"):
            distribution_pay(actor=imran, distribution=one, expected=plan.digest)
        assert_nothing_paid()


class TestWhole:
    def test_the_control_sum_must_be_the_sum(self, imran: Actor) -> None:
        with pytest.raises(Refused) as refused:
            draft(imran, LIST, "75.5")
        assert refused.value.field == "control_sum"
        assert "75.500001" in str(refused.value.message)
        assert "75.50: 0.000001 apart" in str(refused.value.message)
        assert not Distribution.objects.exists()

    def test_it_is_compared_once_every_amount_is_one(self, imran: Actor) -> None:
        one = draft(imran, "Customer-001,5\nCustomer-002,x", "10")
        assert distribution_preview(actor=imran, distribution=one).wrong[0].number == 2

    def test_the_limit_of_a_day_counts_for_the_whole_list(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, per_day=Decimal(80))
        pay(tree.customer, "4.50", actor=imran)
        one = draft(imran, LIST)
        plan = distribution_preview(actor=imran, distribution=one)
        assert plan.refusals == ("At most 75.50 more may be paid today.",)
        with pytest.raises(ListRefused):
            distribution_pay(actor=imran, distribution=one, expected=plan.digest)
        assert_nothing_paid()

    def test_what_is_distributed_counts_for_the_day(self, imran: Actor, tree: ResellerTree) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, per_day=Decimal(80))
        paid(imran, draft(imran, LIST))
        with pytest.raises(Refused, match=r"4\.499999 more"):
            pay(tree.customer, "5", actor=imran)

    def test_an_empty_list_is_refused(self, imran: Actor) -> None:
        with pytest.raises(BadList):
            draft(imran, "\n\n", "1")

    def test_an_unknown_method_is_refused(self, imran: Actor) -> None:
        with pytest.raises(Refused):
            draft(imran, LIST, method="gold")


class TestWho:
    def test_it_needs_authorization_8(self, tree: ResellerTree) -> None:
        actor = actor_for(UserFactory(account=tree.sibling))
        with pytest.raises(NotAllowed) as refused:
            draft(actor, "Customer-101,1")
        assert refused.value.asked is Authorization.PAY_SUB_ACCOUNT

    def test_operators_and_commands_distribute_nothing(self, tree: ResellerTree) -> None:
        for actor in (SYSTEM, actor_for(StaffFactory(operator=True))):
            with pytest.raises(NotAllowed):
                draft(actor, LIST)

    def test_who_lost_the_authorization_meanwhile_pays_nothing(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        one = draft(imran, LIST)
        digest = distribution_preview(actor=imran, distribution=one).digest
        revoke(tree.agent, Authorization.PAY_SUB_ACCOUNT)
        with pytest.raises(NotAllowed):
            distribution_pay(actor=imran, distribution=one, expected=digest)
        assert_nothing_paid()

    def test_an_account_that_left_the_scope_meanwhile_stops_the_list(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        one = draft(imran, LIST)
        digest = distribution_preview(actor=imran, distribution=one).digest
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling, reason="test")
        with pytest.raises(ListRefused):
            distribution_pay(actor=imran, distribution=one, expected=digest)
        assert_nothing_paid()

    def test_a_draft_is_its_logins_own(self, imran: Actor, tree: ResellerTree) -> None:
        one = draft(imran, LIST)
        colleague = actor_for(UserFactory(account=tree.agent))
        admin = actor_for(StaffFactory(administrator=True))
        for other in (colleague, admin):
            assert not drafts_of(other).exists()
            with pytest.raises(NotInScope):
                distribution_pay(actor=other, distribution=one, expected="")
            with pytest.raises(KeyReused):
                draft(other, LIST, key=one.pk)

    def test_who_sees_a_paid_one(self, imran: Actor, tree: ResellerTree) -> None:
        grant(tree.top, Authorization.PAY_SUB_ACCOUNT)
        paid(imran, draft(imran, LIST))
        sees = {
            name: distributions_of(actor_for(UserFactory(account=getattr(tree, name)))).count()
            for name in ("top", "agent", "customer", "sub_agent", "sibling", "other_top")
        }
        assert sees == {
            "top": 1, "agent": 1, "customer": 0, "sub_agent": 0, "sibling": 0, "other_top": 0,
        }  # fmt: skip
        assert distributions_of(actor_for(StaffFactory(administrator=True))).count() == 1
