"""Cards at their edges: what is said before one is used, and what a used one stands for."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for, operator_actor
from accounts.core.models import Account, AuditEntry, GrantUse, User
from billing.cards.models import Card, CardBatch, PinsTaken
from billing.cards.pins import masked, typed
from billing.cards.services.batch_deeds import batch_block
from billing.cards.services.deeds import card_block, cards_unblock
from billing.cards.services.redeeming import card_look_up, card_redeem, redeem_preview
from billing.cards.services.releasing import card_extend, cards_release
from billing.cards.services.secrets import pins_take
from billing.cards.services.withdrawing import cards_withdraw
from billing.errors import KeyReused
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.support import sabotage
from tests.support.carding import card_of, cards, ends, pin_of, refused, use
from tests.support.covering import handed_out
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


class TestPins:
    def test_the_shortest_is_one(self) -> None:
        assert typed("12 34 56") == "123456"
        assert typed("12345") == ""

    def test_lists_show_their_end(self) -> None:
        assert masked("123456789012").endswith(" 9012")

    def test_as_many_are_taken_as_were_asked_for(self, batch: CardBatch) -> None:
        assert taken(batch, first=batch.serial_at(1), count=1) == [batch.serial_at(1)]

    def test_each_is_taken_once_from_portion_to_portion(
        self, tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        batch = cards(tree.agent, 5, "SYL990001")
        monkeypatch.setattr("billing.cards.services.secrets._PORTION", 2)
        assert taken(batch) == [batch.serial_at(place) for place in range(5)]


def taken(batch: CardBatch, **more: Any) -> list[str]:
    """The serials of what is taken out of the portal."""
    found = pins_take(actor=SYSTEM, batch=batch, kind=PinsTaken.Kind.SHEET, reason="print", **more)
    return [card.serial for card, _pin in found]


@pytest.mark.usefixtures("empty_cache")
def test_the_logins_of_an_account_guess_together(
    tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.cards.services.attempts.MOST_OF_ACCOUNT", 1)
    grant(tree.agent)
    one, other = (actor_for(UserFactory(account=tree.agent)) for _n in range(2))
    with refused("wrong_pin"):
        card_look_up(actor=one, pin="000000000000")
    with refused("too_many_attempts"):
        card_look_up(actor=other, pin="000000000000")


def test_of_a_blocked_batch_nothing_is_released(tree: ResellerTree) -> None:
    batch = cards(tree.agent, 3, "SYL990001")
    batch_block(actor=SYSTEM, batch=batch, reason="stolen")
    with refused("blocked"):
        cards_release(actor=SYSTEM, batch=batch)


def test_a_card_with_a_day_of_its_own_is_counted_by_it(tree: ResellerTree) -> None:
    batch = cards(tree.agent, 3, "SYL990001", released=False)
    until = timezone.now() + timedelta(days=9)
    card_extend(actor=SYSTEM, card=card_of(batch), expires_at=until, reason="one of them")
    cards_release(actor=SYSTEM, batch=batch)
    assert handed_out(tree.agent) == 15
    assert ledger_problems() == []


def test_what_is_used_up_is_neither_blocked_nor_extended(
    tree: ResellerTree, batch: CardBatch
) -> None:
    use(SYSTEM, card_of(batch), tree.customer)
    card, until = card_of(batch), timezone.now() + timedelta(days=9)
    with refused("card_used"):
        card_block(actor=SYSTEM, card=card, reason="x")
    with refused("card_used"):
        card_extend(actor=SYSTEM, card=card, expires_at=until, reason="x")


def test_a_card_that_opened_an_account_is_unblocked_by_itself(batch: CardBatch) -> None:
    card_redeem(actor=SYSTEM, pin=pin_of(card_of(batch)), target=None, idempotency_key="open")
    card_block(actor=SYSTEM, card=card_of(batch), reason="x")
    assert cards_unblock(actor=SYSTEM, batch=batch, cards=batch.cards.all(), reason="x") == 0
    assert card_of(batch).status == "locked"


class TestWhatWithdrawingTakesBack:
    """What was not released, or has expired, had ceased to count before."""

    def amount(self, batch: CardBatch) -> str:
        cards_withdraw(actor=SYSTEM, batch=batch, reason="lost")
        return str(AuditEntry.objects.filter(action="card_batch.withdraw").get().after["amount"])

    def test_what_was_released(self, tree: ResellerTree) -> None:
        batch = cards(tree.agent, 3, "SYL990001", released=False)
        cards_release(actor=SYSTEM, batch=batch, **ends(batch, 0, 0))
        assert self.amount(batch) == "5.00"

    def test_what_has_not_expired(self, tree: ResellerTree, time_machine: Any) -> None:
        until = timezone.now() + timedelta(days=9)
        batch = cards(tree.agent, 3, "SYL990001", expires_at=until)
        later = until + timedelta(days=1)
        card_extend(actor=SYSTEM, card=card_of(batch), expires_at=later, reason="one of them")
        time_machine.move_to(until, tick=False)
        assert self.amount(batch) == "5.00"

    def test_to_the_instant_of_its_own_day(self, tree: ResellerTree, time_machine: Any) -> None:
        batch = cards(tree.agent, 3, "SYL990001")
        until = timezone.now() + timedelta(days=9)
        card_extend(actor=SYSTEM, card=card_of(batch), expires_at=until, reason="one of them")
        time_machine.move_to(until, tick=False)
        assert self.amount(batch) == "10.00"
