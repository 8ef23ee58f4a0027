"""Which payment is made where its amount is typed, and which on the check page alone: the server
decides, whatever a browser sends.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry
from accounts.kit.errors import Refused
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.payments.queries import Usual
from billing.payments.rules import why_check_first
from billing.payments.services.reversing import transaction_reverse
from tests.factories import ResellerTree, StaffFactory
from tests.factories.fixtures import signed_in
from tests.support.pages import part_of, text_of
from tests.support.paying import balance, form, page_of, pay

HELD = Authorization.PAY_OWN_ACCOUNT, Authorization.PAY_SUB_ACCOUNT

CENTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("10000"), places=2)


def usual(*amounts: str | Decimal) -> Usual:
    return Usual([Transaction(amount=Decimal(one), at=timezone.now()) for one in amounts])


class TestTheRule:
    @pytest.mark.parametrize("amount", ["0.01", "50", "499.99", "500"])
    def test_a_recharge_up_to_ten_times_the_usual_is_paid_at_once(self, amount: str) -> None:
        assert why_check_first("recharge", Decimal(amount), usual("50")) == ""

    @pytest.mark.parametrize("amount", ["500.000001", "500.01", "5000"])
    def test_more_than_ten_times_is_looked_at(self, amount: str) -> None:
        why = why_check_first("recharge", Decimal(amount), usual("50"))
        assert why == "It is more than ten times the usual 50.00."

    @given(amount=CENTS, middle=CENTS)
    def test_wherever_the_usual_amount_lies(self, amount: Decimal, middle: Decimal) -> None:
        why = why_check_first("recharge", amount, usual(middle))
        assert bool(why) == (amount / 10 > middle)

    def test_the_usual_amount_is_the_middle_one_and_no_single_large_payment(self) -> None:
        assert why_check_first("recharge", Decimal(501), usual("9000", "50", "50"))
        assert not why_check_first("recharge", Decimal(500), usual("9000", "50", "50"))

    def test_a_first_payment_is_looked_at(self) -> None:
        why = why_check_first("recharge", Decimal("0.01"), usual())
        assert why == "It is the first payment to this account."

    def test_a_repeat_is_looked_at(self) -> None:
        why = why_check_first("recharge", Decimal(50), usual("50"), is_repeat=True)
        assert why == "The same amount went to this account a moment ago."

    @pytest.mark.parametrize("kind", ["deduction", "make_zero", "opening", "transfer", ""])
    def test_anything_but_a_recharge_is_looked_at(self, kind: str) -> None:
        why = why_check_first(kind, Decimal(50), usual("50"))
        assert why == "Only a recharge is paid without a look at what it does."

    def test_so_is_what_goes_to_the_own_account(self) -> None:
        assert why_check_first("recharge", Decimal(50), usual("50"), is_own=True)

    def test_so_is_what_only_administrators_may_hand_out(self) -> None:
        assert why_check_first("recharge", Decimal(50), usual("50"), is_uncovered=True)


def ask(client: Client, tree: ResellerTree, amount: str = "20", **more: Any) -> Any:
    """What the panel sends when its button is pressed."""
    sent = {"at_once": amount, **more}
    return client.post(page_of(tree.customer), form(amount, **sent))


@pytest.fixture
def known(tree: ResellerTree) -> ResellerTree:
    """The customer was paid 50 an hour ago."""
    pay(tree.customer, "50", at=timezone.now() - timedelta(hours=1))
    return tree


@pytest.mark.django_db
class TestThePage:
    def test_what_the_button_says_is_paid_and_leads_back_to_the_panel(
        self, known: ResellerTree, agent: Client
    ) -> None:
        answer = ask(agent, known)
        made = Transaction.objects.latest("pk")
        assert answer.status_code == 303
        assert answer["Location"] == f"/accounts/Customer-001/panel/?paid={made.key}"
        assert balance(known.customer) == 70
        assert AuditEntry.objects.filter(action="payment.recharge").count() == 2
        panel = agent.get(answer["Location"])
        assert f"20.00 USD paid. {made.key}" in text_of(panel)

    def test_sent_twice_it_is_paid_once(self, known: ResellerTree, agent: Client) -> None:
        first = ask(agent, known, idempotency_key="k")
        second = ask(agent, known, idempotency_key="k")
        assert first["Location"] == second["Location"]
        assert balance(known.customer) == 70

    @pytest.mark.parametrize(
        ("amount", "more", "words"),
        [
            ("500.01", {}, "more than ten times the usual 50.00"),
            ("20", {"kind": "deduction"}, "Only a recharge"),
            ("20", {"kind": "opening"}, ""),
        ],
    )
    def test_the_unusual_is_shown_first(
        self, known: ResellerTree, agent: Client, amount: str, more: Any, words: str
    ) -> None:
        answer = ask(agent, known, amount, **more)
        assert answer.status_code in (200, 422)
        assert words in text_of(answer)
        assert balance(known.customer) == 50

    def test_a_first_payment_is_shown_first(self, tree: ResellerTree, agent: Client) -> None:
        answer = ask(agent, tree)
        assert "first payment to this account" in text_of(answer)
        assert "Pay 20.00 USD to Customer-001" in text_of(answer)
        assert balance(tree.customer) == 0

    def test_a_payment_that_was_taken_back_is_none(self, tree: ResellerTree, agent: Client) -> None:
        made = pay(tree.customer, "50", at=timezone.now() - timedelta(hours=1))
        transaction_reverse(actor=SYSTEM, transaction=made, reason="x", idempotency_key="r")
        assert "first payment" in text_of(ask(agent, tree))

    def test_a_repeat_within_ten_minutes_asks_for_the_tick(
        self, known: ResellerTree, agent: Client
    ) -> None:
        ask(agent, known)
        answer = ask(agent, known)
        assert "Yes, pay the same amount again" in text_of(answer)
        assert balance(known.customer) == 70
        # A tick that nobody was shown counts for nothing.
        assert ask(agent, known, again="1").status_code == 200
        assert balance(known.customer) == 70

    @pytest.mark.parametrize("said", ["", "2", "20,5", "twenty", "200"])
    def test_a_button_that_says_another_amount_pays_nothing(
        self, known: ResellerTree, agent: Client, said: str
    ) -> None:
        answer = ask(agent, known, at_once=said)
        assert "Pay 20.00 USD to Customer-001" in text_of(answer)
        assert balance(known.customer) == 50

    def test_the_own_account_is_shown_first(self, tree: ResellerTree, agent: Client) -> None:
        pay(tree.agent, "50", at=timezone.now() - timedelta(hours=1))
        sent = form("20", at_once="20", reference="SLIP-9")
        answer = agent.post(page_of(tree.agent), sent)
        assert "to your own account is looked at first" in text_of(answer)
        assert balance(tree.agent) == 50

    def test_an_administrator_is_shown_what_is_not_covered(self, known: ResellerTree) -> None:
        payment_policy_set(actor=SYSTEM, account=known.agent, funding="covered")
        answer = ask(signed_in(StaffFactory(administrator=True)), known)
        assert "Not covered" in text_of(answer)
        assert balance(known.customer) == 50


@pytest.mark.django_db
def test_the_service_refuses_what_has_to_be_looked_at(tree: ResellerTree) -> None:
    with pytest.raises(Refused) as refused:
        pay(tree.customer, "20", is_checked=False)
    assert refused.value.code == "check_first"
    assert balance(tree.customer) == 0


@pytest.mark.django_db
class TestWhileItIsTyped:
    def effect(self, client: Client, amount: str, **more: str) -> Any:
        asked = {"panel": "1", "amount": amount, "kind": "recharge", **more}
        return client.get("/accounts/Customer-001/payments/new/effect/", asked)

    def test_the_button_says_the_amount(self, known: ResellerTree, agent: Client) -> None:
        answer = self.effect(agent, "20")
        assert 'name="at_once" value="20.00"' in answer.content.decode()
        assert "was 50.00 becomes 70.00" in text_of(answer)
        assert "Pay 20.00 USD" in text_of(answer)
        assert balance(known.customer) == 50

    def test_or_that_there_is_a_check(self, known: ResellerTree, agent: Client) -> None:
        answer = self.effect(agent, "501")
        assert "at_once" not in answer.content.decode()
        assert "data-checks" in answer.content.decode()
        assert "more than ten times the usual 50.00. You check it on the next page." in text_of(
            answer
        )

    @pytest.mark.parametrize("amount", ["", "x", "0", "-5"])
    def test_or_nothing_where_there_is_no_amount(
        self, known: ResellerTree, agent: Client, amount: str
    ) -> None:
        page = part_of(self.effect(agent, amount), "peek-pay")
        assert "at_once" not in page
        assert "data-checks" not in page
