"""Cards at their edges: what is said before one is used, and what a used one stands for."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, operator_actor
from accounts.core.models import Account, AuditEntry, GrantUse, User
from billing.cards.models import Card, CardBatch
from billing.cards.services.batch_deeds import batch_block
from billing.cards.services.redeeming import card_look_up, card_redeem, redeem_preview
from billing.errors import KeyReused
from billing.ledger.models import Transaction
from tests.factories import AccountFactory, ResellerTree
from tests.support import sabotage
from tests.support.carding import card_of, cards, pin_of, refused
from tests.support.paying import balance

pytestmark = pytest.mark.django_db


def preview(actor: Actor, card: Card, target: Account | None) -> Any:
    return redeem_preview(actor=actor, pin=pin_of(card), target=target)


def redeem(
    card: Card, target: Account | None, actor: Actor = SYSTEM, key: str = "", **more: Any
) -> Transaction:
    return card_redeem(
        actor=actor,
        pin=pin_of(card),
        target=target,
        idempotency_key=key or str(uuid4()),
        **more,
    )


class TestTheCheckPage:
    """It refuses what using the card would refuse."""

    @pytest.mark.parametrize("opens", [True, False])
    def test_a_card_that_was_used(self, tree: ResellerTree, batch: CardBatch, opens: bool) -> None:
        redeem(card_of(batch), None if opens else tree.customer)
        with refused("card_used", "pin"):
            preview(SYSTEM, card_of(batch), tree.customer)

    def test_a_card_of_a_blocked_batch(self, tree: ResellerTree, batch: CardBatch) -> None:
        batch_block(actor=SYSTEM, batch=batch, reason="stolen")
        with refused("card_blocked", "pin"):
            preview(SYSTEM, card_of(batch), tree.customer)

    def test_a_closed_account(self, tree: ResellerTree, batch: CardBatch) -> None:
        closed = AccountFactory(parent=tree.agent, status="closed")
        with refused("closed", "account"):
            preview(SYSTEM, card_of(batch), closed)

    def test_an_account_that_is_not_directly_below(
        self, tree: ResellerTree, batch: CardBatch
    ) -> None:
        with refused("not_directly_below", "account"):
            preview(SYSTEM, card_of(batch), tree.deep_customer)


def test_a_key_that_comes_with_another_account_is_refused(
    tree: ResellerTree, imran: Actor, batch: CardBatch
) -> None:
    redeem(card_of(batch), tree.customer, imran, "form")
    with pytest.raises(KeyReused):
        redeem(card_of(batch), tree.customer_2, imran, "form")
    assert (balance(tree.customer), balance(tree.customer_2)) == (5, 0)


def test_a_recharge_gives_neither_card_nor_account_an_end(tree: ResellerTree) -> None:
    card = card_of(cards(tree.agent, 1, valid_days=30))
    redeem(card, tree.customer)
    card.refresh_from_db()
    assert card.expires_at is None
    assert tree.refresh().customer.valid_until is None


def test_using_a_card_makes_use_of_authorization_3(
    tree: ResellerTree, imran: Actor, batch: CardBatch
) -> None:
    redeem(card_of(batch), tree.customer, imran)
    (use,) = GrantUse.objects.filter(account=tree.agent)
    assert use.code == "manage_phone_card"


def test_who_looked_a_card_up_is_on_record(imran: Actor, batch: CardBatch) -> None:
    card = card_of(batch)
    card_look_up(actor=imran, pin=pin_of(card))
    entry = AuditEntry.objects.get(action="card.look_up")
    assert (entry.actor, entry.account, entry.subject) == (
        "imran",
        "Dhaka-Retail-Sub",
        card.serial,
    )


def test_operators_look_no_card_up_whatever_they_may_change(
    batch: CardBatch, operator: User
) -> None:
    sabotage.plant_model_permission(operator, "change_account")
    with refused("portal_only"):
        card_look_up(actor=operator_actor(operator), pin=pin_of(card_of(batch)))


def test_a_card_that_opened_an_account_ends_with_it(tree: ResellerTree) -> None:
    card = card_of(cards(tree.agent, 1, valid_days=30))
    redeem(card, None)
    card.refresh_from_db()
    end: Any = card.expires_at
    assert card.standing_at(end - timedelta(microseconds=1)) == "active"
    assert card.standing_at(end) == "expired"


def test_where_that_has_no_end_the_batch_ends_nothing(tree: ResellerTree) -> None:
    end = timezone.now() + timedelta(days=10)
    card = card_of(cards(tree.agent, 1, expires_at=end))
    redeem(card, None)
    card.refresh_from_db()
    assert card.ends_at is None
    assert card.standing_at(end) == "active"
