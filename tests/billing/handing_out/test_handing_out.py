"""One gate of money below: what an agent hands out moves nothing in its own wallet, and under
covered it hands out at most what it has.
"""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM, Actor
from accounts.core.models import Account, User
from accounts.kit.errors import NotAllowed, Refused
from accounts.tree.services.accounts import account_create
from accounts.tree.services.ending import account_close, account_delete
from accounts.tree.services.moving import account_move, move_preview
from billing.handing_out.queries.cover import Cover, cover_of, covers_of
from billing.handing_out.queries.policies import funding_of
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Entry
from billing.ledger.queries.integrity import ledger_problems
from billing.payments.services.paying import Payment, payment_preview
from billing.wallets.models import Funding
from tests.factories import ResellerTree
from tests.support.carding import cards, refused
from tests.support.covering import put_on_covered
from tests.support.paying import balance, pay, payer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def limit(account: Account, amount: str, actor: Actor = SYSTEM) -> None:
    terms_set(actor=actor, account=account, credit_limit=Decimal(amount))


def figures(account: Account) -> tuple[Decimal, Decimal, Decimal | None]:
    cover = cover_of(account.pk)
    return cover.balance, cover.handed_out, cover.free


class TestHandedOut:
    def test_it_is_what_direct_sub_accounts_can_spend(self, tree: ResellerTree) -> None:
        pay(tree.agent, "100")
        pay(tree.customer, "30")
        limit(tree.customer, "20")
        limit(tree.sub_agent, "5")
        # Below the sub-agent it is the sub-agent's.
        pay(tree.deep_customer, "1000")
        assert figures(tree.agent) == (100, 55, 45)

    def test_what_is_used_of_a_limit_counts_no_more(self, tree: ResellerTree) -> None:
        limit(tree.customer, "20")
        pay(tree.customer, "15", "deduction")
        assert figures(tree.agent)[1] == 5

    def test_a_debt_beyond_the_limit_counts_as_nothing(self, tree: ResellerTree) -> None:
        limit(tree.customer, "20")
        pay(tree.customer, "15", "deduction")
        limit(tree.customer, "0")
        pay(tree.customer_2, "7")
        assert figures(tree.agent)[1] == 7

    def test_of_unlimited_credit_the_balance_alone_counts(self, tree: ResellerTree) -> None:
        pay(tree.customer, "30")
        terms_set(
            actor=SYSTEM, account=tree.customer, payment_mode="postpaid",
            credit_limit=Decimal(20), is_unlimited=True,
        )  # fmt: skip
        cover = cover_of(tree.agent.pk)
        assert (cover.handed_out, cover.unlimited_below) == (30, 1)

    def test_an_agent_with_unlimited_credit_has_no_bound(self, tree: ResellerTree) -> None:
        terms_set(actor=SYSTEM, account=tree.agent, payment_mode="postpaid", is_unlimited=True)
        put_on_covered(tree.agent)
        pay(tree.customer, "1000", actor=payer(tree.agent))
        assert figures(tree.agent) == (0, 1000, None)

    def test_cards_that_can_be_used_count_with_their_face_value(self, tree: ResellerTree) -> None:
        cards(tree.agent, count=3, face_value=Decimal(5))
        cards(tree.agent, count=3, first="SYL990001", released=False)
        assert figures(tree.agent)[1] == 15

    def test_a_closed_account_can_spend_nothing(self, tree: ResellerTree) -> None:
        limit(tree.customer, "20")
        account_close(actor=SYSTEM, account=tree.customer, reason="x")
        assert figures(tree.agent)[1] == 0

    def test_those_of_many_take_one_query(self, tree: ResellerTree) -> None:
        with CaptureQueriesContext(connection) as captured:
            found = covers_of(Account.objects.values_list("pk", flat=True).iterator())
        assert len(found) == 10
        # The list of accounts, and all covers.
        assert len(captured) == 2

    def test_an_account_without_anything_below_has_handed_out_nothing(
        self, tree: ResellerTree
    ) -> None:
        pay(tree.customer, "30")
        assert cover_of(tree.customer.pk) == Cover(
            account_pk=tree.customer.pk, balance=Decimal(30), available=Decimal(30),
            handed_out=Decimal(0),
        )  # fmt: skip


class TestFunding:
    def test_the_strictest_along_the_way_counts(self, tree: ResellerTree) -> None:
        put_on_covered(tree.top)
        payment_policy_set(actor=SYSTEM, account=tree.agent, funding="record")
        found = funding_of([tree.agent.pk, tree.other_top.pk])
        assert found == {tree.agent.pk: Funding.COVERED, tree.other_top.pk: Funding.RECORD}


class TestRecord:
    def test_an_agent_hands_out_what_it_likes_and_its_wallet_stays(
        self, tree: ResellerTree
    ) -> None:
        agent = payer(tree.agent)
        pay(tree.customer, "500", actor=agent)
        limit(tree.customer, "700", agent)
        pay(tree.customer, "400", "deduction", agent)
        pay(tree.customer, "0", "make_zero", agent)
        assert (balance(tree.agent), balance(tree.customer)) == (0, 0)
        assert not Entry.objects.filter(wallet=tree.agent.pk).exists()
        assert ledger_problems() == []

    def test_what_is_taken_back_goes_to_cash(self, tree: ResellerTree) -> None:
        agent = payer(tree.agent)
        pay(tree.customer, "500", actor=agent)
        pay(tree.customer, "100", "deduction", agent)
        pay(tree.customer, "0", "make_zero", agent)
        houses = Entry.objects.filter(wallet=None, amount__gt=0).order_by("pk")
        assert [(one.house, one.amount) for one in houses] == [("cash", 100), ("cash", 400)]


class TestCovered:
    @pytest.fixture
    def agent(self, tree: ResellerTree) -> Actor:
        pay(tree.agent, "100")
        put_on_covered(tree.agent)
        return payer(tree.agent)

    def test_payments_go_as_far_as_what_is_free(self, tree: ResellerTree, agent: Actor) -> None:
        pay(tree.customer, "60", actor=agent)
        with refused("not_covered", "amount"):
            pay(tree.customer_2, "40.000001", actor=agent)
        pay(tree.customer_2, "40", actor=agent)
        assert figures(tree.agent) == (100, 100, 0)

    def test_the_refusal_says_how_much_is_free(self, tree: ResellerTree, agent: Actor) -> None:
        pay(tree.customer, "60", actor=agent)
        with pytest.raises(
            Refused, match=r"Your account has 40\.00 free to hand out; 10\.00 are missing\."
        ):
            pay(tree.customer, "50", actor=agent)

    def test_a_credit_limit_hands_out_as_well(self, tree: ResellerTree, agent: Actor) -> None:
        with refused("not_covered", "credit_limit"):
            limit(tree.customer, "100.5", agent)
        limit(tree.customer, "70", agent)
        with refused("not_covered", "amount"):
            pay(tree.customer, "31", actor=agent)
        limit(tree.customer, "10", agent)
        pay(tree.customer, "31", actor=agent)

    def test_a_debt_made_zero_hands_out_as_well(self, tree: ResellerTree, agent: Actor) -> None:
        limit(tree.customer, "90", agent)
        pay(tree.customer, "80", "deduction", agent)
        # 10 of the limit are left to spend; the debt would take 80 more.
        limit(tree.customer_2, "50", agent)
        with refused("not_covered", "amount"):
            pay(tree.customer, "0", "make_zero", agent)
        limit(tree.customer_2, "10", agent)
        pay(tree.customer, "0", "make_zero", agent)
        assert figures(tree.agent) == (100, 100, 0)

    def test_further_down_the_agent_directly_above_counts(
        self, tree: ResellerTree, agent: Actor
    ) -> None:
        with pytest.raises(Refused) as caught:
            pay(tree.deep_customer, "10", actor=agent)
        assert str(caught.value) == (
            "Sub-Sub-Agent has 0.00 free to hand out; 10.00 are missing. Pay it first."
        )
        pay(tree.sub_agent, "10", actor=agent)
        pay(tree.deep_customer, "10", actor=agent)
        assert figures(tree.agent) == (100, 10, 90)

    def test_what_was_handed_out_further_down_is_not_taken_back(
        self, tree: ResellerTree, agent: Actor
    ) -> None:
        pay(tree.sub_agent, "50", actor=agent)
        limit(tree.sub_agent, "20", agent)
        pay(tree.deep_customer, "60", actor=payer(tree.sub_agent))
        # 70 available, 60 handed out.
        with refused("handed_out_below", "amount"):
            pay(tree.sub_agent, "10.01", "deduction", agent)
        with refused("handed_out_below", "amount"):
            pay(tree.sub_agent, "0", "make_zero", agent)
        with refused("handed_out_below", "credit_limit"):
            limit(tree.sub_agent, "9", agent)
        limit(tree.sub_agent, "15", agent)
        pay(tree.sub_agent, "5", "deduction", agent)
        assert figures(tree.sub_agent) == (45, 60, 0)

    def test_administrators_are_told_and_not_refused(
        self, tree: ResellerTree, agent: Actor
    ) -> None:
        plan = payment_preview(
            actor=SYSTEM, account=tree.customer, payment=Payment("recharge", Decimal(150))
        )
        (short,) = plan.shortfalls
        assert (short.agent.account_id, short.free) == ("Dhaka-Retail-Sub", 100)
        pay(tree.customer, "150")
        limit(tree.customer_2, "50")
        assert cover_of(tree.agent.pk).is_uncovered
        with refused("not_covered", "amount"):
            pay(tree.customer, "0.01", actor=agent)

    def test_a_policy_changes_no_money(self, tree: ResellerTree) -> None:
        other = payer(tree.sub_agent)
        pay(tree.deep_customer, "60", actor=other)
        put_on_covered(tree.sub_agent)
        assert figures(tree.sub_agent) == (0, 60, -60)
        with refused("not_covered", "amount"):
            pay(tree.deep_customer, "0.01", actor=other)
        pay(tree.deep_customer, "60", "deduction", other)

    def test_a_limit_that_comes_with_a_new_account_is_handed_out(
        self, tree: ResellerTree, agent: Actor
    ) -> None:
        made = account_create(actor=agent, account_id="New-1", name="New", parent=tree.agent)
        with refused("not_covered", "credit_limit"):
            limit(made, "101", agent)
        limit(made, "100", agent)


class TestMoves:
    @pytest.fixture
    def agent(self, tree: ResellerTree) -> Actor:
        """Dhaka has its money outside; its sub-agent hands out what it has."""
        put_on_covered(tree.sub_agent)
        pay(tree.customer, "30")
        return payer(tree.agent)

    def test_an_agent_uncovers_nobody_by_moving(self, tree: ResellerTree, agent: Actor) -> None:
        plan = move_preview(actor=agent, accounts=[tree.customer], parent=tree.sub_agent)
        assert [one.refusal.code for one in plan.skipped if one.refusal] == ["not_covered"]
        with refused("not_covered", "parent"):
            account_move(actor=agent, account=tree.customer, parent=tree.sub_agent)
        pay(tree.sub_agent, "30", actor=agent)
        account_move(actor=agent, account=tree.customer, parent=tree.sub_agent)
        assert figures(tree.sub_agent) == (30, 30, 0)

    def test_who_approves_reads_whose_account_it_is(
        self, tree: ResellerTree, agent: Actor, administrator: User
    ) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, funding="covered")
        pay(tree.deep_customer, "5")
        move = {"account": tree.deep_customer, "parent": tree.agent}
        for actor, words in (
            (agent, "Your account has"),
            (replace(agent, approver=administrator), "Dhaka-Retail-Sub has"),
        ):
            with refused("not_covered", "parent") as caught:
                account_move(actor=actor, **move)
            assert str(caught.value).startswith(words)

    def test_whoever_has_nothing_moves_anywhere(self, tree: ResellerTree, agent: Actor) -> None:
        pay(tree.deep_customer, "5")
        account_move(actor=agent, account=tree.customer_2, parent=tree.sub_agent)

    def test_administrators_are_told(self, tree: ResellerTree) -> None:
        put_on_covered(tree.sub_agent)
        pay(tree.customer, "30")
        plan = move_preview(actor=SYSTEM, accounts=[tree.customer], parent=tree.sub_agent)
        assert any("counts for 30.00" in words for words in plan.warnings)
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.sub_agent)
        assert figures(tree.sub_agent) == (0, 30, -30)


class TestLimits:
    def day(self, tree: ResellerTree, amount: str) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, per_day=Decimal(amount))

    def test_raising_a_credit_limit_counts_for_the_day(self, tree: ResellerTree) -> None:
        self.day(tree, "100")
        agent = payer(tree.agent)
        limit(tree.customer, "60", agent)
        pay(tree.customer_2, "30", actor=agent)
        with refused("over_day_limit", "credit_limit"):
            limit(tree.customer, "70.01", agent)
        with refused("over_day_limit", "amount"):
            pay(tree.customer_2, "10.01", actor=agent)
        # Lowering it gives nothing back.
        limit(tree.customer, "0", agent)
        with refused("over_day_limit", "credit_limit"):
            limit(tree.customer, "10.01", agent)

    def test_deleting_the_account_gives_nothing_back(self, tree: ResellerTree) -> None:
        self.day(tree, "100")
        agent = payer(tree.agent)
        made = account_create(actor=agent, account_id="New-1", name="New", parent=tree.agent)
        limit(made, "90", agent)
        account_delete(actor=agent, account=made, reason="x")
        with refused("over_day_limit", "credit_limit"):
            limit(tree.customer, "10.01", agent)

    def test_a_raise_is_one_payment(self, tree: ResellerTree) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, per_payment=Decimal(50))
        agent = payer(tree.agent)
        with refused("over_payment_limit", "credit_limit"):
            limit(tree.customer, "50.01", agent)
        limit(tree.customer, "50", agent)
        limit(tree.customer, "100", agent)

    def test_it_is_counted_in_the_whole_hierarchy(self, tree: ResellerTree) -> None:
        self.day(tree, "100")
        limit(tree.deep_customer, "60", payer(tree.sub_agent))
        with refused("over_day_limit", "amount"):
            pay(tree.customer, "41", actor=payer(tree.agent))


class TestTransfer:
    def test_an_administrator_corrects_a_payment_that_went_wrong(self, tree: ResellerTree) -> None:
        pay(tree.customer, "50")
        pay(tree.customer_2, "50", "transfer", source=tree.customer, memo="Booked to the wrong one")
        assert (balance(tree.customer), balance(tree.customer_2)) == (0, 50)
        assert ledger_problems() == []

    def test_agents_transfer_nothing(self, tree: ResellerTree) -> None:
        pay(tree.customer, "50")
        with pytest.raises(NotAllowed) as caught:
            pay(
                tree.customer_2, "50", "transfer", payer(tree.agent), source=tree.customer,
                memo="x",
            )  # fmt: skip
        assert caught.value.code == "administrators_only"
        assert balance(tree.customer) == 50

    def test_it_needs_another_open_account_and_a_reason(self, tree: ResellerTree) -> None:
        pay(tree.customer, "50")
        account_close(actor=SYSTEM, account=tree.other_customer, reason="x")
        for code, field, how in (
            ("no_source", "source", {"memo": "x"}),
            ("no_source", "source", {"memo": "x", "source": tree.customer_2}),
            ("closed", "source", {"memo": "x", "source": tree.other_customer}),
            ("reason_required", "memo", {"source": tree.customer}),
        ):  # fmt: skip
            with refused(code, field):
                pay(tree.customer_2, "5", "transfer", **how)

    def test_it_stops_at_the_limit_of_the_source(self, tree: ResellerTree) -> None:
        pay(tree.customer, "50")
        with refused("insufficient_funds", "amount"):
            pay(tree.customer_2, "50.01", "transfer", source=tree.customer, memo="x")


@pytest.mark.parametrize("key", ["a:b", "", " ", "x" * 65, "schlüssel", "a b", "a\nb"])
def test_keys_of_people_are_plain(tree: ResellerTree, key: str) -> None:
    with refused("bad_key"):
        pay(tree.customer, "5", key=key)


def test_a_key_that_a_distribution_makes_is_nobodys_to_take(tree: ResellerTree) -> None:
    with refused("bad_key"):
        pay(tree.customer, "5", key="0b5a1c8e-3f1e-4a9b-8f9f-3c2e6f7a8b9c:1")
