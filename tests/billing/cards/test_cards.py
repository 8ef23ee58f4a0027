"""Batches and cards: what can be made, by whom, and when a card is worth something."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, AvailabilityDay
from accounts.kit import caches
from accounts.kit.encryption import lookup_hash
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.outage import Away
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close, account_delete
from billing.cards import pins
from billing.cards.models import Card, CardBatch
from billing.cards.queries import chosen
from billing.cards.rules.parts import in_range
from billing.cards.services.attempts import MOST, TooManyAttempts, WrongPin
from billing.cards.services.batch_deeds import batch_block, batch_unblock
from billing.cards.services.deeds import (
    card_block,
    card_unblock,
    cards_block,
    cards_sell,
    cards_unblock,
    used_up_noted,
)
from billing.cards.services.redeeming import card_look_up, card_redeem
from billing.cards.services.releasing import batch_extend, card_extend, cards_release
from billing.cards.services.withdrawing import cards_withdraw
from billing.errors import KeyReused
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from billing.payments.services.reversing import transaction_reverse
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.support import sabotage
from tests.support.carding import card_of, cards, pin_of, refused
from tests.support.paying import balance, pay

pytestmark = pytest.mark.django_db

ACCOUNTS = Authorization.MANAGE_ACCOUNT


def use(actor: Actor, card: Card, target: Account | None, **more: Any) -> Transaction:
    key = more.pop("key", str(uuid4()))
    return card_redeem(actor=actor, pin=pin_of(card), target=target, idempotency_key=key, **more)


class TestUsing:
    def test_a_card_recharges_an_account_through_the_ledger(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        card = card_of(batch)
        made = use(imran, card, tree.customer)
        card.refresh_from_db()
        assert (card.status, card.account, card.transaction) == ("used_up", tree.customer, made)
        assert balance(tree.customer) == 5
        assert balance(tree.agent) == 0
        assert {one.house for one in made.entries.all()} == {"", "cards"}
        assert (made.kind, made.reference, made.login) == ("card", card.serial, imran.user)
        assert ledger_problems() == []

    def test_it_is_used_once(self, tree: ResellerTree, imran: Actor, batch: CardBatch) -> None:
        use(imran, card_of(batch), tree.customer)
        with refused("card_used", "pin"):
            use(imran, card_of(batch), tree.customer_2)
        assert balance(tree.customer_2) == 0

    def test_the_same_form_again_gets_the_same_receipt(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        first = use(imran, card_of(batch), tree.customer, key="form")
        assert use(imran, card_of(batch), tree.customer, key="form") == first
        with pytest.raises(KeyReused):
            use(imran, card_of(batch, 1), tree.customer, key="form")
        assert balance(tree.customer) == 5

    def test_it_opens_an_account_of_its_own(self, tree: ResellerTree, imran: Actor) -> None:
        batch = cards(tree.agent, 1, valid_days=30)
        with pytest.raises(NotAllowed):
            use(imran, card_of(batch), None)
        grant(tree.agent, ACCOUNTS)
        made = use(imran, card_of(batch), None)
        account, card = made.account, card_of(batch)
        assert (account.account_id, account.type, account.parent) == (
            "SYL110001", "phone_card", tree.agent,
        )  # fmt: skip
        assert (card.status, card.account) == ("active", account)
        assert balance(account) == 5
        assert account.valid_until == card.expires_at
        assert card.expires_at is not None
        assert card.expires_at - timezone.now() > timedelta(days=29)

    def test_where_the_account_is_not_opened_the_card_stays_as_it_is(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        grant(tree.agent, ACCOUNTS)
        with refused("not_available", "account_id"):
            use(imran, card_of(batch), None, new_account_id=tree.other_top.account_id)
        assert card_of(batch).status == "new"
        assert not Transaction.objects.filter(kind="card").exists()
        assert AvailabilityDay.objects.get(account=tree.agent).named == 1

    def test_the_money_of_cards_goes_to_the_accounts_directly_below_their_agent(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        for elsewhere in (tree.agent, tree.deep_customer):
            with refused("not_directly_below", "account"):
                use(imran, card_of(batch), elsewhere)
        with refused("not_directly_below", "account"):
            use(SYSTEM, card_of(batch), tree.top)
        for foreign in (tree.sibling_customer, tree.other_customer):
            with refused("unknown_account", "account"):
                use(imran, card_of(batch), foreign)
        clearing = AccountFactory(parent=tree.agent)
        # As older installations may still have one.
        sabotage.plant(clearing, type="clearing")
        with refused("clearing", "account"):
            use(imran, card_of(batch), clearing)
        closed = AccountFactory(parent=tree.agent, status="closed")
        with refused("closed", "account"):
            use(imran, card_of(batch), closed)

    def test_a_card_is_worthless_before_it_is_released_and_while_its_batch_is_blocked(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        batch = cards(tree.agent, 3, released=False)
        with refused("card_not_released", "pin"):
            use(imran, card_of(batch), tree.customer)
        cards_release(actor=SYSTEM, batch=batch)
        batch_block(actor=imran, batch=batch, reason="stolen")
        with refused("card_blocked", "pin"):
            use(imran, card_of(batch), tree.customer)
        with refused("blocked"):
            cards_release(actor=SYSTEM, batch=batch)
        batch_unblock(actor=imran, batch=batch, reason="found")
        use(imran, card_of(batch), tree.customer)

    def test_a_batch_that_was_never_released_is_not_by_unblocking(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        batch = cards(tree.agent, released=False)
        batch_block(actor=imran, batch=batch, reason="stolen")
        assert batch_unblock(actor=imran, batch=batch, reason="x").state == "generated"

    def test_after_its_day_it_is_worthless_until_it_is_extended(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        batch = cards(tree.agent, 3, expires_at=timezone.now() + timedelta(days=10))
        with time_machine.travel(timezone.now() + timedelta(days=11)):
            assert card_of(batch).standing_at(timezone.now()) == "expired"
            with refused("card_expired", "pin"):
                use(imran, card_of(batch), tree.customer)
            later = timezone.now() + timedelta(days=5)
            card_extend(actor=SYSTEM, card=card_of(batch), expires_at=later, reason="slow")
            use(imran, card_of(batch), tree.customer)
            batch_extend(actor=SYSTEM, batch=batch, expires_at=later, reason="slow")
            use(imran, card_of(batch, 1), tree.customer)

    def test_cards_of_a_locked_agent_are_worthless(
        self, tree: ResellerTree, batch: CardBatch
    ) -> None:
        account_lock(actor=SYSTEM, account=tree.top, reason="x")
        with refused("agent_stopped", "pin"):
            use(SYSTEM, card_of(batch), tree.customer)

    def test_a_reversal_takes_the_money_back_and_leaves_the_card_used(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        made = use(imran, card_of(batch), tree.customer)
        transaction_reverse(
            actor=SYSTEM, transaction=made, reason="wrong account", idempotency_key="r"
        )
        assert balance(tree.customer) == 0
        with refused("card_used", "pin"):
            use(imran, card_of(batch), tree.customer)
        assert ledger_problems() == []

    def test_it_is_found_while_keys_change_and_afterwards(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch, settings: Any
    ) -> None:
        every = [pin_of(card_of(batch, n)) for n in range(3)]
        new = Fernet.generate_key().decode()
        settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
        assert card_look_up(actor=imran, pin=every[0]).serial == batch.serial_at(0)
        call_command("rotate_keys", stdout=StringIO())
        settings.ENCRYPTION_KEYS = [new]
        assert card_look_up(actor=imran, pin=every[1]).serial == batch.serial_at(1)
        assert card_of(batch, 1).lookup_hash == lookup_hash(every[1], pins.PURPOSE)
        use(imran, card_of(batch, 2), tree.customer)


def away(*_: Any, **__: Any) -> None:
    raise Away("cache", "card-attempt")


class TestGuessing:
    @pytest.fixture(autouse=True)
    def _fresh(self) -> Iterator[None]:
        cache.clear()
        yield
        cache.clear()

    def test_foreign_and_unknown_pins_get_the_same_answer(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        foreign = pin_of(card_of(cards(tree.sibling, 1)))
        answers = set()
        for pin in (foreign, "000000000000", "12", "letters", foreign[:-1]):
            with pytest.raises(WrongPin) as error:
                card_redeem(actor=imran, pin=pin, target=tree.customer, idempotency_key="x")
            answers.add((str(error.value.message), error.value.code, error.value.field))
        assert len(answers) == 1

    def test_after_a_few_wrong_ones_even_the_right_one_waits(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        for _time in range(MOST):
            with pytest.raises(WrongPin):
                card_look_up(actor=imran, pin="000000000000")
        with pytest.raises(TooManyAttempts):
            use(imran, card_of(batch), tree.customer)
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            use(imran, card_of(batch), tree.customer)

    def test_right_ones_do_not_count(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        for _time in range(MOST + 5):
            card_look_up(actor=imran, pin=pin_of(card_of(batch)))

    def test_where_nothing_can_be_counted_no_pin_is_looked_at(
        self, imran: Actor, batch: CardBatch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pin = pin_of(card_of(batch))
        monkeypatch.setattr(caches.DatabaseCache, "add", away)
        for each in (pin, "000000000000"):
            with pytest.raises(Away):
                card_look_up(actor=imran, pin=each)

    def test_a_card_that_was_used_stays_used_where_the_count_cannot_be_taken_back(
        self,
        tree: ResellerTree,
        imran: Actor,
        batch: CardBatch,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(caches.DatabaseCache, "delete_many", away)
        use(imran, card_of(batch), tree.customer)
        assert card_of(batch).status == "used_up"


class TestDeeds:
    def test_new_cards_are_sold_and_only_they(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        use(imran, card_of(batch, 1), tree.customer)
        every = batch.cards.all()
        assert cards_sell(actor=imran, batch=batch, cards=every) == 2
        assert cards_sell(actor=imran, batch=batch, cards=every) == 0
        assert [card_of(batch, n).status for n in range(3)] == ["sold", "used_up", "sold"]
        use(imran, card_of(batch), tree.customer)

    def test_a_range_is_blocked_and_unblocked_to_what_it_was(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        cards_sell(actor=imran, batch=batch, cards=chosen(batch, ["SYL110001"]))
        some = in_range(batch, "syl110001", "SYL110002")
        assert cards_block(actor=imran, batch=batch, cards=some, reason="lost") == 2
        with refused("card_blocked"):
            use(imran, card_of(batch), tree.customer)
        assert cards_unblock(actor=imran, batch=batch, cards=batch.cards.all(), reason="x") == 2
        assert [card_of(batch, n).status for n in range(3)] == ["sold", "new", "new"]

    def test_a_range_needs_cards_of_the_batch_in_their_order(self, batch: CardBatch) -> None:
        with refused("no_serial", "last"):
            in_range(batch, "SYL110001", "SYL119999")
        with refused("wrong_order", "last"):
            in_range(batch, "SYL110002", "SYL110001")

    def test_a_card_in_use_is_blocked_with_its_account(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        grant(tree.agent, ACCOUNTS)
        account = use(imran, card_of(batch), None).account
        card_block(actor=imran, card=card_of(batch), reason="stolen")
        account.refresh_from_db()
        assert (card_of(batch).status, account.status) == ("locked", "locked")
        card_unblock(actor=imran, card=card_of(batch), reason="found")
        account.refresh_from_db()
        assert (card_of(batch).status, account.status) == ("active", "active")
        later = timezone.now() + timedelta(days=400)
        card_extend(actor=imran, card=card_of(batch), expires_at=later, reason="x")
        account.refresh_from_db()
        assert account.valid_until == later

    def test_an_account_without_money_uses_its_card_up(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        grant(tree.agent, ACCOUNTS)
        account = use(imran, card_of(batch), None).account
        assert used_up_noted() == 0
        pay(account, "5", "deduction")
        assert used_up_noted() == 1
        assert card_of(batch).status == "used_up"

    @pytest.mark.parametrize("deed", [batch_block, batch_unblock])
    def test_a_reason_is_needed(self, imran: Actor, batch: CardBatch, deed: Any) -> None:
        with refused("reason_required", "reason"):
            deed(actor=imran, batch=batch, reason=" ")

    def test_without_authorization_3_nothing_is_done(
        self, tree: ResellerTree, batch: CardBatch
    ) -> None:
        stranger = actor_for(UserFactory(account=tree.sibling))
        with pytest.raises(NotInScope):
            batch_block(actor=stranger, batch=batch, reason="x")
        customer = actor_for(UserFactory(account=tree.customer))
        own = cards(tree.customer, 1, "OWN01")
        for deed in (batch_block, batch_unblock):
            with pytest.raises(NotAllowed):
                deed(actor=customer, batch=own, reason="x")
        with pytest.raises(NotAllowed):
            cards_sell(actor=customer, batch=own, cards=own.cards.all())
        with pytest.raises(NotAllowed):
            card_look_up(actor=customer, pin=pin_of(card_of(own)))


class TestEnding:
    def test_cards_that_could_be_released_stand_against_closing_until_their_batch_is_blocked(
        self, tree: ResellerTree
    ) -> None:
        account = AccountFactory(parent=tree.agent)
        batch = cards(account, 2, "END01", released=False)
        with pytest.raises(Refused) as error:
            account_close(actor=SYSTEM, account=account, reason="x")
        assert "2 phone cards that are not released" in str(error.value.items[0].label)
        batch_block(actor=SYSTEM, batch=batch, reason="x")
        account_close(actor=SYSTEM, account=account, reason="x")
        with refused("closed"):
            batch_unblock(actor=SYSTEM, batch=batch, reason="x")

    def test_outstanding_cards_stand_against_closing_until_they_are_withdrawn(
        self, tree: ResellerTree
    ) -> None:
        account = AccountFactory(parent=tree.agent)
        batch = cards(account, 2, "END01")
        card_block(actor=SYSTEM, card=card_of(batch), reason="x")
        batch_block(actor=SYSTEM, batch=batch, reason="x")
        with pytest.raises(Refused) as error:
            account_close(actor=SYSTEM, account=account, reason="x")
        assert "2 phone cards outstanding" in str(error.value.items[0].label)
        cards_withdraw(actor=SYSTEM, batch=batch, reason="x")
        account_close(actor=SYSTEM, account=account, reason="x")
        with refused("closed"):
            batch_unblock(actor=SYSTEM, batch=batch, reason="x")

    def test_an_account_with_batches_is_not_deleted(self, tree: ResellerTree) -> None:
        account = AccountFactory(parent=tree.agent)
        cards(account, 2, "END01")
        with pytest.raises(Refused) as error:
            account_delete(actor=SYSTEM, account=account, reason="x")
        assert any("1 card batch" in str(one.label) for one in error.value.items)


def test_no_pin_is_in_any_entry_of_the_audit_log(
    tree: ResellerTree, imran: Actor, batch: CardBatch
) -> None:
    every = [pin_of(card_of(batch, n)) for n in range(3)]
    card_look_up(actor=imran, pin=every[0])
    use(imran, card_of(batch), tree.customer)
    cards_sell(actor=imran, batch=batch, cards=batch.cards.all())
    entries = str(list(AuditEntry.objects.values()))
    assert not [pin for pin in every if pin in entries]
