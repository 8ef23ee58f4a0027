"""Wrong payments are taken back by a payment that points at them; nothing is ever edited."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import ALL
from accounts.core.models import AuditEntry, User
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.tree.services.ending import account_close
from billing.charging.services.volumes import months_closed
from billing.errors import KeyReused
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.payments.services.reversing import reversal_preview, transaction_reverse
from billing.rates.services.groups import tiers_set
from tests.factories import ResellerTree, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.answering import submit
from tests.support.buying import buys_at
from tests.support.former import transferred
from tests.support.pages import field_error, just_signed_in, sent_by_form, text_of, words_of
from tests.support.paying import balance, pay

pytestmark = pytest.mark.django_db

HELD = ALL


def reverse(
    made: Transaction, actor: Actor = SYSTEM, key: str = "back", reason: str = "typo"
) -> Any:
    return transaction_reverse(actor=actor, transaction=made, reason=reason, idempotency_key=key)


def rows(made: Transaction) -> list[Any]:
    """Everything stored of a transaction."""
    return [
        Transaction.objects.filter(pk=made.pk).values().get(),
        *Entry.objects.filter(transaction=made).order_by("pk").values(),
    ]


class TestTheService:
    def test_it_posts_the_mirror_and_leaves_the_origin_alone(self, tree: ResellerTree) -> None:
        made = pay(tree.customer, "50", reference="SLIP-1")
        before = rows(made)
        back = reverse(made, reason="  wrong   customer ")
        assert (back.kind, back.reverses_id, back.amount) == ("reversal", made.pk, 50)
        assert (back.memo, back.reference) == ("wrong customer", "SLIP-1")
        assert balance(tree.customer) == 0
        assert rows(made) == before
        assert sorted(one.amount for one in back.entries.all()) == [-50, 50]
        assert ledger_problems() == []
        assert trial_balance() == 0

    def test_it_is_in_the_audit_log(self, tree: ResellerTree, administrator: User) -> None:
        made = pay(tree.customer, "50")
        back = reverse(made, actor_for(administrator))
        entry = AuditEntry.objects.get(action="payment.reversal")
        assert (entry.actor, entry.account) == ("admin-login", "Customer-001")
        assert (entry.subject, entry.after["reverses"]) == (str(back.pk), str(made.pk))
        assert entry.reason == "typo"

    def test_a_transfer_goes_back_between_the_same_two(self, tree: ResellerTree) -> None:
        pay(tree.agent, "80")
        agent = actor_for(UserFactory(account=tree.agent))
        made = transferred(agent, tree.agent, tree.customer, 50)
        assert (balance(tree.agent), balance(tree.customer)) == (30, 50)
        reverse(made)
        assert (balance(tree.agent), balance(tree.customer)) == (80, 0)

    def test_a_balance_may_fall_below_its_limit(self, tree: ResellerTree) -> None:
        made = pay(tree.customer, "50")
        pay(tree.customer, "30", "deduction")
        assert [one.is_below_limit for one in reversal_preview(actor=SYSTEM, transaction=made)] == [
            True
        ]
        reverse(made)
        assert balance(tree.customer) == -30
        assert ledger_problems() == []

    def test_a_deduction_comes_back(self, tree: ResellerTree) -> None:
        pay(tree.customer, "50")
        taken = pay(tree.customer, "20", "deduction")
        (side,) = reversal_preview(actor=SYSTEM, transaction=taken)
        assert (side.before, side.after, side.is_below_limit) == (30, 50, False)
        reverse(taken)
        assert balance(tree.customer) == 50

    def test_twice_is_refused(self, tree: ResellerTree) -> None:
        made = pay(tree.customer, "50")
        reverse(made, key="one")
        with pytest.raises(Refused, match="reversed already"):
            reverse(made, key="two")
        assert balance(tree.customer) == 0

    def test_the_same_form_reverses_once(self, tree: ResellerTree) -> None:
        made = pay(tree.customer, "50")
        assert reverse(made).pk == reverse(made).pk
        assert AuditEntry.objects.filter(action="payment.reversal").count() == 1
        with pytest.raises(KeyReused):
            reverse(made, reason="another")

    def test_what_calls_cost_is_not_reversed(self, tree: ResellerTree) -> None:
        group = rate_group(None, "Platform")
        rate(group, "880", "0.06")
        for account in (tree.top, tree.agent, tree.customer):
            buys_at(account, group, since=LONG_AGO)
        charged(cdr(account="Customer-001"))
        moved = Transaction.objects.get(kind="call", account=tree.customer)
        with pytest.raises(Refused, match="rated anew") as refused:
            reverse(moved)
        assert refused.value.code == "is_calls"

    def test_a_volume_discount_is_not_reversed(self, tree: ResellerTree, time_machine: Any) -> None:
        time_machine.move_to(datetime(2027, 3, 15, tzinfo=UTC))
        group = rate_group(None, "Platform")
        rate(group, "880", "0.06")
        tiers_set(actor=SYSTEM, group=group, tiers=[(1, 500)])
        buys_at(tree.top, group, since=LONG_AGO)
        charged(cdr(account="BD-Wholesale-Agent"))
        time_machine.move_to(datetime(2027, 4, 1, tzinfo=UTC))
        months_closed()
        credit = Transaction.objects.get(kind="volume", account=tree.top)
        with pytest.raises(Refused, match="follows the calls of its month") as refused:
            reverse(credit)
        assert refused.value.code == "is_volume_discount"

    def test_a_reversal_is_not_reversed(self, tree: ResellerTree) -> None:
        back = reverse(pay(tree.customer, "50"))
        with pytest.raises(Refused, match="A reversal is not reversed") as refused:
            reverse(back, key="two")
        assert refused.value.code == "is_reversal"

    def test_a_closed_account_stays_at_zero(self, tree: ResellerTree) -> None:
        made = pay(tree.customer, "50")
        pay(tree.customer, "0.5", "deduction")
        pay(tree.customer, "49.5", "deduction")
        account_close(actor=SYSTEM, account=tree.customer, reason="x")
        with pytest.raises(Refused) as refused:
            reverse(made)
        assert refused.value.code == "closed"
        assert balance(tree.customer) == 0

    @pytest.mark.parametrize("reason", ["", "   ", "\x00", "x" * 201])
    def test_it_needs_a_reason_that_fits(self, tree: ResellerTree, reason: str) -> None:
        made = pay(tree.customer, "50")
        with pytest.raises(Refused) as refused:
            reverse(made, reason=reason)
        assert refused.value.field == "reason"

    def test_only_administrators_reverse(self, tree: ResellerTree) -> None:
        made = pay(tree.customer, "50")
        with pytest.raises(NotAllowed):
            reverse(made, actor_for(UserFactory(account=tree.agent)))
        with pytest.raises(NotInScope):
            reverse(made, actor_for(UserFactory(account=tree.sibling)))
        assert balance(tree.customer) == 50


class TestThePage:
    @pytest.fixture
    def admin(self, administrator: User) -> Client:
        return just_signed_in(administrator)

    @pytest.fixture
    def made(self, tree: ResellerTree) -> Transaction:
        return pay(tree.customer, "50", reference="SLIP-1")

    def test_it_shows_the_effects_and_takes_it_back(
        self, admin: Client, tree: ResellerTree, made: Transaction
    ) -> None:
        page = admin.get(f"/payments/{made.key}/reverse/")
        assert "was 50.00 becomes 0.00" in text_of(page)
        assert "below its limit" not in text_of(page)
        sent = {name: values[0] for name, values in sent_by_form(page, "reason").items()}
        answer = admin.post(f"/payments/{made.key}/reverse/", {**sent, "reason": "wrong customer"})
        back = Transaction.objects.get(kind="reversal")
        assert (answer.status_code, answer["Location"]) == (303, f"/payments/{back.key}/")
        assert balance(tree.customer) == 0

    def test_both_sides_see_the_link_and_the_reason(
        self,
        tree: ResellerTree,
        made: Transaction,
        client_of: Callable[[User], Client],
    ) -> None:
        back = reverse(made, reason="wrong customer")
        customer = client_of(UserFactory(account=tree.customer))
        origin, mirror = (customer.get(f"/payments/{one.key}/") for one in (made, back))
        assert f'href="/payments/{back.key}/"' in origin.content.decode()
        assert "wrong customer" in text_of(origin)
        assert f'href="/payments/{made.key}/"' in mirror.content.decode()
        assert "wrong customer" in text_of(mirror)

    def test_it_warns_when_the_money_is_used_already(
        self, admin: Client, tree: ResellerTree, made: Transaction
    ) -> None:
        pay(tree.customer, "30", "deduction")
        text = text_of(admin.get(f"/payments/{made.key}/reverse/"))
        assert "Customer-001 falls to −30.00 USD, below its limit." in text

    def test_it_asks_for_the_password_of_who_signed_in_long_ago(
        self, administrator: User, made: Transaction, client_of_long_ago: Callable[[User], Client]
    ) -> None:
        browser = client_of_long_ago(administrator)
        for answer in (
            browser.get(f"/payments/{made.key}/reverse/"),
            submit(
                browser, f"/payments/{made.key}/reverse/", {"reason": "x", "idempotency_key": "k"}
            ),
        ):
            assert answer.status_code == 302
            assert "reauthenticate" in answer["Location"]
        assert not Transaction.objects.filter(kind="reversal").exists()

    def test_a_second_time_it_says_so(self, admin: Client, made: Transaction) -> None:
        reverse(made)
        for page in (
            admin.get(f"/payments/{made.key}/reverse/"),
            submit(
                admin, f"/payments/{made.key}/reverse/", {"reason": "x", "idempotency_key": "k"}
            ),
        ):
            assert page.status_code == 422
            assert "This payment was reversed already." in text_of(page)
        assert "Reverse…" not in words_of(admin.get(f"/payments/{made.key}/"))

    def test_it_needs_a_reason(self, admin: Client, made: Transaction) -> None:
        page = submit(admin, f"/payments/{made.key}/reverse/", {"idempotency_key": "k"})
        assert page.status_code == 422
        assert field_error(page, "reason") == "Give a reason."

    def test_agents_find_no_way_to_it(
        self, tree: ResellerTree, made: Transaction, client_of: Callable[[User], Client]
    ) -> None:
        agent = client_of(UserFactory(account=tree.agent))
        assert "Reverse…" not in words_of(agent.get(f"/payments/{made.key}/"))
        assert agent.get(f"/payments/{made.key}/reverse/").status_code == 403
