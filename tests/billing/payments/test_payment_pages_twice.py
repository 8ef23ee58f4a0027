"""Payments sent twice: the same form pays once, the same amount again is asked about."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry, User
from accounts.tree.services.moving import account_move
from billing.ledger.models import Transaction
from tests.factories import ResellerTree, UserFactory, grant, revoke
from tests.support.pages import markup_of, sent_by_form, text_of, words_of
from tests.support.paying import balance, confirmed, form, page_of, pay

pytestmark = pytest.mark.django_db

OWN, BELOW = Authorization.PAY_OWN_ACCOUNT, Authorization.PAY_SUB_ACCOUNT
HELD = OWN, BELOW


class TestTwice:
    def test_the_same_form_pays_once_and_shows_the_same_receipt(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        data = form(confirmed="1")
        first = agent.post(page_of(tree.customer), data)
        second = agent.post(page_of(tree.customer), data)
        assert first.status_code == second.status_code == 303
        assert first["Location"] == second["Location"]
        assert balance(tree.customer) == 50
        assert AuditEntry.objects.filter(action="payment.recharge").count() == 1

    def test_the_same_key_for_something_else_is_refused_in_words(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        agent.post(page_of(tree.customer), form(key="k", confirmed="1"))
        for other in (form("51", key="k", confirmed="1"), form(key="k", memo="x", confirmed="1")):
            page = agent.post(page_of(tree.customer), other)
            assert page.status_code == 422
            assert "This form was used for another payment before." in text_of(page)
            assert sent_by_form(page, "amount")["idempotency_key"] != ["k"], "a new one to go on"
        page = agent.post(page_of(tree.customer_2), form(key="k", confirmed="1"))
        assert page.status_code == 422
        assert Transaction.objects.count() == 1

    def test_a_key_of_another_login_shows_nothing(
        self, tree: ResellerTree, agent: Client, client_of: Callable[[User], Client]
    ) -> None:
        agent.post(page_of(tree.customer), form(key="k", reference="SECRET", confirmed="1"))
        stranger = client_of(UserFactory(account=tree.sibling))
        page = stranger.post(page_of(tree.customer), form(key="k", confirmed="1"))
        assert "SECRET" not in markup_of(page, 404)
        colleague = client_of(UserFactory(account=tree.agent))
        answer = colleague.post(
            page_of(tree.customer), form(key="k", reference="SECRET", confirmed="1", again="1")
        )
        assert answer.status_code == 303
        assert Transaction.objects.count() == 2, "a payment of its own"

    def test_a_replay_after_the_authorization_or_the_scope_was_lost_shows_nothing(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        data = form(key="k", reference="SECRET", confirmed="1")
        agent.post(page_of(tree.customer), data)
        revoke(tree.agent, BELOW)
        assert agent.post(page_of(tree.customer), data).status_code == 403
        grant(tree.agent, BELOW)
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling, reason="x")
        page = agent.post(page_of(tree.customer), data)
        assert "SECRET" not in markup_of(page, 404)


class TestAgain:
    def test_the_same_amount_a_moment_ago_needs_a_tick(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        confirmed(agent, tree.customer, form(reference="SLIP-1"))
        page = agent.post(page_of(tree.customer), form())
        assert "Again? 50.00 USD went to Customer-001 a moment ago, by imran." in text_of(page)
        refused = confirmed(agent, tree.customer, form())
        assert refused.status_code == 422
        assert "Nothing was paid" in text_of(refused)
        assert balance(tree.customer) == 50
        assert confirmed(agent, tree.customer, form(), again="1").status_code == 303
        assert balance(tree.customer) == 100

    @pytest.mark.parametrize(("minutes", "asks"), [(4, True), (11, False)])
    def test_it_is_asked_for_a_few_minutes(
        self, tree: ResellerTree, agent: Client, minutes: int, asks: bool
    ) -> None:
        earlier = timezone.now() - timedelta(minutes=minutes, seconds=5)
        pay(tree.customer, "50", at=earlier)
        text = text_of(agent.post(page_of(tree.customer), form()))
        assert ("4 minutes ago, by Administrator" in text) is asks

    @pytest.mark.parametrize(("beside", "asks"), [(1, True), (0, False)])
    def test_ten_minutes_end_at_the_very_instant(
        self, tree: ResellerTree, agent: Client, time_machine: Any, beside: int, asks: bool
    ) -> None:
        now = timezone.now()
        time_machine.move_to(now, tick=False)
        pay(tree.customer, "50", at=now - timedelta(minutes=10) + timedelta(microseconds=beside))
        text = text_of(agent.post(page_of(tree.customer), form()))
        assert ("Again?" in text) is asks

    @pytest.mark.parametrize("other", [{"amount": "51"}, {"kind": "deduction"}])
    def test_another_payment_is_no_repeat(
        self, tree: ResellerTree, agent: Client, other: dict[str, str]
    ) -> None:
        confirmed(agent, tree.customer, form())
        assert "Again?" not in words_of(agent.post(page_of(tree.customer), form(**other)))
        assert "Again?" not in words_of(agent.post(page_of(tree.customer_2), form()))
